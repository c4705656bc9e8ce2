"""A cell that shows an error, and what is said when it finds none."""

import nbformat
import pytest

from scripts import execute, expected_failures, notebooks, sections, shown_errors

SHOWN = "try:\n    {}\nexcept ZeroDivisionError as error:\n    no_division = error\n    print(error)"
CHECK = 'assert "by zero" in str(no_division)'


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Executes a notebook that shows an error and returns what is said of it; its cell does `statement`."""
    monkeypatch.setattr(sections, "showing", lambda notebook, label: [f"docs/a.qmd#{label}", "docs/b.qmd#there"])

    def said(statement, check=CHECK):
        sources = {"parameters": "a = 1", "zero": SHOWN.format(statement), "check-zero": check}
        cells = [nbformat.v4.new_code_cell(source, id=name) for name, source in sources.items()]
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


def test_an_error_counts_as_held_only_if_its_check_uses_it():
    held = notebooks.read("notebooks/ollama.ipynb")
    assert shown_errors.holds_an_error(held, "empty-answer")
    assert not shown_errors.holds_an_error(held, "quickstart")
    check = next(cell for cell in held.cells if cell.id == "check-empty-answer")
    check.source = "assert True"
    assert not shown_errors.holds_an_error(held, "empty-answer")


def test_no_two_cells_give_an_error_the_same_name():
    # otherwise the check of the second finds the error of the first, and sees nothing mended
    for notebook in {notebook for section in sections.everywhere() for notebook, _ in section.cells()}:
        names = [
            name for cell in notebooks.code_cells(notebooks.read(notebook)) for name in shown_errors.caught(cell.source)
        ]
        assert len(names) == len(set(names)), notebook


def problems():
    """The sections of troubleshooting and of the guides that speak of what does not work: their third level."""
    guides = ("docs/troubleshooting.qmd", "docs/which-class.qmd", "docs/connect/")
    return [s for s in sections.everywhere() if s.level == 3 and s.place.startswith(guides)]


def is_held(section):
    """Whether a cell of it, an expected failure, or one that it leads to turns red when it works again."""
    failures = [failure for failure in expected_failures.load()]
    places = {failure.page for failure in failures} | {
        f"docs/evidence/{backend}.qmd#{failure.probe}-{name.lower()}"
        for failure in failures
        for backend in failure.on
        for name in failure.classes
    }
    by_cell = any(shown_errors.holds_an_error(notebooks.read(path), label) for path, label in section.cells())
    return by_cell or section.place in places or bool(set(section.links()) & places)


@pytest.mark.parametrize("section", problems(), ids=lambda section: section.place)
def test_what_a_page_calls_broken_is_held_or_says_why_not(section):
    assert is_held(section) != (section.place in expected_failures.not_probed())


def test_every_reason_is_for_a_section_that_there_is():
    assert set(expected_failures.not_probed()) <= {section.place for section in problems()}
