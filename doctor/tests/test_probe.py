"""`probe`: the questions with the reader's Python, the report, and what must not stand in it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from chatlas_doctor import cli
from chatlas_doctor.interview import advice, asking, command, report
from chatlas_doctor.interview.asking import Column
from chatlas_doctor.interview.page import page
from chatlas_doctor.interview.words import REASONS, SIGNS
from chatlas_doctor.probes import catalog
from chatlas_doctor.probes.outcome import TooManyRounds, not_asked, not_run, partly, supported, unsupported
from chatlas_doctor.probes.verdict import verdict
from chatlas_doctor.reader import Python

from tests.imitation import chats
from tests.imitation.server import KEY

SOURCE = Path(__file__).resolve().parents[1] / "src"
SOME = ("chat", "seed", "one-tool", "schema-flat", "tool-choice", "context-overflow", "reconnect")


def column(*findings):
    """A column with these (probe, outcome, reason), and titles that would break a page."""
    made = Column("ChatOpenAICompletions")
    made.catalog = [[probe, "`<b>` & title", "<i>theme</i>"] for probe, _, _ in findings]
    for probe, outcome, reason in findings:
        made.findings[probe] = {"probe": probe, "outcome": outcome, "reason": reason, "seconds": 1, "requests": 2}
    return made


@pytest.fixture
def few(monkeypatch):
    """Only SOME probes are asked, through one class."""
    left = Column.left
    monkeypatch.setattr(Column, "left", lambda self: [name for name in left(self) if name in SOME])
    monkeypatch.setattr(command, "classes_for", lambda *arguments: ["ChatOpenAICompletions"])
    known = report.as_json

    def of_some(server, version, model, python, columns, *rest):
        for each in columns:
            each.catalog = [entry for entry in each.catalog if entry[0] in each.findings]
        return known(server, version, model, python, columns, *rest)

    monkeypatch.setattr(command, "as_json", of_some)
    start = asking.environment
    monkeypatch.setattr(asking, "environment", lambda s, names: start(s | {"only": s["only"] or list(SOME)}, names))


def test_a_careless_server_is_found_out_and_no_key_is_written(imitate, few, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("OF_MY_SERVER", KEY)
    server = imitate(chats.careless)
    files = tmp_path / "r.json", tmp_path / "r.html"
    words = ["probe", server.url, "--api-key-env", "OF_MY_SERVER", "--json", files[0], "--html", files[1]]
    status = cli.main([*map(str, words), "--model", "m"])
    out = "".join(capsys.readouterr())
    assert status == 0, out
    found = json.loads(files[0].read_text("utf-8"))
    outcomes = {f["probe"]: (f["outcome"], f["reason"]) for f in found["columns"][0]["findings"]}
    assert outcomes["chat"][0] == "yes"
    assert outcomes["one-tool"] == ("the model did not", "no-call")
    assert outcomes["schema-flat"] == ("the model did not", "not-followed")
    assert outcomes["tool-choice"] == ("no", "ignored")
    assert outcomes["reconnect"] == ("not asked", "needs-restart")
    systems = {str(m["content"]) for body in server.asked for m in body["messages"] if m["role"] == "system"}
    assert len(systems) >= 4  # the other wordings, two for tools and two for a schema
    assert KEY not in out + files[0].read_text("utf-8") + files[1].read_text("utf-8")
    assert server.url not in files[0].read_text("utf-8") + files[1].read_text("utf-8")


def test_the_questions_get_no_other_key_no_proxy_and_the_key_only_once(monkeypatch):
    for name in ("OPENAI_API_KEY", "OF_MY_SERVER", "PYTHONPATH"):
        monkeypatch.setenv(name, KEY)
    given = asking.environment({"api_key": "k"}, ("OF_MY_SERVER",))
    assert KEY not in given.values()
    assert (given["NO_PROXY"], json.loads(given["PROBE_TARGET"])) == ("*", {"api_key": "k"})


def test_a_server_that_sends_on_is_not_followed(imitate):
    elsewhere = imitate(chats.careless)
    server = imitate(chats.redirects_chat_to(elsewhere.url))
    made = Column("ChatOpenAICompletions")
    made.catalog = [["chat", "Chat", "Theme"]]
    made.left = lambda: [] if made.findings else ["chat"]
    given = {"class_name": made.class_name, "root": server.url, "api": "/v1", "model": "m", "api_key": KEY}
    given |= {"remote": False, "counted_at": ""}
    asking.ask_class(made, sys.executable, given, time.monotonic() + 100, lambda *line: None)
    assert elsewhere.seen == []
    assert made.findings["chat"]["outcome"] == "no"


def verdict_of(name, outcome, error=None, responses=()):
    return verdict(catalog.load()[name], outcome, error, list(responses))


class Refused(Exception):
    status_code = 400


@pytest.mark.parametrize(
    ("name", "outcome", "error", "responses", "wanted"),
    [
        ("chat", supported("answered", model=False), None, (), ("yes", "wrong-answer")),
        ("one-tool", supported("called when required to", 0), None, (), ("the model did not", "only-when-required")),
        ("one-tool", unsupported("x"), Refused(), (), ("no", "refused")),
        ("one-tool", unsupported("x"), TooManyRounds(), (), ("the model did not", "looped")),
        ("one-tool", partly("accepted", False), None, ('{"c": "<tool_call>{}"}',), ("no", "unread-call")),
        ("parallel-calls", not_run("1 call"), None, (), ("the model did not", "no-call")),
        ("schema-flat", unsupported("x"), ValueError(), (), ("the model did not", "not-followed")),
        ("token-count", unsupported("x"), ValueError(), (), ("no", "failed")),
        ("image-file", unsupported("accepted and ignored"), None, (), ("the model did not", "not-seen")),
        ("image-file", not_asked("the server refuses"), None, (), ("not asked", "no-vision")),
        ("reasoning", not_asked("accepted"), None, ('{"reasoning": "hm"}',), ("yes", "")),
        ("context-overflow", unsupported("x"), None, ('{"prompt_tokens": 6033}',), ("not asked", "fits")),
        ("context-overflow", unsupported("x"), None, ('{"prompt_tokens": 2048}',), ("no", "ignored")),
        ("seed", unsupported("chatlas does not send it"), None, (), ("no", "not-sent")),
        ("chat", unsupported("x"), TimeoutError(), (), ("not asked", "too-slow")),
        ("without-key", not_run("x"), None, (), ("not asked", "has-key")),
    ],
)  # fmt: skip
def test_what_a_model_does_not_do_is_no_no_of_the_server(name, outcome, error, responses, wanted):
    assert verdict_of(name, outcome, error, responses) == wanted


def test_every_question_that_may_not_run_has_a_reason():
    for probe in catalog.load().values():
        for outcome in (supported(""), partly(""), unsupported(""), not_asked("")):
            kind, reason = verdict(probe, outcome, None, [])
            assert kind in SIGNS
            assert reason in REASONS


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_leaves_a_report_that_says_what_was_not_asked(imitate, tmp_path):
    server = imitate(chats.careless)
    file = tmp_path / "r.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "chatlas_doctor", "probe", server.url, "--json", file],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    while "Chat" not in (line := process.stdout.readline()) or "yes" not in line:
        assert line, "it ended before its first finding"
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130, out
    assert "was not asked:" in out
    reasons = [finding["reason"] for finding in json.loads(file.read_text())["columns"][0]["findings"]]
    assert len(reasons) == len(catalog.load())
    assert reasons.count("interrupted") > 10


def test_a_server_that_goes_away_is_left_alone(monkeypatch):
    made, told = Column("ChatOpenAICompletions"), []
    dead = {"class_name": made.class_name, "root": "http://127.0.0.1:9", "api": "/v1", "model": "m"}
    dead |= {"api_key": "EMPTY", "remote": False, "counted_at": ""}
    asking.ask_class(made, sys.executable, dead, time.monotonic() + 100, lambda *line: told.append(line))
    assert {finding["outcome"] for finding in made.findings.values()} == {"not asked"}
    assert [f["reason"] for f in made.findings.values()].count("gave-up") > 30


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
def test_a_python_without_what_it_takes_is_told(tmp_path):
    made = Column("ChatOpenAI")
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\necho 'ModuleNotFoundError: no chatlas' >&2\nexit 1\n")
    bare.chmod(0o755)
    with pytest.raises(asking.Cause, match=r"do not run with your Python.*no chatlas"):
        asking.ask_class(made, str(bare), {"class_name": "ChatOpenAI"}, time.monotonic() + 20, print)


HOSTILE = "<script>alert(1)</script>"


def test_nothing_from_the_wire_stands_in_the_report_as_it_came():
    made = column(("one-tool", "no", "refused"))
    found = report.as_json(HOSTILE, HOSTILE, f"/home/me/{HOSTILE}", Python("p", "3", "0.23", "3"), [made], 1)
    shown = page(found, [made])
    for text in (json.dumps(found), shown):
        assert "script" not in text
        assert "/home" not in text
    assert found["model"] == "unnamed"
    assert "<code>&lt;b&gt;</code> &amp; title" in shown
    assert "&lt;i&gt;theme" in shown


def test_the_page_loads_nothing():
    made = column(("one-tool", "no", "refused"))
    shown = page(report.as_json("vLLM", "1", "m", Python("p"), [made], 1), [made])
    assert not re.search(r"src=|href=|url\(|@import|<script|https?:", shown)
    assert "--tool-call-parser" in shown


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("/home/me/models/smol", "smol"),
        ("C:\\models\\smol", "smol"),
        ("org/smol:1b", "org/smol:1b"),
        ("a b", "unnamed"),
    ],
)
def test_a_models_path_is_not_reported(name, wanted):
    assert report.model_name(name) == wanted


def test_a_key_in_a_models_name_is_not_reported():
    assert report.model_name(f"m-{KEY}", KEY) == "unnamed"


def test_a_flag_is_advised_where_its_server_lacks_it():
    lacking, good = column(("one-tool", "no", "refused")), column(("one-tool", "the model did not", "no-call"))
    assert any("--jinja" in text for text, _ in advice.flags("llama.cpp", [lacking]))
    assert advice.flags("llama.cpp", [good]) == []
    assert not any("--jinja" in text for text, _ in advice.flags("vLLM", [lacking]))


def test_only_the_recommended_classes_are_asked():
    ollama = command.Report(server="Ollama")
    assert command.classes_for(ollama, "/v1")[-1] == "ChatOllama"
    assert "ChatOllama" not in command.classes_for(command.Report(server="vLLM"), "/v1")
