"""The list of mutants cannot rot, and seeding one touches a copy only."""

import json
import re
import sys
import threading
import time

import pytest

from scripts.common.paths import ROOT
from scripts.common.problem import Problem
from scripts.content import notebooks
from scripts.upkeep import copies, mutants
from tests.gone import is_gone

CELL = "notebooks/vllm.ipynb#structured"


def mutant(**changes):
    entry = {"name": "x", "fault": "f", "places": (CELL,), "find": "age: int", "replace": "years: int"}
    return mutants.Mutant(**entry | changes)


def test_there_are_forty_mutants_and_few_that_nothing_can_catch():
    every = mutants.load()
    assert len(every) >= 40
    assert len({each.name for each in every}) == len(every)
    assert sum(bool(each.reason) for each in every) <= (1 - mutants.ENOUGH) * len(every)


def test_the_tests_that_are_asked_exist():
    assert all((ROOT / name).exists() for name in mutants.FAST)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"find": "nowhere at all"}, "notebooks/vllm.ipynb#structured does not hold 'nowhere at all'"),
        ({"places": ("notebooks/vllm.ipynb#nocell",)}, "#nocell does not hold"),
        ({"places": ("docs/nopage.qmd",)}, "there is no docs/nopage.qmd"),
    ],
)
def test_a_mutant_whose_text_is_gone_is_told(changes, why):
    assert why in mutants.rotten(mutant(**changes))


def test_an_unknown_name_is_one_paragraph():
    with pytest.raises(Problem, match="There is no mutant called 'dead-links'"):
        mutants.load("dead-links")


def test_a_changed_cell_looks_as_if_it_had_been_run_and_accepted():
    before = (ROOT / "notebooks/vllm.ipynb").read_text()
    with copies.copied(copies.files()) as folder:
        mutants.seed(mutant(), folder)
        notebook = notebooks.read(folder / "notebooks/vllm.ipynb")
        (cell,) = [cell for cell in notebook.cells if cell.id == "structured"]
        assert "years: int" in cell.source
        assert cell.metadata["stored"] == notebooks.output_mark(cell)
        accepted = json.loads((folder / "results/vllm-embedded.json").read_text())
        assert notebooks.source_hash(cell) in {entry["sha256"] for entry in accepted["cells"]}
    assert (ROOT / "notebooks/vllm.ipynb").read_text() == before


def test_a_notebook_is_executed_up_to_the_check_of_the_changed_cell():
    with copies.copied(["notebooks/vllm.ipynb"]) as folder:
        mutants.cut(mutant(), folder)
        cells = notebooks.code_cells(notebooks.read(folder / "notebooks/vllm.ipynb"))
        assert cells[-1].id == "check-structured"
        mutants.cut(mutant(places=("notebooks/vllm.ipynb#parameters", "index.qmd")), folder)
        cells = notebooks.code_cells(notebooks.read(folder / "notebooks/vllm.ipynb"))
        assert [cell.id for cell in cells] == ["parameters", "quickstart", "check-quickstart"]


def test_only_the_first_place_changes_in_a_file():
    page = mutant(places=("docs/connect/vllm.qmd",), find="chatlas", replace="CHATLAS")
    with copies.copied(["docs/connect/vllm.qmd"]) as folder:
        mutants.seed(page, folder)
        assert (folder / "docs/connect/vllm.qmd").read_text().count("CHATLAS") == 1


def test_a_copy_has_what_git_has_and_leaves_nothing_behind():
    names = copies.files()
    assert {"Makefile", "mutants.toml"} <= {str(name) for name in names}
    assert not [name for name in names if name.parts[0] in (".venv", "_build", "_site", ".git")]
    with copies.copied(names[:3]) as folder:
        assert sorted(path for path in folder.rglob("*") if path.is_file()) == [folder / name for name in names[:3]]
    assert not folder.exists()


def test_without_git_a_copy_is_one_paragraph(monkeypatch, tmp_path):
    monkeypatch.setattr(copies, "ROOT", tmp_path)
    with pytest.raises(Problem, match="cannot be copied"):
        copies.files()


@pytest.mark.parametrize("judge", ["tested", "executed"])
@pytest.mark.parametrize("printed", ["No module named 'x'", "Stopped: No OpenAI-compatible server answers"])
def test_what_breaks_while_judging_is_no_catch(judge, printed, tmp_path, monkeypatch):
    runner = mutants.Runner()
    monkeypatch.setattr(runner, "run", lambda *command, **environ: (1, printed))
    run = mutants.runs_of(mutant())[0]
    arguments = (runner, tmp_path) if judge == "tested" else (runner, tmp_path, run, {"vllm": ("http://h:1", "k")})
    with pytest.raises(Problem, match=f"(?s)could not be judged.*{printed}"):
        getattr(mutants, judge)(*arguments)


def test_counts_tell_who_caught_them():
    entries = [{"caught_by": by} for by in ("make test", "make test", "make test-docs", None)]
    assert mutants.summary(entries) == {"make test": 2, "make test-docs": 1, "not caught": 1}


def test_an_interrupted_run_leaves_no_command_running(tmp_path):
    runner = mutants.Runner()
    sleeper = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"]
    thread = threading.Thread(target=runner.run, args=(sleeper, tmp_path))
    thread.start()
    log, limit = tmp_path / "printed.log", time.monotonic() + 60
    while not (log.exists() and re.match(r"\d+\n", log.read_text())) and time.monotonic() < limit:
        time.sleep(0.05)
    runner.close()
    thread.join(60)
    assert not thread.is_alive()
    assert is_gone(int(log.read_text()))
    with pytest.raises(Problem, match="interrupted"):
        runner.run(sleeper, tmp_path)
