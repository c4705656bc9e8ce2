"""What every notebook has to keep to, so that a reader can copy its cells."""

import ast
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from scripts.common.paths import ROOT
from scripts.content import guides, notebooks, pages

PATHS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "notebooks").rglob("*.ipynb"))
OUTPUT_TAGS = {"nbval-check-output", "nbval-ignore-output"}
NOT_RUN_YET = {guide.notebook for guide in guides.load().values() if guide.is_not_run_yet}


@pytest.fixture(params=PATHS)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return notebooks.read(path)


def test_every_notebook_is_executed_and_every_guide_has_its_notebook():
    assert {guide.notebook for guide in guides.load().values()} == set(PATHS)


def test_only_the_notebook_that_needs_a_gpu_has_not_run_yet():
    """A state of its own: no page, no outputs, no result. Another notebook gets into it only by a change here."""
    assert NOT_RUN_YET.issubset({"notebooks/gpu.ipynb"})
    for guide in guides.load().values():
        assert guide.page or guide.is_of_errors or guide.is_not_run_yet, guide.name
        results = [ROOT / "results" / run.result("embedded") for run in guides.runs(guide)]
        assert not (guide.needs and any(path.exists() for path in results)), guide.name


def test_the_first_code_cell_holds_only_literal_parameters(notebook):
    assert notebooks.tags(notebooks.parameters_cell(notebook)) == ["parameters"]
    assert "base_url" in notebooks.parameters(notebook)
    assert notebooks.with_parameters(notebook, {}) == notebook


def test_parameters_that_are_not_literals_are_refused():
    cell = nbformat.v4.new_code_cell("base_url = input()")
    with pytest.raises(ValueError, match=r"malformed"):
        notebooks.parameters(nbformat.v4.new_notebook(cells=[cell]))
    cell.source = "import os"
    with pytest.raises(ValueError, match="not an assignment"):
        notebooks.parameters(nbformat.v4.new_notebook(cells=[cell]))


def test_the_executed_copy_differs_only_in_its_parameters(notebook, tmp_path):
    values = {"base_url": 'http://localhost:1234/v1"', "api_key": "k", "unknown": 1}
    notebooks.write(notebooks.with_parameters(notebook, values), tmp_path / "copy.ipynb")
    copy = nbformat.read(tmp_path / "copy.ipynb", as_version=4)
    known = notebooks.parameters(notebook)
    assert notebooks.parameters(copy) == known | {name: value for name, value in values.items() if name in known}
    first = notebooks.parameters_cell(notebook).id
    before = [json.dumps(cell) for cell in notebook.cells if cell.id != first]
    after = [json.dumps(cell) for cell in copy.cells if cell.id != first]
    assert before == after


def test_no_failure_is_allowed_or_skipped(notebook):
    for cell in notebooks.code_cells(notebook):
        assert set(notebooks.tags(cell)) <= {"parameters", "check", notebooks.OURS, *OUTPUT_TAGS}, cell.id
        assert not re.search(r"#\s*(NBVAL|PYTEST_VALIDATE)", cell.source), cell.id


def test_check_cells_assert_and_store_nothing(notebook):
    for cell in notebooks.code_cells(notebook):
        if "check" in notebooks.tags(cell):
            assert "assert " in cell.source, cell.id
            assert cell.outputs == [], cell.id


def has_bare_assertion(source):
    """Whether an assertion stands outside a function whose name starts with test_."""
    tree = ast.parse(source)
    in_tests = {
        id(inner)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef) and outer.name.startswith("test_")
        for inner in ast.walk(outer)
    }
    return any(isinstance(node, ast.Assert) and id(node) not in in_tests for node in ast.walk(tree))


def test_only_assertions_outside_a_test_are_found():
    assert has_bare_assertion("def f():\n    assert 1")
    assert not has_bare_assertion("def test_f():\n    assert 1\nprint('no assert here')")


def test_check_cells_assert_something_that_can_be_false(notebook):
    for cell in notebooks.code_cells(notebook):
        for node in ast.walk(ast.parse(cell.source)):
            if "check" in notebooks.tags(cell) and isinstance(node, ast.Assert):
                compares = [n for n in ast.walk(node.test) if isinstance(n, (ast.Compare, ast.Call, ast.Name))]
                assert compares, f"{cell.id}: {ast.unparse(node)}"


def test_errors_are_caught_by_their_exact_class_and_shown(notebook):
    for cell in notebooks.code_cells(notebook):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, cell.id
                if not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None):  # it goes on
                    assert not {"Exception", "BaseException"} & {n.id for n in ast.walk(node.type) if hasattr(n, "id")}
                assert not all(isinstance(statement, ast.Pass) for statement in node.body), cell.id


