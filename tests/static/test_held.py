"""What the site calls broken is held by a cell, a probe or a server's test, or it says why not."""

import copy

import pytest

from scripts.content import notebooks, sections, shown_errors
from scripts.matrix import expected_failures


def test_an_error_counts_as_held_only_if_its_check_uses_it():
    held = copy.deepcopy(notebooks.read("notebooks/ollama.ipynb"))
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
    """The sections of the guides that speak of what does not work: their third level.

    What holds a page of docs/errors, its header says (tests/static/test_errors.py).
    """
    guides = ("docs/which-class.qmd", "docs/connect/")
    return [s for s in sections.everywhere() if s.level == 3 and s.place.startswith(guides)]


def is_held(section):
    """Whether a cell that it shows or an expected failure that names it turns red when it works again."""
    named = {place for failure in expected_failures.load() for place in failure.places}
    cells = [(notebooks.read(path), label) for path, label in section.cells()]
    return section.place in named or any(shown_errors.holds_an_error(*cell) for cell in cells)


@pytest.mark.parametrize("section", problems(), ids=lambda section: section.place)
def test_what_a_page_calls_broken_is_held_or_says_why_not(section):
    excused = section.place in expected_failures.not_probed()
    assert is_held(section) != excused, (
        "show the error with a cell whose check uses it, add it to expected_failures.toml, or say there under "
        "not_probed why nothing can hold it; an excuse for what is held goes"
    )


def test_every_reason_is_for_a_section_that_there_is():
    assert set(expected_failures.not_probed()) <= {section.place for section in problems()}
