"""A cell that shows an error, and what is said when it finds none."""

import nbformat
import pytest

from scripts.content import sections, shown_errors
from scripts.run import execute

SHOWN = "try:\n    {}\nexcept ZeroDivisionError as error:\n    no_division = error\n    print(error)"
CHECK = 'assert "by zero" in str(no_division)'


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Executes a notebook that shows an error and returns what is said of it; its cell does `statement`."""
    monkeypatch.setattr(sections, "showing", lambda notebook, label: [f"docs/a.qmd#{label}", "docs/b.qmd#there"])

    def said(statement, check=CHECK, shown=SHOWN):
        sources = {"parameters": "a = 1", "zero": shown.format(statement), "check-zero": check}
        cells = [nbformat.v4.new_code_cell(source, id=name) for name, source in sources.items()]
        cells[0].metadata["tags"] = ["parameters"]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "tiny.ipynb")
        found, _ = execute.run_notebook(tmp_path / "tiny.ipynb", {})
        return shown_errors.changes({"notebook": str(tmp_path / "tiny.ipynb"), "backend": "vllm", "cells": found})

    return said


def test_while_the_error_is_shown_nothing_is_said(run):
    assert run("1 / 0") == []


def test_an_error_that_is_not_raised_any_more_names_the_places_to_change(run):
    (line,) = run("1 / 1")
    assert line.endswith("this now works: remove the workaround in docs/a.qmd#zero, docs/b.qmd#there")
    assert line.startswith("CHANGED: ")
    assert "tiny.ipynb#zero on vllm" in line


def test_another_error_does_not_count_as_mended(run):
    (line,) = run("[][1]")
    assert "not found as shown in docs/a.qmd#zero" in line
    assert "now works" not in line


def test_another_text_does_not_count_as_mended(run):
    (line,) = run("1 / 0", check='assert "by one" in str(no_division)')
    assert "not found as shown" in line


def test_a_mistake_in_the_check_does_not_count_as_mended(run):
    (line,) = run("1 / 1", check="assert undefined_name")
    assert "not found as shown" in line


def test_a_cell_that_no_page_shows_has_no_place_to_name(run, monkeypatch):
    monkeypatch.setattr(sections, "showing", lambda notebook, label: [])
    assert run("1 / 1") == []


LOST = "kept = {}\nprint(kept)"
CHECK_LOST = f'assert kept == 1, "{shown_errors.MENDED}"'


def test_while_something_goes_wrong_without_an_error_nothing_is_said(run):
    assert run("1", CHECK_LOST, LOST) == []


def test_what_went_wrong_without_an_error_names_the_places_to_change_when_it_goes_right(run):
    (line,) = run("1111", CHECK_LOST, LOST)
    assert line.endswith("this now works: remove the workaround in docs/a.qmd#zero, docs/b.qmd#there")


def test_another_assertion_of_the_same_cell_does_not_count_as_mended(run):
    (line,) = run("1", f"assert kept == 2\n{CHECK_LOST}", LOST)
    assert "not found as shown" in line


@pytest.fixture
def printing(tmp_path, monkeypatch):
    """Executes a notebook whose one tagged cell stores "a 1.5 s" and prints what it is told; returns what is said."""
    monkeypatch.setattr(sections, "showing", lambda notebook, label: ["docs/a.qmd#there"])

    def said(prints, compare=True):
        cells = [nbformat.v4.new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(("a = 1", prints))]
        cells[0].metadata["tags"], cells[1].metadata["tags"] = ["parameters"], ["nbval-check-output"]
        cells[1].outputs = [nbformat.v4.new_output("stream", name="stdout", text="a 1.5 s\n\nthen b\n")]
        cells[1].execution_count = 1
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "tiny.ipynb")
        found, _ = execute.run_notebook(tmp_path / "tiny.ipynb", {}, compare=compare)
        return shown_errors.changes({"notebook": str(tmp_path / "tiny.ipynb"), "backend": "vllm", "cells": found})

    return said


def test_an_output_that_differs_only_in_a_time_is_the_stored_one(printing):
    assert printing('print("a 2.7 s\\n\\nthen b")') == []


def test_another_output_is_shown_beside_the_stored_one_and_with_what_accepts_it(printing):
    (line,) = printing('print("a 1.5 s\\n\\nthen c")')
    assert "#cell-1 on vllm: it prints something else than is stored and shown in docs/a.qmd#there" in line
    assert line.index("then b") < line.index("then c")
    assert "`make update-outputs ONLY=" in line
    assert line.endswith("`make accept-results`.")


def test_on_another_backend_no_output_is_compared(printing):
    assert printing('print("something else")', compare=False) == []
