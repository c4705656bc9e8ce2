"""Reading what the probes print, with programs in their place that misbehave on purpose. No model server is needed."""

import contextlib
import json
import sys
import tempfile
import threading
import types

import pytest
from chatlas_doctor.probes import catalog

from scripts.common.problem import Problem
from scripts.content import backends
from scripts.matrix import matrix, stored

QUESTION = catalog.load()["seed"].question
SEED = {"probe": "seed", "question": QUESTION, "outcome": "supported", "says": "it works", "evidence": []}
FINDING = json.dumps({"probe": "chat", "outcome": "supported", "says": "", "seconds": 0.1})


@pytest.fixture
def column(tmp_path, monkeypatch):
    """Run matrix.column for the probe `chat`, with a Python program's text in place of the probes."""
    server = types.SimpleNamespace(root="http://localhost:9", api_key="EMPTY", check_alive=lambda: None)
    monkeypatch.setattr(matrix, "BUILD", tmp_path / "_build")
    monkeypatch.setattr(matrix, "DOCTOR", tmp_path)
    monkeypatch.setattr(matrix.report, "metrics", lambda root: "")
    (tmp_path / "chatlas_doctor" / "probes").mkdir(parents=True)

    def run(program):
        (tmp_path / "chatlas_doctor" / "probes" / "__main__.py").write_text(program)
        with contextlib.ExitStack() as stack:
            backend = backends.get("vllm")
            return matrix.column(sys.executable, "ChatOpenAI", backend, {"vllm": server}, stack, False, ["chat"])

    return run


@pytest.mark.parametrize("stray", [b"a word of a library", b"3", b"", b"no text: \xff"])
def test_a_line_that_is_no_finding_is_shown_and_stops_nothing(column, capsys, stray):
    findings = column(f"import sys; sys.stdout.buffer.write({stray!r}); print(); print({FINDING!r})")
    assert findings == [json.loads(FINDING)]
    assert f"  {stray.decode(errors='replace')}\n" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_end_is_told_also_when_reading_fails():
    def fails():
        yield FINDING
        raise OSError

    lines = matrix.lines_of(types.SimpleNamespace(stdout=fails()))
    assert [lines.get(timeout=5), lines.get(timeout=5)] == [json.loads(FINDING), None]
    for thread in threading.enumerate():
        if "(read)" in thread.name:
            thread.join(5)  # its error belongs to this test


def test_probes_that_end_with_an_error_after_their_last_finding_are_a_problem(column):
    with pytest.raises(Problem, match=r"(?s)ended early.*out of memory"):
        column(f"import sys; print({FINDING!r}, flush=True); sys.exit('out of memory')")


def test_the_limit_is_for_all_probes_however_busy_they_are(column, monkeypatch):
    monkeypatch.setattr(matrix, "COLUMN_LIMIT", 1)
    program = f"import time\nfor _ in range(30):\n    print({FINDING!r}, flush=True)\n    time.sleep(0.1)\n"
    with pytest.raises(Problem, match="took longer than 1 seconds"):
        column(program)


def test_a_file_in_the_folder_for_temporary_files_is_not_taken_for_the_probes(column, monkeypatch, tmp_path):
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "chatlas_doctor.py").write_text("raise SystemExit('of somebody else')")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    assert column(f"print({FINDING!r})") == [json.loads(FINDING)]


@pytest.mark.parametrize("names", ["", "vllm,ollama"])
def test_a_server_you_have_goes_with_one_backend(names):
    with pytest.raises(Problem, match=r"URL= goes with one backend"):
        matrix.chosen(names, "http://localhost:9")
    assert [backend.name for backend in matrix.chosen("ollama", "http://localhost:9")[0]] == ["ollama"]


