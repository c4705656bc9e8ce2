"""Reads expected_failures.toml: what the site calls broken, and what a probe has to find so.

When upstream mends one, `make matrix` says which page to change.
"""

import functools
import tomllib
from dataclasses import dataclass

from probes import catalog
from scripts.common.paths import ROOT
from scripts.content import sections
from scripts.matrix import stored

BROKEN = ("unsupported", "partly")


@dataclass(frozen=True)
class Failure:
    """One entry of expected_failures.toml.

    Attributes:
        probe: the probe's name; "*" where the first one, `chat`, fails and so nothing else can work.
        classes: the chatlas classes that fail.
        on: the backends that it fails on.
        page: where the site says so and names the way out, PAGE#anchor.
        also: where else it says so.
    """

    probe: str
    classes: tuple[str, ...]
    on: tuple[str, ...]
    page: str
    also: tuple[str, ...] = ()

    @property
    def places(self):
        """All places that speak of it, the one with the way out first."""
        return (self.page, *self.also)

    def holds(self, probe, class_name, backend):
        """Whether this entry says that `probe` fails there."""
        return self.probe in (probe, "*") and class_name in self.classes and backend in self.on


@functools.cache  # the file does not change while a command runs
def load():
    """All entries.

    Raises:
        KeyError: an entry names a probe that there is not.
    """
    entries = tomllib.loads((ROOT / "expected_failures.toml").read_text()).get("failure", [])
    known = catalog.load()
    for entry in entries:
        known["chat" if entry["probe"] == "*" else entry["probe"]]
    return [
        Failure(e["probe"], tuple(e["classes"]), tuple(e["on"]), e["page"], tuple(e.get("also", ()))) for e in entries
    ]


def not_probed():
    """Why nothing holds what a place of the site says of a failure: the reasons, by PAGE#anchor."""
    entries = tomllib.loads((ROOT / "expected_failures.toml").read_text())["not_probed"]
    return {entry["page"]: entry["why"] for entry in entries}


def pages_for(probe, class_name, backend):
    """The places that name the way out of this failure: those for this very probe, if there are any."""
    holding = [failure for failure in load() if failure.holds(probe, class_name, backend)]
    own = [failure.page for failure in holding if failure.probe == probe]
    return own or [failure.page for failure in holding]


def changes(result):
    """One line for each finding of the newest chatlas that was asked and that is not as expected.

    What was not asked, and what answers another question than today's, tells nothing either way.

    Args:
        result: what scripts/matrix/matrix.py writes for a backend.
    """
    entries, lines = load(), []
    for column in stored.newest(result):
        for finding in stored.current(column).values():
            probe, place = finding["probe"], (column["class"], result["backend"])
            expected = [entry for entry in entries if entry.holds(probe, *place)]
            what = f"{probe} with {column['class']} on {result['backend']} {result['version']}"
            if finding["outcome"] in ("supported", "not applicable"):
                mended = [entry for entry in expected if entry.probe == probe or probe == "chat"]
                now = "works" if finding["outcome"] == "supported" else f"is not applicable ({finding['says']})"
                evidence = f"docs/evidence/{result['backend']}.qmd#{probe}"
                for entry in mended:
                    line = f"CHANGED: {what}: this now {now}: remove the workaround in {', '.join(entry.places)}"
                    seen = sections.and_see(*entry.places, evidence, f"{evidence}-{column['class'].lower()}")
                    lines.append(line + seen)
            if not expected and finding["outcome"] in BROKEN:
                lines.append(
                    f"CHANGED: {what}: {finding['outcome']} ({finding['says']}), and no page says so: mend it, or "
                    "write down the way out and add it to expected_failures.toml"
                )
    return lines
