"""The first line of the doctor's report names the cause, whatever the server does. No model server is needed."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from chatlas_doctor import machine
from chatlas_doctor.address import read_address
from chatlas_doctor.ask import BODY_BYTES
from chatlas_doctor.causes import KINDS

from tests.imitation import answers, chats, replay
from tests.imitation.server import KEY, reply

MISBEHAVING = [
    ("wrong_content_type", "not_api", "comes as text/plain instead of application/json"),
    ("html_page", "not_api", "A plain web server"),
    ("endless_stream", "endless", f"more than {BODY_BYTES >> 20} MiB"),
    ("huge_body", "endless", f"more than {BODY_BYTES >> 20} MiB"),
    ("slow_drip", "endless", "does not finish its answer"),
    ("slow_body", "endless", "does not finish its answer"),
    ("silent", "endless", "does not finish its answer"),
    ("closes", "not_api", "closes the connection without an answer"),
    ("not_http", "not_api", "does not speak HTTP"),
    ("unauthorized", "key", "asks for a key, and none was given"),
    ("forbidden", "key", "asks for a key, and none was given"),
    ("too_many", "server_error", "429. It says: Slow down"),
    ("broken", "server_error", "answers 500"),
    ("loading", "loading", "still loading"),
    ("unknown_paths_are_200", "not_api", "no model list"),
    ("no_models", "model", "serves no model"),
    ("chat_endless", "endless", "does not end: it was cut off"),
    ("chat_broken", "server_error", "out of memory"),
    ("chat_without_route", "not_api", "has no /v1/chat/completions"),
    ("chat_without_the_models_listed", "model", "It says: model 'first' not found, its file"),
    ("chat_as_text", "not_api", "is no chat completion"),
    ("chat_breaks_its_stream", "server_error", "breaks its stream off. Without streaming, it says (500): can only"),
    ("chat_without_template", "snippet", "no chat template"),
    ("chat_set_aside", "server_error", "has set the server behind it aside"),
    ("chat_all_reasoning", "reasoning", "takes all of it for reasoning"),
]


@pytest.mark.parametrize(("name", "kind", "words"), MISBEHAVING, ids=[name for name, *_ in MISBEHAVING])
def test_the_first_line_names_the_cause(imitate, diagnose, name, kind, words):
    start = time.monotonic()
    status, first, out = diagnose(imitate(getattr(chats if name.startswith("chat_") else answers, name)).url)
    assert words in first
    assert status == KINDS[kind][0] != 0
    assert "Traceback" not in out
    assert time.monotonic() - start < 60  # an endless answer ends: looking after 3 seconds, where the machine is idle


def test_reasoning_that_was_cut_is_no_fault_of_the_server(imitate, diagnose):
    status, _, out = diagnose(f"{imitate(chats.chat_thinks_too_long).url}/v1")
    assert status == 0
    assert "a thinking model may spend all 16 tokens on it" in out


def test_a_message_that_is_a_text_ends_in_no_traceback(imitate, diagnose):
    status, _, out = diagnose(f"{imitate(chats.chat_without_a_message).url}/v1")
    assert (status, "Traceback" in out) == (0, False)


def test_nothing_listens(diagnose, port):
    status, first, _ = diagnose(f"localhost:{port}")
    assert (status, first) == (4, f"Nothing listens on localhost:{port}: no server runs on that port.")


def test_a_usual_port_with_a_model_server_is_suggested_and_gets_no_key(imitate, diagnose, port, monkeypatch):
    other = imitate(replay.ollama)
    monkeypatch.setattr(machine, "PORTS", (other.port,))
    _, _, out = diagnose(f"127.0.0.1:{port}", "--api-key", KEY)
    assert f"A model server answers at {other.url}/v1 (smollm2:135m-toolshot, smollm2:135m)." in out
    assert all("authorization" not in headers for _, _, headers in other.seen)


def test_a_server_on_the_other_loopback_address_is_named(imitate, diagnose):
    server = imitate(replay.ollama)
    status, first, _ = diagnose(f"http://[::1]:{server.port}")
    assert status == 4
    assert f"Nothing listens on [::1]:{server.port}, but a server does at {server.url}" in first


@pytest.mark.skipif(not Path("/proc").exists(), reason="not verified: the doctor sees such a server in /proc only")
def test_a_server_that_was_started_but_does_not_listen_is_still_loading(diagnose, port):
    command = [sys.executable, "-c", "import time; time.sleep(60)", "vllm", "serve", "x", "--port", str(port)]
    process = subprocess.Popen([*command, "--api-key", KEY])
    try:
        while "vllm" not in Path(f"/proc/{process.pid}/cmdline").read_text():
            time.sleep(0.05)
        status, first, out = diagnose(f"localhost:{port}")
    finally:
        process.kill()
        process.wait()
    assert (status, "vLLM is still loading" in first, KEY in out) == (5, True, False)


def test_an_unknown_host_name(diagnose):
    status, first, _ = diagnose("http://no-such-host.invalid:8000")
    assert (status, "'no-such-host.invalid' is not known" in first) == (3, True)


@pytest.mark.skipif(sys.platform == "win32", reason="not verified: the Python without packages is a shell script")
def test_a_python_without_chatlas_is_the_cause_and_the_server_is_said_to_be_fine(imitate, diagnose, tmp_path):
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    bare.chmod(0o755)
    status, first, out = diagnose(f"{imitate(chats.serves('m')).url}/v1", "--python", bare)
    assert (status, first.startswith("The server is fine, but chatlas cannot be imported by your Python")) == (14, True)
    assert 'pip install --upgrade "chatlas" "openai>=3"' in out
    assert "This code was not run" in out
    assert (
        json.loads(diagnose(f"{imitate(chats.serves('m')).url}/v1", "--json", "--python", bare)[2])["kind"] == "install"
    )


def test_a_file_of_the_reader_that_hides_a_package_is_named_and_not_run(imitate, diagnose, monkeypatch, tmp_path):
    (tmp_path / "openai.py").write_text("open('it-ran', 'w')")
    monkeypatch.chdir(tmp_path)
    status, first, _ = diagnose(imitate(replay.ollama).url + "/v1")
    assert (status, "openai.py in this folder hides the package" in first) == (15, True)
    assert not (tmp_path / "it-ran").exists()


def test_a_busy_neighbour_is_not_passed_over(imitate, monkeypatch):
    busy = imitate(lambda handler: time.sleep(3))
    monkeypatch.setattr(machine, "PORTS", {busy.port: "LiteLLM"})
    told = machine.neighbours(read_address(f"http://127.0.0.1:{busy.port + 1}"), 0.5)
    assert told == [f"Something listens on port {busy.port} (LiteLLM's) and has not answered yet."]


def test_a_service_that_is_no_model_server_is_named(imitate, diagnose):
    airplay = imitate(lambda handler: reply(handler, 403, "", "text/plain", Server="AirTunes/750.14.1"))
    status, first, _ = diagnose(airplay.url)
    assert (status, "AirPlay" in first, "key" in first) == (8, True, False)
