"""The probes find a server out that only pretends, and note what went over the wire."""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from chatlas_doctor.probes import __main__ as runner
from chatlas_doctor.probes import catalog, evidence
from chatlas_doctor.probes.outcome import supported
from chatlas_doctor.probes.recorder import Exchange, Recorder
from chatlas_doctor.probes.target import Target
from chatlas_doctor.probes.themes.tools import tools_with_data_model, weather_tool

from scripts.common.paths import ROOT
from tests.imitation.answers import closes, lists
from tests.imitation.chats import always_calls, careless, one_at_a_time, refuses_with
from tests.imitation.server import serving

# What the careless server does that a probe has to see. The rest cannot be told from outside.
FOUND_OUT = {
    "chat": "supported",
    "stream": "partly",
    "system-prompt": "unsupported",
    "long-system-prompt": "unsupported",
    "stop-sequences": "unsupported",
    "frequency-penalty": "partly",
    "max-tokens": "partly",
    "truncation": "unsupported",
    "log-probs": "unsupported",
    "extra-body": "unsupported",
    "schema-flat": "unsupported",
    "schema-nested": "unsupported",
    "schema-list": "unsupported",
    "schema-enum": "unsupported",
    "schema-optional": "unsupported",
    "schema-stream": "unsupported",
    "schema-cut": "partly",
    "one-tool": "partly",
    "tools-streaming": "partly",
    "several-tools": "partly",
    "tool-choice": "unsupported",
    "parallel-calls": "not run",
    "tool-error": "not run",
    "image-file": "unsupported",
    "image-url": "unsupported",
    "pdf": "unsupported",
    "wrong-model": "unsupported",
    "wrong-key": "unsupported",
    "context-overflow": "unsupported",
    "cancel": "not run",
    "reconnect": "not run",
}


def settings(root, **changes):
    """What scripts/matrix/matrix.py hands to the runner."""
    return {
        "class_name": "ChatOpenAICompletions",
        "root": root,
        "model": "m",
        "api_key": "secret-key-of-the-test",
        "counted_at": "",
        "may_restart": False,
        "only": [],
        **changes,
    }


def ask(root, **changes):
    """The findings of a whole run, by probe, and all that was printed."""
    done = subprocess.run(
        [sys.executable, "-m", "chatlas_doctor.probes"],
        cwd=ROOT,
        env={**os.environ, "PROBE_TARGET": json.dumps(settings(root, **changes)), "PYTHONPATH": "doctor/src"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {line["probe"]: line for line in map(json.loads, done.stdout.splitlines())}, done.stdout + done.stderr


@pytest.fixture(scope="module")
def careless_findings():
    with serving(careless) as server:
        return ask(server.url)


@pytest.fixture
def recorded():
    with serving(careless) as server:
        recorder = Recorder(server.url)
        yield recorder, server
        recorder.close()


def test_there_are_thirty_probes_and_each_says_what_it_shows():
    probes = catalog.load()
    assert len(probes) >= 30
    assert all(probe.shows.endswith((".", "?")) for probe in probes.values())
    assert len({probe.title for probe in probes.values()}) == len(probes)


def test_every_theme_is_in_the_catalog():
    assert {path.stem for path in Path(catalog.__file__).parent.glob("themes/*.py")} - {"__init__"} == set(
        catalog.THEMES
    )


@pytest.mark.parametrize("probe", FOUND_OUT)
def test_a_careless_server_is_found_out(careless_findings, probe):
    finding = careless_findings[0][probe]
    assert finding["outcome"] == FOUND_OUT[probe], finding["says"]


def test_every_probe_leaves_a_finding(careless_findings):
    asked = {name: finding["question"] for name, finding in careless_findings[0].items()}
    assert list(asked.items()) == [(name, probe.question) for name, probe in catalog.load().items()]


def test_the_key_is_in_no_finding(careless_findings):
    assert "secret-key-of-the-test" not in careless_findings[1]


def test_a_server_that_hangs_up_supports_nothing():
    with serving(closes) as server:
        findings, _ = ask(server.url, only=["chat", "schema-flat", "list-models"])
    assert {finding["outcome"] for finding in findings.values()} == {"unsupported"}


def test_a_server_that_always_calls_does_not_heed_tool_choice():
    with serving(always_calls) as server:
        findings, _ = ask(server.url, only=["tool-choice"])
    assert findings["tool-choice"]["outcome"] == "unsupported"
    assert '"none"' in findings["tool-choice"]["says"]


@pytest.mark.parametrize(("stops", "outcome"), [(True, "supported"), (False, "unsupported")])
def test_a_server_that_works_on_for_nobody_is_found_out(stops, outcome):
    with serving(one_at_a_time(stops)) as server:
        findings, _ = ask(server.url, only=["cancel"], counted_at=server.url)
    assert findings["cancel"]["outcome"] == outcome, findings["cancel"]["says"]


def test_a_server_that_counts_nothing_does_not_show_whether_it_stops():
    with serving(one_at_a_time(stops=True)) as server:
        findings, _ = ask(server.url, only=["cancel"])
    assert findings["cancel"]["outcome"] == "not run"


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("image URLs are not currently supported, please use base64 encoded data instead", "unsupported"),
        ("m is not a multimodal model", "not asked"),
        ("out of memory", "unsupported"),
    ],
)
def test_why_an_image_by_address_is_refused_makes_a_difference(message, outcome):
    with serving(refuses_with(message)) as server:
        findings, _ = ask(server.url, only=["image-url"])
    assert findings["image-url"]["outcome"] == outcome


