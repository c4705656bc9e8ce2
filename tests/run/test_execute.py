"""Executing notebooks with nbval: what is reported, and what the kernel does not see."""

import nbformat
import psutil
import pytest

from scripts.common.problem import Problem
from scripts.run import execute
from scripts.servers import serve

WAIT = "import time\ntime.sleep(60)"

PARAMETERS = {"tags": ["parameters"]}


@pytest.fixture
def make_notebook(tmp_path):
    """A function that writes a notebook of these cells and returns its path."""

    def make(*sources):
        cells = [nbformat.v4.new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(sources)]
        cells[0].metadata.update(PARAMETERS)
        path = tmp_path / "tiny.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        return str(path)

    return make


def test_cells_run_with_the_parameters_they_are_given(make_notebook):
    path = make_notebook('base_url = "http://a"\napi_key = "k"', 'assert base_url == "http://b"')
    cells, kernel_start = execute.run_notebook(path, {"base_url": "http://b"})
    assert [cell["outcome"] for cell in cells] == ["passed", "passed"]
    assert [cell["id"] for cell in cells] == ["cell-0", "cell-1"]
    assert kernel_start > 0


def test_a_failing_cell_is_a_failure_and_an_unexecuted_one_is_not_a_pass(make_notebook):
    path = make_notebook("a = 1", "assert a == 2", "# NBVAL_SKIP\nb = 1")
    cells, _ = execute.run_notebook(path, {})
    assert [cell["outcome"] for cell in cells] == ["passed", "failed", "not_run"]
    assert "reason" in cells[2]


def test_the_kernel_sees_no_key_and_not_that_it_is_tested(make_notebook, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "a-real-key")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere")
    path = make_notebook("a = 1", f"import os\nassert not set({execute.HIDDEN!r}) & set(os.environ)")
    cells, _ = execute.run_notebook(path, {})
    assert [cell["outcome"] for cell in cells] == ["passed", "passed"]


def test_a_server_that_dies_ends_the_run_with_its_name(make_notebook, build, misbehaving):
    with serve.serving(*misbehaving("dies_when_told")) as server:
        tell = f"import urllib.request\nurllib.request.urlopen('{server.root}/die')"
        with pytest.raises(Problem, match=r"(?s)vLLM server died.*out of memory"):
            execute.run_notebook(make_notebook("a = 1", tell, WAIT), {}, [server])


def test_a_notebook_past_its_limit_is_ended(make_notebook, monkeypatch):
    monkeypatch.setattr(execute, "NOTEBOOK_LIMIT", 3)
    with pytest.raises(Problem, match="longer than 3 seconds"):
        execute.run_notebook(make_notebook("a = 1", WAIT), {})
    kernels = [p.cmdline() for p in psutil.Process().children(recursive=True) if "ipykernel_launcher" in p.cmdline()]
    assert kernels == []


def test_a_cell_that_takes_long_shows_that_it_still_runs(make_notebook, monkeypatch, capsys):
    monkeypatch.setattr(execute.progress, "EVERY", 1)
    execute.run_notebook(make_notebook("a = 1", "import time\ntime.sleep(3)"), {})
    assert "s  still running" in capsys.readouterr().out


def test_the_snippet_runs_alone_with_the_parameters(tmp_path):
    cells = [
        nbformat.v4.new_code_cell('base_url = "http://a"', id="parameters", metadata=PARAMETERS),
        nbformat.v4.new_code_cell("print(dict(base_url=base_url, host=base_url))", id="quickstart"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "tiny.ipynb")
    printed, _ = execute.run_snippet(tmp_path / "tiny.ipynb", {"base_url": "http://b"})
    assert printed == "{'base_url': 'http://b', 'host': 'http://b'}\n"


def test_a_failing_snippet_is_a_problem(tmp_path):
    first = nbformat.v4.new_code_cell("base_url = 1", metadata=PARAMETERS)
    cells = [first, nbformat.v4.new_code_cell("1 / 0", id="quickstart")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "tiny.ipynb")
    with pytest.raises(Problem, match=r"(?s)on its own failed.*ZeroDivisionError"):
        execute.run_snippet(tmp_path / "tiny.ipynb", {})


def test_another_model_is_asked_only_what_any_model_can_do(tmp_path):
    """What depends on our server is not asked, and says so; the model that was chosen stands in the snippet."""
    cells = [
        nbformat.v4.new_code_cell('base_url = "http://a"', id="parameters", metadata=PARAMETERS),
        nbformat.v4.new_code_cell('model = [][0]\nprint(dict(a=base_url)["a"], model)', id="quickstart"),
        nbformat.v4.new_code_cell('assert model == "theirs"', id="check-quickstart"),
        nbformat.v4.new_code_cell("1 / 0", id="ours", metadata={"tags": ["our-server"]}),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "tiny.ipynb")
    values = {"base_url": "http://b", "model": "theirs"}
    found, _ = execute.run_notebook(tmp_path / "tiny.ipynb", values, any_model=True)
    assert [cell["outcome"] for cell in found] == ["passed", "passed", "passed", "not_run"]
    assert found[3]["reason"].startswith("not asked: ")
    assert execute.run_snippet(tmp_path / "tiny.ipynb", values, any_model=True)[0] == "http://b theirs\n"
