"""The result of a run: as JSON in _build/results, and as a table on the terminal."""

import datetime
import importlib.metadata
import os
import platform
import textwrap
import urllib.request

import psutil

from scripts.common.json_text import json_text
from scripts.common.paths import BUILD
from scripts.content import notebooks, small_model

OUTCOMES = ("passed", "failed", "not_run")
RESULTS = BUILD / "results"  # what runs write; results/ holds what was accepted


def hardware():
    """The machine in a few words: cores, processor, memory. No GPU is used by the embedded servers."""
    model = platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as lines:
            names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        model = names[0] if names else model
    memory = psutil.virtual_memory().total / 2**30
    return f"CPU ({os.cpu_count()} cores, {model}, {memory:.0f} GiB)"


COUNTERS = {  # source: each server's own /metrics; llama.cpp counts no requests
    "requests": ("vllm:request_success_total",),
    "prompt_tokens": ("vllm:prompt_tokens_total", "llamacpp:prompt_tokens_total"),
    "generated_tokens": ("vllm:generation_tokens_total", "llamacpp:tokens_predicted_total"),
}


def metrics(root):
    """What vLLM or llama.cpp has counted so far: requests, prompt tokens and generated tokens.

    Returns:
        A dict of integers, without what the server does not count; None where it publishes no such metrics.
    """
    try:
        with urllib.request.urlopen(root + "/metrics", timeout=5) as response:
            lines = [line.rsplit(" ", 1) for line in response.read().decode().splitlines() if " " in line]
    except OSError:
        return None
    found = {}
    for key, names in COUNTERS.items():
        values = [float(value) for name, value in lines if name.partition("{")[0] in names]
        found |= {key: int(sum(values))} if values else {}
    return found or None


def versions(backend, server_version):
    """The versions that took part; the server's where it is known."""
    found = {name: importlib.metadata.version(name) for name in ("chatlas", "openai")}
    found["python"] = platform.python_version()
    if server_version:
        found[backend.package] = server_version
    return found


def write(run, where, server_version, models, cells, snippet, figures, made_on=None):
    """Write the result of one run into _build/results and return its content.

    Args:
        run: the guides.Run.
        where: "embedded", "container", "gpu-container" or "url".
        server_version: the server's version, "" where it is not known.
        models: the model ids that the server lists.
        cells: one dict a code cell: id, sha256, outcome ("passed", "failed" or "not_run"), seconds.
        snippet: "passed" or "failed", for the first snippet run on its own; "none" where a notebook has none.
        figures: seconds and counts by name; None for what could not be counted.
        made_on: for a container what is to be said of it: `model`, `hardware`, and `container` with
            the image, its id and size, and the engine.
    """
    result = {
        "made_by": "make test-docs",
        "backend": run.backend.name,
        "notebook": run.guide.notebook,
        "where": where,
        "date": datetime.date.today().isoformat(),
        "versions": versions(run.backend, server_version),
        "model": small_model.description(run.backend) if where == "embedded" else ", ".join(models),
        "served_models": models,
        "hardware": hardware() if where == "embedded" else "unknown (a server that somebody already has)",
        "figures": figures,
        "snippet": snippet,
        "cells": cells,
    } | (made_on or {})
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / run.result(where)
    path.write_text(json_text(result) + "\n")
    return result


def passed(result):
    """Whether every cell of a result ran and passed, and the snippet on its own too."""
    return (
        bool(result["cells"])
        and result["snippet"] != "failed"
        and all(cell["outcome"] == "passed" for cell in result["cells"])
    )


def held(result):
    """Whether all that was asked passed, and something was: for a server with another model than ours."""
    outcomes = {cell["outcome"] for cell in result["cells"]}
    asked = all(cell["outcome"] != "not_run" or cell["reason"] == notebooks.NOT_ASKED for cell in result["cells"])
    return "passed" in outcomes and "failed" not in outcomes and asked and result["snippet"] != "failed"


def coverage(results, url):
    """What of each guide was seen to hold on the server at `url`, a line each, with the cells that did not pass."""
    lines = [f"Coverage of the server at {url}:"]
    for result in results:
        cells = result["cells"]
        not_asked = [cell["id"] for cell in cells if cell.get("reason") == notebooks.NOT_ASKED]
        not_run = [cell for cell in cells if cell["outcome"] == "not_run" and cell["id"] not in not_asked]
        failed = [cell for cell in cells if cell["outcome"] == "failed"]
        broken = {f"check-{cell['id']}" for cell in failed}  # nothing is there to be checked
        not_run += [cell | {"reason": "the cell that it checks failed"} for cell in failed if cell["id"] in broken]
        failed = [cell for cell in failed if cell["id"] not in broken]
        passed = sum(cell["outcome"] == "passed" for cell in cells)
        lines.append(
            f"  {result['notebook']}: {passed} of {len(cells)} cells passed, {len(failed)} failed, "
            f"{len(not_asked)} not asked, {len(not_run)} not run"
        )
        lines += [f"    failed     {cell['id']}: {said(cell)}" for cell in failed]
        lines += [f"    not run    {cell['id']}: {cell['reason']}" for cell in not_run]
        if not_asked:
            lines.append(f"    {notebooks.NOT_ASKED}:\n      " + ", ".join(not_asked))
    return "\n".join(lines)


def said(cell):
    """The last line of a failed cell's error, shortened to one line of a terminal."""
    return textwrap.shorten(cell["error"].strip().splitlines()[-1], 100, placeholder=" …")


def summary(results):
    """One line a result, so that a slow notebook is seen; the snippet's second and request are counted in."""
    rows = [("notebook", "backend", "cells", "seconds", "requests", "tokens")]
    for result in results:
        figures = result["figures"]
        seconds = figures["notebook_total"] + figures.get("snippet_on_its_own", 0.0)
        tokens = [figures[name] for name in ("prompt_tokens", "generated_tokens")]
        rows.append(
            (
                result["notebook"].removeprefix("notebooks/").removesuffix(".ipynb"),
                result["backend"],
                str(sum(cell["outcome"] == "passed" for cell in result["cells"])),
                f"{seconds:.1f}",
                "not counted" if figures["requests"] is None else str(figures["requests"]),
                "not counted" if None in tokens else str(sum(tokens)),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    left = 2  # columns of names; the others are numbers
    return "\n".join(
        "  ".join(
            text.ljust(width) if i < left else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def table(result):
    """The result as lines for the terminal."""
    counts = {outcome: sum(c["outcome"] == outcome for c in result["cells"]) for outcome in OUTCOMES}
    lines = [
        f"{'VERIFIED' if passed(result) else 'NOT VERIFIED'}: {result['notebook']}, {result['date']}",
        f"  against    {result['backend']} ({result['where']}), {result['model']}",
        f"  on         {result['hardware']}",
        "  versions   " + ", ".join(f"{name} {version}" for name, version in result["versions"].items()),
        "  cells      " + ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in counts.items()),
    ]
    lines.append(f"  snippet    {result['snippet']}")
    lines += [f"             not run: {c['id']} ({c['reason']})" for c in result["cells"] if c["outcome"] == "not_run"]
    for name, value in result["figures"].items():
        unit = "" if name in COUNTERS else " s"
        shown = "not counted" if value is None else f"{value:.1f}{unit}" if unit else str(value)
        lines.append(f"  {name.replace('_', ' '):<34} {shown:>10}")
    return "\n".join(lines)