@pytest.mark.parametrize(("name", "outcome"), [("m:latest", "supported"), ("m:135m", "unsupported")])
def test_a_model_listed_as_latest_is_listed(name, outcome):
    with serving(lists(name)) as server:
        findings, _ = ask(server.url, only=["list-models"])
    assert findings["list-models"]["outcome"] == outcome


def test_data_without_a_call_is_not_tools_together_with_data():
    class Chat:
        def register_tool(self, tool):
            pass

        def chat_structured(self, question, data_model):
            return data_model(weather="Berlin")

    class Asked:
        bodies = ({"tools": ["get_weather"]},)

        def chat(self, **arguments):
            return Chat()

    found = tools_with_data_model(Asked())
    assert (found.kind, found.says) == ("partly", "sent; the data came without a call: 'Berlin'")


def test_an_error_in_a_probe_is_its_finding(recorded):
    def fails(target):
        raise RuntimeError("no such thing")

    recorder, _ = recorded
    probe = catalog.Probe("x", "X", "Shows.", "Theme", fails, "q")
    found = runner.run(probe, Target("ChatOpenAICompletions", recorder.root, "m", "EMPTY", recorder))
    assert (found["outcome"], found["says"]) == ("unsupported", "RuntimeError: no such thing")


def test_a_model_that_calls_its_tool_for_ever_is_one_finding(recorded):
    tool = weather_tool(calls=[])
    recorder, _ = recorded
    probe = catalog.Probe("x", "X", "Shows.", "Theme", lambda target: [tool("Berlin") for _ in range(9)], "q")
    found = runner.run(probe, Target("ChatOpenAICompletions", recorder.root, "m", "EMPTY", recorder))
    assert found["outcome"] == "unsupported"
    assert "again and again" in found["says"]


def test_a_probe_that_hangs_is_ended(recorded, monkeypatch):
    monkeypatch.setattr(runner, "LIMIT", 1)
    runner.signal.signal(runner.signal.SIGALRM, runner.out_of_time)
    probe = catalog.Probe("x", "X", "Shows.", "Theme", lambda target: runner.time.sleep(30) or supported("ok"), "q")
    recorder, _ = recorded
    found = runner.run(probe, Target("ChatOpenAICompletions", recorder.root, "m", "EMPTY", recorder))
    assert found["outcome"] == "unsupported"
    assert "longer than 1 seconds" in found["says"]


def test_the_recorder_hands_everything_on_and_keeps_no_header(recorded):
    recorder, server = recorded
    body = json.dumps({"messages": [], "model": "m"}).encode()
    request = urllib.request.Request(recorder.root + "/v1/chat/completions", body, {"Authorization": "Bearer k3y"})
    with urllib.request.urlopen(request, timeout=30) as response:
        answered = json.load(response)
    assert answered["choices"][0]["finish_reason"] == "stop"
    assert server.seen[-1][2]["authorization"] == "Bearer k3y"
    (exchange,) = recorder.exchanges
    assert (exchange.method, exchange.path, exchange.status) == ("POST", "/v1/chat/completions", 200)
    assert exchange.request == {"messages": [], "model": "m"}
    assert "k3y" not in str(exchange)


def test_the_recorder_hands_parts_on_as_they_come_and_hangs_up_with_the_client():
    first_was_read, hung_up = threading.Event(), threading.Event()

    def in_parts(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"one")
        assert first_was_read.wait(30)
        try:
            for _ in range(200):
                handler.wfile.write(b"two")
                time.sleep(0.05)
        except OSError:
            hung_up.set()

    with serving(in_parts) as server:
        recorder = Recorder(server.url)
        response = urllib.request.urlopen(recorder.root + "/v1/models", timeout=30)
        assert response.read(3) == b"one"
        response.close()
        first_was_read.set()
        assert hung_up.wait(30)
        recorder.close()


