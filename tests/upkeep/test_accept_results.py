"""Only whole, fresh results of servers that we started become the site's."""

import pytest

from scripts.content import backends, notebooks
from scripts.upkeep import accept_results

NOTEBOOK = "notebooks/vllm.ipynb"


@pytest.fixture
def result():
    cells = notebooks.code_cells(notebooks.read(NOTEBOOK))
    return {
        "where": "embedded",
        "versions": {"chatlas": backends.pinned("chatlas", "client")},
        "notebook": NOTEBOOK,
        "snippet": "passed",
        "cells": [{"id": cell.id, "outcome": "passed", "sha256": notebooks.source_hash(cell)} for cell in cells],
    }


def test_a_whole_fresh_result_is_accepted(result):
    assert accept_results.refusal(result) is None


def test_a_result_from_url_is_refused(result):
    assert "URL=" in accept_results.refusal(result | {"where": "url"})


@pytest.mark.parametrize("outcome", ["failed", "not_run"])
def test_a_result_that_did_not_pass_whole_is_refused(result, outcome):
    result["cells"][3]["outcome"] = outcome
    assert "not every cell passed" in accept_results.refusal(result)


def test_a_result_whose_snippet_fails_alone_is_refused(result):
    assert "not every cell passed" in accept_results.refusal(result | {"snippet": "failed"})


def test_a_result_made_with_another_chatlas_is_refused(result):
    result["versions"]["chatlas"] = "0.0.1"
    assert "not made with the pinned chatlas" in accept_results.refusal(result)


def test_a_result_of_a_notebook_that_is_gone_is_refused(result):
    result["notebook"] = "notebooks/gone.ipynb"
    assert "no such notebook" in accept_results.refusal(result)


def test_a_result_of_another_notebook_state_is_refused(result):
    result["cells"][3]["sha256"] = "0"
    assert "changed since" in accept_results.refusal(result)
