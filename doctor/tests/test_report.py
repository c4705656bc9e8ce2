"""What the doctor reports of a server that works, and the forms in which it does."""

import ast
import json
import subprocess
import sys

import pytest
from chatlas import ChatOpenAICompletions
from chatlas_doctor.causes import KINDS
from chatlas_doctor.one_file import MODULES, PACKAGE, one_file

from tests.imitation import answers, chats, replay

LATER = {"explain"}  # comes with data of its own, which one file cannot carry; interview/ needs chatlas


def test_the_snippet_runs_against_recorded_ollama_and_is_printed_complete(imitate, diagnose):
    server = imitate(replay.ollama)
    status, first, out = diagnose(f"{server.url}/v1", "--model", "smollm2:135m")
    assert (status, first) == (
        0,
        f"chatlas works with Ollama 0.24.0 at {server.url}/v1, model smollm2:135m.",
    )
    printed = out[out.index("from chatlas") : out.index("It printed")]
    ast.parse(printed)
    assert f'base_url="{server.url}/v1"' in printed
    assert "The capital of France is Paris." in out
    assert "ChatOllama(" in out
    assert [path for method, path, _ in server.seen if method == "POST"] == ["/v1/chat/completions"]


def test_ipv6(imitate, diagnose):
    status, first, _ = diagnose(f"{imitate(replay.ollama, host='::1').url}/v1")
    assert (status, "[::1]" in first) == (0, True)


def test_the_one_file_works_alone_and_elsewhere(imitate, tmp_path):
    (tmp_path / "doctor.py").write_text(one_file(), encoding="utf-8")
    (tmp_path / "chatlas.txt").touch()
    url = imitate(replay.ollama).url
    command = [sys.executable, "-P", "doctor.py", f"{url}/v1", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["status"], result["kind"], result["worked"]) == (0, "ok", True)
    assert result["server"] == "Ollama"
    assert result["models"] == ["smollm2:135m-toolshot", "smollm2:135m"]
    ast.parse(result["snippet"])


def test_json_carries_the_cause_too(imitate, diagnose):
    status, _, out = diagnose(imitate(answers.unauthorized).url, "--json")
    result = json.loads(out)
    assert (status, result["status"], result["kind"], result["worked"]) == (7, 7, "key", None)
    assert "asks for a key" in result["cause"]


def test_every_kind_has_a_status_of_its_own_and_help_lists_them(diagnose, capsys):
    statuses = [status for status, _ in KINDS.values()]
    assert len(set(statuses)) == len(statuses)
    with pytest.raises(SystemExit):
        diagnose("--help")
    text = capsys.readouterr().out
    assert all(meaning in text for _, meaning in KINDS.values())


def test_a_stream_without_token_counts_is_told_with_what_chatlas_does_then(imitate, diagnose):
    server = imitate(chats.serves("m"))
    out = diagnose(server.url, "--full")[2]
    assert "without token counts, so that get_tokens() raises a ValueError" in " ".join(out.split())
    chat = ChatOpenAICompletions(base_url=f"{server.url}/v1", api_key="EMPTY", model="m")
    chat.chat("Hello", echo="none")
    with pytest.raises(ValueError, match="Expected the 1st assistant turn to contain token counts"):
        chat.get_tokens()


def test_the_doctor_needs_the_standard_library_alone_and_its_one_file_too():
    for text in (*(file.read_text() for file in PACKAGE.glob("*.py") if file.stem not in LATER), one_file()):
        tree = ast.parse(text)
        names = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        names |= {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
        third = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)
        assert third <= {"chatlas_doctor"}
    assert third == set()


def test_the_one_file_has_every_module_and_no_name_twice():
    assert {file.stem for file in PACKAGE.glob("*.py")} - {"__init__", "__main__", "one_file", *LATER} == set(MODULES)
    body = ast.parse(one_file()).body
    made = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    made += [t.id for node in body if isinstance(node, ast.Assign) for t in node.targets if isinstance(t, ast.Name)]
    assert sorted(made) == sorted(set(made))


def test_the_page_lists_the_exit_statuses():
    page = (PACKAGE.parents[2] / "docs" / "doctor.qmd").read_text(encoding="utf-8")
    assert [f"| {status} | {meaning} |" in page for status, meaning in KINDS.values()] == [True] * len(KINDS)