def test_the_recorder_keeps_the_prefix_of_an_address():
    with serving(careless) as server:
        recorder = Recorder(f"{server.url}/team-a")
        with urllib.request.urlopen(recorder.root + "/v1/models", timeout=30):
            pass
        recorder.close()
    assert [path for _, path, _ in server.seen] == ["/team-a/v1/models"]


def test_the_recorder_speaks_tls_where_the_address_does(tls, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[1]))
    with serving(careless, context=tls[0]) as server:
        recorder = Recorder(server.url)
        with urllib.request.urlopen(recorder.root + "/v1/models", timeout=30) as response:
            assert json.load(response)["data"]
        recorder.close()


def told(response, api_key="EMPTY", **request):
    """What the evidence shows of one exchange with this response."""
    exchange = Exchange("POST", "/v1/x", request, 200, response)
    (shown,) = evidence.shortened([exchange], api_key, "http://127.0.0.1:9")
    return shown


def test_evidence_is_short_and_blacks_out_the_key():
    shown = told('{"id": "abc", "t": "s3cret"}' * 900, "s3cret", text="a" * 500, key="s3cret")
    assert len(shown["response"]) <= evidence.RESPONSE
    assert shown["response"].endswith("…")
    assert "s3cret" not in json.dumps(shown)
    assert "(500 characters)" in shown["request"]["text"]


def test_evidence_puts_a_stream_of_chat_completions_together():
    deltas = [
        {"role": "assistant", "content": "Par"},
        {"content": "is"},
        {"tool_calls": [{"index": 0, "id": "call_1", "function": {"name": "look", "arguments": '{"a"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ": 1}"}}]},
    ]
    chunks = [{"id": "x", "choices": [{"delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks += [{"choices": [{"delta": {}, "finish_reason": "stop"}]}, {"choices": [], "usage": {"total_tokens": 9}}]
    stream = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + 'data: [DONE]\n\ndata: {"cut'
    events, _, shown = told(stream)["response"].partition(": ")
    assert events == "8 events"
    assert json.loads(shown) == {
        "content": "Paris",
        "tool_calls": [{"name": "look", "arguments": '{"a": 1}'}],
        "finish_reason": "stop",
        "usage": {"total_tokens": 9},
    }


def test_evidence_shows_the_last_state_of_a_responses_stream_and_the_text_of_one_that_was_left():
    begun = {"type": "response.created", "response": {"object": "response", "status": "in_progress", "output": []}}
    parts = [{"type": "response.output_text.delta", "delta": text} for text in ("Par", "is")]
    done = {"object": "response", "status": "completed", "output": [{"type": "message"}], "tools": ["an echo"]}
    lines = [f"event: x\ndata: {json.dumps(event)}\n\n" for event in (begun, *parts)]
    left = told("".join(lines))["response"]
    assert json.loads(left.partition(": ")[2]) == {"status": "in_progress", "text": "Paris"}
    whole = told("".join(lines) + f"data: {json.dumps({'response': done})}\n\n")["response"]
    assert json.loads(whole.partition(": ")[2]) == {"status": "completed", "output": [{"type": "message"}]}
    assert json.loads(told(json.dumps(done))["response"]) == {"status": "completed", "output": [{"type": "message"}]}


def test_evidence_names_models_and_no_random_id_and_no_personal_folder():
    listed = {"object": "list", "data": [{"id": "smollm2", "object": "model", "created": 17, "root": None}]}
    assert '"id": "smollm2"' in told(json.dumps(listed))["response"]
    assert "17" not in told(json.dumps(listed))["response"]
    for text in ("resp_b63a5349378a002e not found", '{"error": "resp_b63a5349378a002e"}', "chatcmpl-tool-a3c812ff"):
        assert "…" in told(text)["response"]
    of_ollama = "fc_resp_883275_0, fc_324303_0, resp_1, call_xtbwn7k3"
    assert told(of_ollama)["response"] == "fc_resp_…, fc_…, resp_…, call_…"
    assert told("call_function")["response"] == "call_function"
    said = evidence.cleaned('File "/root/.cache/chatlas-local-models/models/x.py"', "EMPTY", "http://h")
    assert said == 'File "…/models/x.py"'


def test_evidence_leaves_out_where_chatollama_looks_for_its_model():
    looks, chat = Exchange("GET", evidence.LOOKS, None), Exchange("POST", "/v1/chat/completions", {})
    assert evidence.chosen([looks, looks, chat]) == [chat]
    assert evidence.chosen([looks]) == [looks]
