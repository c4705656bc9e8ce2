"""What the closing table says of a run that was not whole."""

from scripts.content import notebooks
from scripts.run import report

RESULT = {
    "notebook": "notebooks/x.ipynb",
    "date": "2026-11-24",
    "backend": "vllm",
    "where": "embedded",
    "model": "m",
    "hardware": "CPU",
    "versions": {"chatlas": "1"},
    "snippet": "passed",
    "figures": {"start": 31.24, "requests": 3, "prompt_tokens": None},
}


def test_a_skipped_cell_is_not_verified_and_shows_its_reason():
    cells = [{"id": "a", "outcome": "passed"}, {"id": "b", "outcome": "not_run", "reason": "no server"}]
    table = report.table(RESULT | {"cells": cells})
    assert table.startswith("NOT VERIFIED: notebooks/x.ipynb")
    assert "1 passed, 0 failed, 1 not run" in table
    assert "not run: b (no server)" in table


def test_a_result_without_cells_is_not_verified():
    assert report.table(RESULT | {"cells": []}).startswith("NOT VERIFIED")


def test_figures_have_units_and_what_was_not_counted_says_so():
    table = report.table(RESULT | {"cells": [{"id": "a", "outcome": "passed"}]})
    assert table.startswith("VERIFIED")
    assert "31.2 s" in table
    assert table.rstrip().endswith("not counted")


def test_a_server_without_metrics_counts_nothing(port):
    assert report.metrics(f"http://localhost:{port}") is None


def test_the_summary_has_a_line_for_each_notebook_and_says_what_was_not_counted():
    figures = {
        "notebook_total": 20.0,
        "snippet_on_its_own": 1.5,
        "requests": 3,
        "prompt_tokens": 40,
        "generated_tokens": 2,
    }
    counted = RESULT | {"notebook": "notebooks/recipes/x.ipynb", "figures": figures, "cells": [{"outcome": "passed"}]}
    uncounted = counted | {"backend": "ollama", "figures": figures | {"requests": None, "prompt_tokens": None}}
    heading, first, second = report.summary([counted, uncounted]).splitlines()
    assert heading.split() == ["notebook", "backend", "cells", "seconds", "requests", "tokens"]
    assert first.split() == ["recipes/x", "vllm", "1", "21.5", "3", "42"]
    assert second.split() == ["recipes/x", "ollama", "1", "21.5", "not", "counted", "not", "counted"]
    assert len({len(line) for line in (heading, first, second)}) == 1


def test_the_coverage_tells_what_failed_from_what_was_not_asked_and_what_never_ran():
    cells = [
        {"id": "a", "outcome": "passed"},
        {"id": "b", "outcome": "failed", "error": "Traceback\n\nopenai.NotFoundError: no such route"},
        {"id": "c", "outcome": "not_run", "reason": notebooks.NOT_ASKED},
        {"id": "d", "outcome": "not_run", "reason": "never started"},
        {"id": "check-b", "outcome": "failed", "error": "NameError: name 'b' is not defined"},
    ]
    lines = report.coverage([RESULT | {"cells": cells}], "http://a.example/v1").splitlines()
    assert lines[1].endswith("1 of 5 cells passed, 1 failed, 1 not asked, 2 not run")
    assert lines[2].split() == ["failed", "b:", "openai.NotFoundError:", "no", "such", "route"]
    assert lines[3].split() == ["not", "run", "d:", "never", "started"]
    assert lines[4].split() == ["not", "run", "check-b:", "the", "cell", "that", "it", "checks", "failed"]
    assert lines[5:] == [f"    {notebooks.NOT_ASKED}:", "      c"]
