"""Each operator changes what it says, on this very repository; a drawn fault is seeded into a copy only."""

import random

import nbformat
import pytest

from scripts.common.paths import ROOT
from scripts.common.problem import Problem
from scripts.content import notebooks
from scripts.upkeep import copies, sampled
from scripts.upkeep.faults import configuration, doctor, drawing, excused, letters, programs, prose, python, written
from scripts.upkeep.faults.fault import Fault, Place, seed

EVERY = [(kind, name) for kind in drawing.KINDS for name in kind.operators]
CODE = 'try:\n    a = f("x", model, key=1)\nexcept openai.NotFoundError as e:\n    assert a\n    print(await g(2), b)'
PAGE = """---
title: "A page"
entry:
  servers: [vLLM, any]
---

Use `ChatOpenAI` 2 times, it is not slow. See [more](more.qmd#a-place), `--max-model-len` and `OLLAMA_HOST`.

{{< include one.yaml >}}

{{< embed ../notebooks/vllm.ipynb#tool echo=true >}}

```bash
docker run -p 127.0.0.1:8000:8000 vllm/vllm-openai:v1 --served-model-name qwen3
pip install "chatlas>={{< var chatlas.oldest >}}"
```
"""


@pytest.mark.parametrize(("kind", "operator"), EVERY, ids=lambda each: getattr(each, "name", each))
def test_every_operator_finds_something_to_change_in_this_repository(kind, operator):
    fault = drawing.one(kind, operator, kind.places(), random.Random(1))
    assert fault
    assert fault.before == fault.place.text() != fault.after
    assert fault.size > 0


@pytest.mark.parametrize(
    ("operators", "name", "lost", "came"),
    [
        (programs.WORDS, "listens everywhere", "127.0.0.1:8000:8000", "-p 8000:8000"),
        (programs.WORDS, "an address of this machine becomes every interface", "127.0.0.1", "0.0.0.0"),
        (programs.WORDS, "a flag taken out", " --served-model-name qwen3", "openai:v1\n"),
        (programs.WORDS, "a slip in a variable", "OLLAMA_HOST", ""),
        (programs.WORDS, "a slip in an image", "vllm/vllm-openai:", ""),
        (programs.WORDS, "a slip in a package", '"chatlas>', ""),
        (written.PAGES, "a class swapped in a sentence", "`ChatOpenAI`", "`ChatO"),
        (written.PAGES, "an include taken out", "{{< include", ""),
        (written.PAGES, "an embed taken out", "{{< embed", ""),
        (written.PAGES, "an embed swapped", "#tool ", "vllm.ipynb#"),
        (written.PAGES, "a slip in an anchor", "#a-place", "more.qmd#"),
        (written.PAGES, "a number changed", " 2 times", " times"),
        (configuration.TABLES, "an item taken out", "[vLLM, any]", "servers: ["),
        (prose.KIND.operators, "a not", "is not slow", ""),
        (python.OWN, "an await taken out", "await g(2)", "print(g(2), b)"),
        (python.OWN, "two arguments swapped", CODE, "a"),
        (python.OWN, "an argument renamed", "key=1", "=1"),
        (python.OWN, "a class swapped", "NotFoundError", "openai."),
        (python.OWN, "an assertion taken out", "assert a", ""),
        (python.OWN, "an exception widened", "openai.NotFoundError", "except Exception as e"),
        (doctor.DOCTOR, "another cause", '"key"', 'Cause("'),
        (doctor.DOCTOR, "an advice taken out", '"Do this."', "text)"),
        (doctor.DOCTOR, "a condition turned round", "if status", "if not (status"),
        (doctor.DOCTOR, "another status", "401", "status == "),
    ],
)
def test_an_operator_changes_what_it_says(operators, name, lost, came):
    text = PAGE if operators not in (python.OWN, doctor.DOCTOR) else CODE
    if operators is doctor.DOCTOR:
        text = 'if status == 401:\n    raise Cause("key", text, "Do this.")'
    for number in range(20):
        changed = operators[name](text, random.Random(number))
        assert changed
        assert lost in text
        assert lost not in changed
        assert came in changed


def test_a_slip_is_one_letter_lost_or_two_swapped():
    for number in range(50):
        word = letters.slip("--max-len", random.Random(number))
        assert len(word) == 8 or (sorted(word) == sorted("--max-len") and word != "--max-len")


