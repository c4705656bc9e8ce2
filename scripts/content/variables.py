"""Derives _variables.yml, the versions and dates that the pages show, from the pins and results/."""

import yaml

from scripts.common.paths import ROOT
from scripts.common.python_version import NEWEST, OLDEST
from scripts.content import backends, guides, notebooks, results, small_model, tables
from scripts.content.results import accepted

FILE = ROOT / "_variables.yml"


def derive():
    """The variables, as nested dicts of strings."""
    derived = {
        "chatlas": {"version": backends.pinned("chatlas", "client"), "oldest": oldest_chatlas()},
        "openai": {"version": backends.pinned("openai", "client")},
        "python": {"oldest": "{}.{}".format(*OLDEST), "newest": "{}.{}".format(*NEWEST)},
        "model": {"name": small_model.NAME, "description": small_model.DESCRIPTION},
        "original-report": original_report(),
        "site": {"verified": all_together()},
    }
    for guide in guides.load().values():
        if guide.needs:  # it has no embedded result
            derived[guide.name] = {"in_container": in_containers(guides.runs(guide)[0])}
            continue
        if guide.is_of_errors:  # the index of errors shows no stamp
            continue
        first, *others = guides.runs(guide)
        result = accepted(first)
        stamps = [stamp(first.backend, result)] + [also(run.backend, accepted(run)) for run in others]
        *folders, name = guide.name.split("/")  # a page says recipes.NAME.verified
        place = derived
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = {"verified": " ".join(stamps)}
        if first.is_own:
            if first.backend.container:
                derived[guide.name]["in_container"] = in_containers(first)
            seen = result["versions"][first.backend.package] if result else "unknown"
            place[name]["version"] = first.backend.version or seen
    return derived


def all_together():
    """One sentence: how many cells passed on which real servers, and the day of the oldest of these results."""
    runs = [run for guide in guides.load().values() if not guide.needs for run in guides.runs(guide)]
    real = [run for run in runs if run.backend is not backends.IMITATION]
    found = [(run.backend.title, result) for run in real if (result := accepted(run))]
    if not found:
        return "Not verified yet."
    servers = ", ".join(dict.fromkeys(title for title, _ in found))
    cells = sum(len(result["cells"]) for _, result in found)
    return f"Verified {min(result['date'] for _, result in found)} on {servers}: {cells} cells in {len(found)} runs."


def in_containers(run):
    """What was verified in containers, one sentence each; a result of other cells counts for nothing."""
    cells = notebooks.code_cells(notebooks.read(run.guide.notebook))
    now = {cell.id: notebooks.source_hash(cell) for cell in cells}
    found = [accepted(run, where) for where in guides.IN_CONTAINERS.values()]
    current = [r for r in found if r and {cell["id"]: cell["sha256"] for cell in r["cells"]} == now]
    return " ".join(map(in_container, current)) or "Not verified yet in a container."


def in_container(result):
    """One sentence: what a container's result shows, with what each step took."""
    container, figures = result["container"], result["figures"]
    size = f" ({container['image_bytes'] / 1e9:.1f} GB)" if container["image_bytes"] else ""
    steps = [f"{step} {figures[step]:.0f} s" for step in ("build", "pull", "start") if figures.get(step)]
    steps.append(f"notebook {figures['notebook_total']:.0f} s")
    return (
        f"Verified in a container {result['date']}: {len(result['cells'])} cells against {container['image']}{size}, "
        f"run by {container['engine']}, {result['model']}, on {result['hardware'].removesuffix(', in a container')}. "
        f"That run took: {', '.join(steps)}."
    )


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
    return tables.read("results/oldest-chatlas.json", results.OldestChatlas)["oldest"]


def original_report():
    """What `make original-report` was run with and when: the report's versions, and below `newer` the others."""
    result = tables.read("results/original-report.json", results.OriginalReport)
    reported, newer = (
        {"vllm": server["server"].split()[1], "chatlas": call["chatlas"], "openai": call["openai"]}
        for server, call in zip(result["servers"], (result["servers"][0]["calls"][at] for at in (0, -1)), strict=True)
    )
    return {"date": result["date"], **reported, "newer": newer}


def text():
    """The text of _variables.yml."""
    return yaml.safe_dump(derive(), sort_keys=False, width=1000)
