"""Copies the last run's results from _build to results/, from which the pages' stamps and the table are derived.

Those of `make test-docs` lie in _build/results, those of `make matrix` in _build/matrix.
"""

import json
import shutil

from scripts.common.paths import ROOT
from scripts.common.problem import Problem, run_main
from scripts.content import backends, notebooks
from scripts.matrix import expected_failures, matrix, stored
from scripts.run import report

ACCEPTED = ROOT / "results"


def refusal(result):
    """Why a result cannot be accepted, or None."""
    if result["where"] == "url":
        return "it comes from URL=, a server that nobody else can check"
    if not report.passed(result):
        return "not every cell passed, or the snippet fails on its own"
    if result["versions"]["chatlas"] != backends.pinned("chatlas", "client"):
        return "it was not made with the pinned chatlas"
    if not (ROOT / result["notebook"]).exists():
        return "there is no such notebook any more"
    now = {cell.id: notebooks.source_hash(cell) for cell in notebooks.code_cells(notebooks.read(result["notebook"]))}
    if now != {cell["id"]: cell["sha256"] for cell in result["cells"]}:
        return "the notebook has changed since that run"
    return None


def matrix_refusal(result):
    """Why what `make matrix` found cannot be accepted, or None."""
    if result["columns"][0]["chatlas"] != backends.pinned("chatlas", "client"):
        return "it was not found with the pinned chatlas"
    if lost := stored.lost(stored.results().get(result["backend"]), result):
        return f"the probes have changed since that run, which would lose the stored answer to {', '.join(lost)}"
    changed = expected_failures.changes(result)
    return changed[0] if changed else None


def main():
    found = [(path, refusal(json.loads(path.read_text())), ACCEPTED) for path in sorted(report.RESULTS.glob("*.json"))]
    found += [
        (path, matrix_refusal(stored.read(path)), stored.ACCEPTED) for path in sorted(matrix.FOUND.glob("*.json"))
    ]
    if not found:
        raise Problem(
            "There is nothing to accept.",
            f"{report.RESULTS} and {matrix.FOUND} hold no results.",
            "run `make test-docs` or `make matrix` first.",
        )
    accepted = 0
    for path, why, folder in found:
        print(f"refused   {path.name}: {why}" if why else f"accepted  {path.name}")
        if not why:
            accepted += 1
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / path.name)
    return 0 if accepted else 1


if __name__ == "__main__":
    run_main(main)