def test_the_same_seed_draws_the_same_faults_and_every_kind_as_often():
    faults = drawing.drawn(3 * len(drawing.KINDS), "a")
    assert faults == drawing.drawn(3 * len(drawing.KINDS), "a") != drawing.drawn(3 * len(drawing.KINDS), "b")
    assert [fault.kind for fault in faults] == [kind.name for kind in drawing.KINDS] * 3


def test_a_changed_snippet_is_changed_on_its_page_and_looks_as_if_it_had_been_accepted():
    place = Place("notebooks/vllm.ipynb", "quickstart")
    before = place.text()
    fault = Fault("cells", "o", place, before, before.replace("max_tokens=60", "max_tokens=61"))
    with copies.copied(copies.files()) as folder:
        seed(fault, folder)
        notebook = nbformat.read(folder / place.path, as_version=4)
        cell = next(cell for cell in notebook.cells if cell.id == "quickstart")
        assert cell.source == fault.after
        assert cell.metadata["stored"] == notebooks.output_mark(cell)
        assert notebooks.source_hash(cell) in (folder / "results/vllm-embedded.json").read_text()
        assert "max_tokens=61" in (folder / "docs/connect/vllm.qmd").read_text()
        assert "max_tokens=61" in (folder / "index.qmd").read_text()
    assert place.text() == before


def test_what_is_the_same_to_python_or_to_a_reader_of_the_file_is_excused():
    cell, file = Place("notebooks/vllm.ipynb", "quickstart"), Place("backends.toml")
    assert excused.why(Fault("cells", "o", cell, "f('a')", 'f("a")'))
    assert not excused.why(Fault("cells", "o", cell, "f('a')", "f('b')"))
    assert excused.why(Fault("t", "o", file, "a = 1", "a = 1 # one"))
    assert not excused.why(Fault("t", "o", file, "a = 1", "a = 2"))
    assert not excused.why(Fault("t", "o", file, "a = 1", "a = "))


def test_the_tests_that_are_asked_exist_and_belong_to_kinds_that_there_are():
    named = {name for tests in sampled.BELONG.values() for name in tests}
    named |= {name for kind in drawing.KINDS for name in sampled.first(kind.name)}
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert {*sampled.BELONG, *sampled.FIRST} <= {kind.name for kind in drawing.KINDS}


@pytest.mark.parametrize("sample", ["ten", "0", "-3", ""])
def test_a_sample_that_is_no_number_is_one_paragraph(sample):
    with pytest.raises(Problem, match="cannot be followed"):
        sampled.number_of(sample)


def test_a_changed_cell_is_executed_with_what_it_needs():
    guide = notebooks.read("notebooks/vllm.ipynb")
    ids = [cell.id for cell in sampled.kept(guide, Place("notebooks/vllm.ipynb", "local-chat"))]
    assert ids[0] == guide.cells[0].id
    assert ids[-1] == "check-local-chat"
    of_errors = "notebooks/errors/imitation.ipynb"
    kept = [cell.id for cell in sampled.kept(notebooks.read(of_errors), Place(of_errors, "bad-gateway"))]
    assert {"parameters", "bad-gateway", "check-bad-gateway", "bad-gateway-way-out"} <= set(kept)
    assert len(kept) < 10


@pytest.mark.parametrize(("with_it", "without", "caught"), [("x", None, "x"), ("x", "x", None), (None, None, None)])
def test_a_cell_that_fails_as_it_was_is_not_caught(monkeypatch, with_it, without, caught):
    answers = iter([with_it, without])
    monkeypatch.setattr(sampled.mutants, "executed", lambda *_: next(answers))
    place = Place("notebooks/vllm.ipynb", "local-chat")
    monkeypatch.setattr(sampled.cells, "run_of", lambda path: None)
    fault = Fault("cells", "o", place, place.text(), place.text() + "\n")
    assert sampled.executed(fault, copies.files(), ROOT, None, {}) == caught


def test_the_tests_of_any_change_are_found_by_their_marker():
    assert "tests/static/test_notebooks.py" in sampled.any_change()


def test_only_what_is_caught_by_a_test_that_reads_counts():
    caught = [(sampled.CHECK, None), (sampled.ANY_CHANGE, None), (None, None), (None, "a rule")]
    entries = [{"kind": "cells", "caught_by": by, "excused": why} for by, why in caught]
    line = next(line for line in sampled.shares(entries).splitlines() if "cells" in line)
    assert line.split()[1:] == ["1", "0", "0", "1", "1", "1", "33%"]