def test_visible_cells_hold_no_assertions_and_fit_a_page(notebook):
    for cell in notebooks.visible_cells(notebook):
        assert not has_bare_assertion(cell.source), cell.id
        assert max(map(len, cell.source.splitlines())) <= 80, cell.id


def test_every_visible_cell_is_checked_by_the_cell_after_it(notebook):
    code = notebooks.code_cells(notebook)
    checked = {before.id for before, after in itertools.pairwise(code) if after.id == f"check-{before.id}"}
    assert {cell.id for cell in notebooks.visible_cells(notebook)} == checked


@pytest.fixture(scope="module")
def undefined(tmp_path_factory):
    """What ruff says of the visible cells alone, by the notebook's path; one process reads all."""
    folder = tmp_path_factory.mktemp("visible")
    files = {f"{number}.ipynb": path for number, path in enumerate(PATHS)}
    for name, path in files.items():
        notebooks.write(notebooks.for_download(notebooks.read(path)), folder / name)
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821,F823,E9"]
    command += ["--output-format", "json", folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    found = {path: [] for path in PATHS}
    for each in json.loads(done.stdout):
        found[files[Path(each["filename"]).name]].append(f"cell {each['cell']}: {each['message']}")
    return found


def test_visible_cells_work_without_the_hidden_ones(path, undefined):
    """No visible cell uses a name that only a check cell defines (ruff F821), so they paste in order."""
    assert undefined[path] == []


def test_every_visible_cell_has_a_stored_output_and_none_is_an_error(path, notebook):
    if path in NOT_RUN_YET:
        assert all(cell.outputs == [] and cell.execution_count is None for cell in notebooks.code_cells(notebook))
        return
    for cell in notebooks.visible_cells(notebook):
        assert pages.outputs(cell) or pages.images(cell), f"{cell.id} has no output: run `make update-outputs`"
        assert not pages.images(cell) or cell.metadata.get("fig-alt"), f"{cell.id}: say in fig-alt what its plot shows"
        assert all(output.output_type != "error" for output in cell.outputs), cell.id
        assert all(output.get("name") != "stderr" for output in cell.outputs), f"{cell.id} prints to stderr"
        assert not any("text/html" in output.get("data", {}) for output in cell.outputs), f'{cell.id}: echo="none"?'


def that_ask_a_model(notebook):
    """The ids of the cells that ask a model: by a method of a chat or a client, or by a function made of these."""
    asking = {"chat", "chat_async", "chat_structured", "stream", "stream_async", "create", "invoke"}
    asking |= {"parallel_chat", "parallel_chat_structured"}

    def asks(tree):
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        return asking & {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}

    found = []
    for cell in notebooks.visible_cells(notebook):
        tree = ast.parse(cell.source)
        functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        for _ in functions:  # one may call another that stands below it
            asking |= {function.name for function in functions if asks(function)}
        found += [cell.id] if asks(tree) else []
    return found


def test_a_function_that_asks_by_another_one_asks_a_model():
    first = "def a():\n    return b()\n\ndef b():\n    return chat.chat('?')"
    sources = {"parameters": "c = 1", "make": first, "use": "a()", "list": "chat.list_models()"}
    cells = [nbformat.v4.new_code_cell(source, id=name) for name, source in sources.items()]
    cells[0].metadata["tags"] = ["parameters"]
    assert that_ask_a_model(nbformat.v4.new_notebook(cells=cells)) == ["make", "use"]


def test_facts_of_client_and_server_are_compared_with_what_is_stored(path, notebook):
    """What asks no model, or shows an error, prints facts: it is compared, or says by its tag that it is not."""
    asking = that_ask_a_model(notebook)
    for cell in [] if path in NOT_RUN_YET else notebooks.visible_cells(notebook):
        shows_an_error = any(isinstance(node, ast.ExceptHandler) for node in ast.walk(ast.parse(cell.source)))
        if shows_an_error or cell.id not in asking:
            tagged = OUTPUT_TAGS & set(notebooks.tags(cell))
            assert len(tagged) == 1, f"{cell.id}: tag it nbval-check-output, or nbval-ignore-output for a model's words"


@pytest.mark.any_change
def test_stored_outputs_are_what_the_cell_printed_when_it_last_ran(notebook):
    for cell in filter(lambda cell: cell.outputs, notebooks.code_cells(notebook)):
        assert cell.metadata.get("stored") == notebooks.output_mark(cell), f"{cell.id}: run `make update-outputs`"


def test_no_key_and_no_personal_path_in_a_notebook(path):
    text = (ROOT / path).read_text()
    found = re.findall(r"sk-\w{12,}|hf_\w{12,}|/(?:home|Users|root|tmp)/[\w./-]+|\.cache/[\w./-]+", text)
    assert found == []
