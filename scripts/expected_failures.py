"""Reads expected_failures.toml: what the site calls broken, and what a probe has to find so.

When upstream mends one, `make matrix` says which page to change.
"""

import tomllib
from dataclasses import dataclass

from probes import catalog
from scripts.backends import pinned
from scripts.cache import ROOT

BROKEN = ("unsupported", "partly")


@dataclass(frozen=True)
class Failure:
    """One entry of expected_failures.toml.

    Attributes:
        probe: the probe's name.
        classes: the chatlas classes that fail.
        on: the backends that it fails on.
        page: where the site says so and names the way out, PAGE#anchor.
    """

    probe: str
    classes: tuple[str, ...]
    on: tuple[str, ...]
    page: str


def load():
    """All entries.

    Raises:
        KeyError: an entry names a probe that there is not.
    """
    entries = tomllib.loads((ROOT / "expected_failures.toml").read_text()).get("failure", [])
    known = catalog.load()
    for entry in entries:
        known[entry["probe"]]
    return [Failure(e["probe"], tuple(e["classes"]), tuple(e["on"]), e["page"]) for e in entries]


def pages_for(probe, class_name, backend):
    """The places that speak of this failure, in the order of the file."""
    return [f.page for f in load() if f.probe == probe and class_name in f.classes and backend in f.on]


def changes(result):
    """One line for each finding of the pinned chatlas that is not as expected.

    Args:
        result: what scripts/matrix.py writes for a backend.
    """
    lines = []
    for column in result["columns"]:
        if column["chatlas"] != pinned("chatlas", "client"):
            continue
        for finding in column["findings"]:
            where = pages_for(finding["probe"], column["class"], result["backend"])
            what = f"{finding['probe']} with {column['class']} on {result['backend']} {result['version']}"
            if where and finding["outcome"] == "supported":
                lines += [f"CHANGED: {what}: this now works: remove the workaround in {page}" for page in where]
            if not where and finding["outcome"] in BROKEN:
                lines.append(
                    f"CHANGED: {what}: {finding['outcome']} ({finding['says']}), and no page says so: mend it, or "
                    "write down the way out and add it to expected_failures.toml"
                )
    return lines
