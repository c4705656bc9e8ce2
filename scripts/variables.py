"""Derives _variables.yml, the versions and dates that the pages show, from the pins and results/."""

import json

import yaml

from scripts import backends, fetch_model
from scripts.cache import ROOT
from scripts.platform_check import NEWEST, OLDEST

FILE = ROOT / "_variables.yml"
HEADER = "# Made by scripts/variables.py (run by `make accept-results` and `make site`). Do not edit.\n"


def derive():
    """The variables, as nested dicts of strings."""
    derived = {
        "chatlas": {"version": backends.pinned("chatlas", "client"), "oldest": oldest_chatlas()},
        "openai": {"version": backends.pinned("openai", "client")},
        "python": {"oldest": "{}.{}".format(*OLDEST), "newest": "{}.{}".format(*NEWEST)},
        "model": {"name": fetch_model.NAME, "description": fetch_model.DESCRIPTION},
    }
    for backend in backends.load().values():
        path = ROOT / "results" / f"{backend.name}-embedded.json"
        result = json.loads(path.read_text()) if path.exists() else None
        derived[backend.name] = {
            "version": backend.version or (result["versions"][backend.package] if result else "unknown"),
            "verified": stamp(backend, result)
            if result
            else f"Not verified yet with {backend.title} {backend.version}.",
        }
    return derived


def stamp(backend, result):
    """One sentence: what was verified when, with which versions, model and hardware."""
    found = result["versions"]
    return (
        f"Verified {result['date']}: {len(result['cells'])} cells executed with chatlas {found['chatlas']}, "
        f"openai {found['openai']}, Python {found['python']} against {backend.title} {found[backend.package]} "
        f"({backend.package}), {result['model']}, on {result['hardware']}."
    )


def oldest_chatlas():
    """The oldest chatlas on which the vLLM notebook passes, as measured by `make oldest-chatlas`."""
    return json.loads((ROOT / "results" / "oldest-chatlas.json").read_text())["oldest"]


def text():
    """What _variables.yml has to contain."""
    return HEADER + yaml.safe_dump(derive(), sort_keys=False, width=1000)


def write():
    """Write _variables.yml."""
    FILE.write_text(text())