def test_a_server_you_have_is_neither_restarted_nor_written_down(monkeypatch, tmp_path, capsys):
    asked = []
    monkeypatch.setattr(matrix.yours, "served_models", lambda *address: ["smollm2"])
    monkeypatch.setattr(matrix.report, "metrics", lambda root: None)
    not_run = SEED | {"outcome": "not run"}
    monkeypatch.setattr(matrix, "column", lambda *arguments: asked.append(arguments) or [not_run])
    monkeypatch.setattr(matrix, "FOUND", tmp_path / "matrix")
    monkeypatch.setenv("ONLY", "vllm")
    monkeypatch.setenv("URL", "http://localhost:9/v1/")
    monkeypatch.setenv("API_KEY", "yours")
    assert matrix.main() == 0
    assert [(arguments[1], arguments[5]) for arguments in asked] == [
        ("ChatOpenAICompletions", False),
        ("ChatOpenAI", False),
    ]
    server = asked[0][3]["vllm"]
    assert (server.root, server.api_key) == ("http://localhost:9", "yours")
    assert not (tmp_path / "matrix").exists()


def test_what_was_found_is_told_although_another_backend_fails(monkeypatch, tmp_path, capsys):
    def ask(backend, *_, **__):
        if backend.name == "vllm":
            raise Problem("The vLLM server died.", "it was killed.", "free some memory.")
        versions = {name: backends.pinned(name, "client") for name in ("chatlas", "openai")}
        columns = [{"class": "ChatOpenAI", **versions, "findings": [SEED]}]
        return {"backend": backend.name, "version": "1", "date": "2026-01-01", "columns": columns}

    monkeypatch.setattr(matrix, "ask", ask)
    monkeypatch.setattr(matrix.serve, "ensure_running", lambda *arguments: None)
    monkeypatch.setattr(matrix.environments, "client", lambda *arguments: "python")
    monkeypatch.setattr(matrix, "FOUND", tmp_path)
    monkeypatch.setenv("ONLY", "vllm,litellm")
    monkeypatch.delenv("URL", raising=False)
    assert matrix.main() == 1
    printed, pin = capsys.readouterr().out, backends.get("litellm").version
    assert "The vLLM server died." in printed
    assert "CHANGED: seed with ChatOpenAI on litellm 1: this now works" in printed
    assert printed.rstrip().endswith("Not as expected, see above: vLLM, LiteLLM.")
    again = printed.partition("To be asked again:\n")[2]
    assert (
        f"make matrix ONLY=litellm   LiteLLM 1, 2026-01-01: LiteLLM 1 was asked, the pin is {pin}; not asked" in again
    )


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """A function that hands a result with the finding SEED to matrix.keep; returns its lines and what was written."""
    (accepted,) = [found for found in stored.results().values() if found["backend"] == "vllm"]
    monkeypatch.setattr(matrix, "FOUND", tmp_path)

    def keep(only, url, **changes):
        column = accepted["columns"][0] | {"findings": [SEED]}
        result = accepted | {"columns": [column], "date": "2099-01-01", "hardware": "elsewhere"} | changes
        lines, _ = matrix.keep(result, only, url)
        return lines, [stored.read(path) for path in tmp_path.glob("*.json")]

    return keep


@pytest.mark.parametrize("url", ["", "http://localhost:9"])
def test_the_findings_of_some_probes_are_written_with_the_accepted_ones(kept, url):
    lines, (written,) = kept(["seed"], url)
    assert lines == []
    assert len(written["columns"]) > 1
    found = stored.by_probe(written["columns"][0])
    assert len(found) > 1
    assert (found["seed"]["says"], found["seed"]["later"]["hardware"]) == ("it works", "elsewhere")


def test_the_findings_of_some_probes_of_another_server_are_not_written(kept):
    (line,), written = kept(["seed"], "", version="99")
    assert "version: 99, and" in line
    assert line.endswith("make matrix ONLY=vllm")
    assert written == []


def test_all_findings_are_written_alone_but_not_those_of_a_server_you_have(kept):
    assert kept([], "http://localhost:9") == ([], [])
    _, (written,) = kept([], "")
    assert written["columns"][0]["findings"] == [SEED]
