"""Every page of docs/errors keeps to the format, and what its cells printed finds it."""

import ast
import builtins
import functools
import json
import re
from pathlib import Path

import nbformat
import pytest

from scripts.common.paths import ROOT
from scripts.content import backends, errors, guides, notebooks, pages, shown_errors
from scripts.site import error_index
from tests.doctor.packed import explain, packing
from tests.static.test_copying import defined_by, used_at_once

OF_ERRORS = [guide for guide in guides.load().values() if guide.is_of_errors]
WRITTEN = errors.written()


@functools.cache
def readable():
    """The pages whose header can be read; test_a_header_has_the_form names the faults of the others."""
    return [errors.read(page) for page in WRITTEN if not errors.faults_of_the_header(page)]


@pytest.mark.parametrize("page", WRITTEN, ids=str)
def test_a_header_has_the_form(page):
    faults = errors.faults_of_the_header(page)
    assert not faults, "\n" + "\n".join(faults)


@pytest.mark.parametrize("entry", readable(), ids=lambda entry: entry.name)
def test_a_page_shows_what_provokes_it_and_its_way_out(entry):
    faults = errors.faults(entry)
    assert not faults, "\n" + "\n".join(faults)


@pytest.mark.parametrize("entry", readable(), ids=lambda entry: entry.name)
def test_a_page_has_the_name_of_its_exception_for_the_search(entry):
    name = entry.error.exception.rpartition(".")[2]
    text = pages.expanded(Path(entry.page)).split("\n---\n", 1)[1]
    assert entry.error.exception == errors.NO_ERROR or name in text


@pytest.mark.parametrize("entry", [e for e in readable() if e.error.match], ids=lambda entry: entry.name)
def test_what_was_provoked_finds_its_page_first(entry):
    """Also as a whole traceback, in JSON and in colours; of pages with one text, each comes first for somebody."""
    text = errors.printed(entry)
    for pasted in (text, traceback_of(text), text.replace('"', '\\"'), f"\x1b[31m{text}\x1b[0m\n"):
        found = explain.explain(pasted, errors.data())
        assert found, f"{entry.page}, entry.match: no pattern is in {pasted[-300:]!r}"
        best = [match.address for match in found if match.why == found[0].why]
        assert entry.address in best, f"{entry.page}: {pasted[-200:]!r} finds {best[0]} first"


def traceback_of(text):
    """A traceback that ends in `text`."""
    frames = (
        ("/home/you/app.py", "<module>", 'chat.chat("Hello")'),
        ("/home/you/.venv/lib/python3.12/site-packages/chatlas/_chat.py", "chat", "for _ in response:"),
        ("/home/you/.venv/lib/python3.12/site-packages/openai/_base_client.py", "request", "raise error from None"),
    )
    lines = [f'  File "{file}", line 7, in {name}\n    {code}' for file, name, code in frames]
    return "\n".join(["Traceback (most recent call last):", *lines, text])


def is_general(page):
    """Whether a page is on a bare status: whatever else the text says is known better elsewhere, and comes first."""
    patterns = next(error["match"] for error in errors.data() if error["name"] == page)
    return any(re.fullmatch(r"Error code: \d+", pattern) for pattern in patterns)


def overlapping():
    """Pairs of pages of which one's patterns match what the other's cell printed."""
    for entry in readable():
        found = explain.explain(errors.printed(entry), errors.data()) if entry.error.match else []
        for name in (Path(match.address).stem for match in found):
            if name != entry.name and not is_general(name):
                yield tuple(sorted((entry.name, name)))


@pytest.mark.parametrize("pair", sorted(set(overlapping())), ids=" ".join)
def test_pages_that_match_the_same_text_are_told_apart_on_one_of_them(pair):
    first, second = ((ROOT / errors.FOLDER / f"{name}.qmd").read_text() for name in pair)
    assert f"({pair[1]}.qmd)" in first or f"({pair[0]}.qmd)" in second
    assert re.search("[Yy]ou use", first + second), pair


def test_two_pages_of_one_pattern_are_no_more_than_these():
    """Each such pair costs a reader a choice."""
    same = {}
    for error in errors.data():
        for pattern in error["match"]:
            same.setdefault(pattern, []).append(error["name"])
    assert {pattern: names for pattern, names in same.items() if len(names) > 1} == {
        "'NoneType' object is not subscriptable": ["nonetype-not-subscriptable", "stream-without-anything"],
        "unexpected character, expected a JSON value": ["json-decode-error", "json-in-fences"],
    }


@pytest.mark.parametrize("guide", OF_ERRORS, ids=lambda guide: guide.name)
def test_every_visible_cell_is_on_a_page(guide):
    shown = {label for page in WRITTEN for path, label, _ in pages.embeds(page) if path == guide.notebook}
    assert {cell.id for cell in notebooks.visible_cells(notebooks.read(guide.notebook))} == shown


