"""Reads expected_failures.toml: what the site calls broken, and what a probe has to find so.

When upstream mends one, `make matrix` says which page to change.
"""

import functools
from typing import Annotated

from chatlas_doctor.probes import catalog
from pydantic import AfterValidator
from pydantic.dataclasses import dataclass

from scripts.content import backends, sections, tables
from scripts.matrix import stored

BROKEN = ("unsupported", "partly")


def known(probe):
    """`probe`; a ValueError where there is no probe of that name."""
    if probe not in catalog.load():
        raise ValueError(f"there is no probe called {probe!r}")
    return probe


@dataclass(frozen=True, config=tables.CONFIG)
class Failure:
    """One entry of expected_failures.toml.

    Attributes:
        probe: the probe's name.
        classes: the chatlas classes that fail.
        on: the backends that it fails on.
        page: where the site says so and names the way out, PAGE#anchor.
        also: where else it says so.
    """

    probe: Annotated[str, AfterValidator(known)]
    classes: tuple[str, ...]
    on: tuple[Annotated[str, AfterValidator(backends.known)], ...]
    page: str
    also: tuple[str, ...] = ()

    @property
    def places(self):
        """All places that speak of it, the one with the way out first."""
        return (self.page, *self.also)

    def holds(self, probe, class_name, backend):
        """Whether this entry says that `probe` fails there."""
        return self.probe == probe and class_name in self.classes and backend in self.on


@dataclass(frozen=True, config=tables.CONFIG)
class Reason:
    """Why nothing holds what `page` (PAGE#anchor) says of a failure."""

    page: str
    why: str


@dataclass(frozen=True, config=tables.CONFIG)
class Table:
    """The whole of expected_failures.toml."""

    failure: list[Failure]
    not_probed: list[Reason]


@functools.cache  # the file does not change while a command runs
def table():
    """What expected_failures.toml says."""
    return tables.read("expected_failures.toml", Table)


def load():
    """All entries on failures."""
    return table().failure


def not_probed():
    """Why nothing holds what a place of the site says of a failure: the reasons, by PAGE#anchor."""
    return {entry.page: entry.why for entry in table().not_probed}


def pages_for(probe, class_name, backend):
    """The places that name the way out of this failure."""
    return [failure.page for failure in load() if failure.holds(probe, class_name, backend)]


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
                now = "works" if finding["outcome"] == "supported" else f"is not applicable ({finding['says']})"
                evidence = f"docs/evidence/{result['backend']}.qmd#{probe}"
                for entry in expected:
                    line = f"CHANGED: {what}: this now {now}: remove the workaround in {', '.join(entry.places)}"
                    seen = sections.and_see(*entry.places, evidence, f"{evidence}-{column['class'].lower()}")
                    lines.append(line + seen)
            if not expected and finding["outcome"] in BROKEN:
                lines.append(
                    f"CHANGED: {what}: {finding['outcome']} ({finding['says']}), and no page says so: mend it, or "
                    "write down the way out and add it to expected_failures.toml"
                )
    return lines
