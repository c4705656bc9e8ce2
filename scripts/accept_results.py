"""Moves the last run's results from _build/results to results/, which the pages are stamped from."""

import json
import shutil

from scripts import notebooks, report, variables
from scripts.cache import ROOT
from scripts.problem import Problem, run_main

ACCEPTED = ROOT / "results"


def refusal(result):
    """Why a result cannot be accepted, or None."""
    if result["where"] == "url":
        return "it comes from URL=, a server that nobody else can check"
    if not report.passed(result):
        return "not every cell passed, or the snippet fails on its own"
    now = {cell.id: notebooks.source_hash(cell) for cell in notebooks.code_cells(notebooks.read(result["notebook"]))}
    if now != {cell["id"]: cell["sha256"] for cell in result["cells"]}:
        return "the notebook has changed since that run"
    return None


def main():
    found = sorted(report.RESULTS.glob("*.json"))
    if not found:
        raise Problem(
            "There is nothing to accept.", f"{report.RESULTS} holds no results.", "run `make test-docs` first."
        )
    accepted = 0
    for path in found:
        why = refusal(json.loads(path.read_text()))
        print(f"refused   {path.name}: {why}" if why else f"accepted  {path.name}")
        if not why:
            accepted += 1
            ACCEPTED.mkdir(exist_ok=True)
            shutil.copy(path, ACCEPTED / path.name)
    variables.write()
    return 0 if accepted else 1


if __name__ == "__main__":
    run_main(main)