@pytest.mark.parametrize("page", WRITTEN, ids=str)
def test_the_cells_of_a_page_need_nothing_but_the_parameters(page):
    defined, missing = set(vars(builtins)), []
    for path, label, _ in pages.embeds(page):
        defined |= set(notebooks.parameters(notebooks.read(path)))
        for statement in ast.parse(pages.cell(page, path, label).source).body:
            missing += [f"{label}: {name}" for name in sorted(used_at_once(statement) - defined)]
            defined |= defined_by(statement)
    assert missing == []


@pytest.mark.parametrize("entry", readable(), ids=lambda entry: entry.name)
def test_the_check_of_a_provoking_cell_looks_at_what_it_shows(entry):
    """So that a newer server which words it otherwise, or does it right, fails the run."""
    cell = errors.cell_of(entry.error.provoked)
    if not cell:
        return
    notebook = notebooks.read(cell[0])
    if shown_errors.holds_an_error(notebook, cell[1]):
        return
    check = next(each.source for each in notebook.cells if each.id == f"check-{cell[1]}")
    place = f"{cell[0]}, check-{cell[1]}"
    assert shown_errors.MENDED in check, f"{place}: assert it with the message {shown_errors.MENDED!r}"


def test_the_index_lists_every_page_and_counts_those_that_are_not_executed():
    text = error_index.text()
    assert [entry.name for entry in errors.load() if f"(errors/{entry.name}.qmd)" not in text] == []
    executed = sum(entry.is_executed for entry in errors.load())
    assert f"The way out of {executed} is executed" in text


def test_the_package_is_packed_with_what_the_index_knows():
    assert packing.packed(ROOT / errors.FOLDER) == errors.data()


FAULTY = """---
title: "It fails"
description-meta: "What it means."
entry:
  exception: openai.NotFoundError
  match: {match}
  servers: [{server}]
  classes: [any]
  provoked: {provoked}
  way-out: {way_out}
---

It fails.

## How to confirm

Look.

## The way out

Do otherwise.
"""
RIGHT = {"match": "['Error code: 404']", "server": "any", "way_out": "tests/live/test_vllm_settings.py::server"}
CELL = "notebooks/vllm.ipynb#no-such-route"


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"provoked": "a cell"}, "entry.provoked: name a cell"),
        ({"provoked": CELL, "match": "['4']"}, "entry.match: '4': at least 10 characters"),
        ({"provoked": CELL, "match": "['…rror code: 404']"}, "no … at an end"),
        ({"provoked": "{source: 'http://a', date: '2026-11'}"}, "entry.provoked.source: String should match pattern"),
        ({"provoked": "{source: 'https://a.b', date: '2016-11'}"}, "entry.provoked.date"),
        ({"provoked": CELL}, "provoked: the page does not embed notebooks/vllm.ipynb#no-such-route"),
        ({"provoked": "notebooks/vllm.ipynb#lost"}, "provoked: notebooks/vllm.ipynb has no visible cell lost"),
        ({"provoked": CELL, "way_out": "tests/gone.py::test_a"}, "way-out: tests/gone.py has no test_a"),
        (
            {"provoked": "tests/gone.py::gone", "way_out": "{source: 'https://a.b', date: '2026-11'}"},
            "no link to https",
        ),
        (
            {"provoked": "tests/imitation/fixtures.py::port", "server": "VLLM"},
            "entry.servers: 'VLLM' is no server of this site",
        ),
    ],
)
def test_a_fault_is_named_in_one_line_with_file_and_key(tmp_path, changed, line):
    name = tmp_path / "faulty.qmd"
    name.write_text(FAULTY.format(**{**RIGHT, **changed}))
    found = errors.faults_of_the_header(name) or errors.faults(errors.read(name))
    assert any(line in fault and fault.startswith(f"{name}, ") and "\n" not in fault for fault in found), found


def test_notebooks_of_errors_are_named_after_their_server():
    assert [guide.name for guide in OF_ERRORS] == [f"errors/{guide.on[0]}" for guide in OF_ERRORS]
    assert all(isinstance(notebooks.read(guide.notebook), nbformat.NotebookNode) for guide in OF_ERRORS)


def test_every_answer_of_the_imitation_has_its_source_and_is_asked_for():
    asked = "\n".join(cell.source for cell in notebooks.code_cells(notebooks.read(backends.IMITATION.notebook)))
    for file in (ROOT / "tests/imitation/recorded/errors").glob("*.json"):
        answer = json.loads(file.read_text())
        assert {"imitates", "source", "date", "answers"} == set(answer), file.name
        assert errors.Source(source=answer["source"], date=answer["date"]), file.name
        assert f'"/{file.stem}' in asked, f"{file.name}: no cell asks for it"
