"""Derives _variables.yml, the versions and dates that the pages show, from the pins and results/."""

import json

import yaml

from scripts import backends, fetch_model, guides
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
    for guide in guides.load().values():
        first, *others = guides.runs(guide)
        result = accepted(first)
        stamps = [stamp(first.backend, result)] + [also(run.backend, accepted(run)) for run in others]
        *folders, name = guide.name.split("/")  # a page says recipes.NAME.verified
        place = derived
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = {"verified": " ".join(stamps)}
        if first.is_own:
            seen = result["versions"][first.backend.package] if result else "unknown"
            place[name]["version"] = first.backend.version or seen
    return derived


def accepted(run):
    """The accepted result of a run, None without one."""
    path = ROOT / "results" / run.result("embedded")
    return json.loads(path.read_text()) if path.exists() else None


def also(backend, result):
    """One sentence on a further backend of a shared notebook."""
    if not result:
        return f"Not verified yet on {backend.title}."
    return f"The same cells passed on {backend.title} {result['versions'][backend.package]} on {result['date']}."


def stamp(backend, result):
    """One sentence: what was verified when, with which versions, model and hardware."""
    if not result:
        return f"Not verified yet with {backend.title} {backend.version}."
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
