"""The doctor, against servers that misbehave on purpose and against recorded exchanges. No model server is needed."""

import ast
import contextlib
import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from chatlas import ChatOpenAICompletions

from scripts import doctor
from scripts.common.paths import ROOT
from tests.imitation import answers, replay
from tests.imitation.wiretap import wiretap

PLAYED_BACK = (
    "01_get_v1_models",
    "04_get_api_version",
    "05_get_api_tags",
    "06_get_root",
    "11_chat_completions_stream_usage",
)
KEY = "sk-of-the-reader-0123456789"


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    """The environment of a reader without keys and proxies, and no model server on a usual port."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("OPENAI_") or name == doctor.KEY_VARIABLE:
            monkeypatch.delenv(name)
    monkeypatch.setattr(doctor, "PORTS", ())


@pytest.fixture
def diagnose(monkeypatch, capsys):
    """Run the doctor in this process; gives exit status, first line and the whole output."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["doctor.py", *map(str, arguments)])
        status = doctor.main()
        out = capsys.readouterr().out
        return status, out.splitlines()[0], out

    return run


@pytest.fixture
def serve():
    """Start misbehaving servers; they are stopped after the test."""
    with contextlib.ExitStack() as stack:
        yield lambda behave, **options: stack.enter_context(answers.serving(behave, **options))


def recorded_ollama(handler):
    """Play back what a real Ollama said."""
    for name in PLAYED_BACK:
        method, route, _, status, content_type, body = replay.read(replay.RECORDED / f"ollama-0.24.0/{name}.txt")
        if (method, route) == (handler.command, handler.path):
            return answers.reply(handler, status, body.decode().strip(), content_type)
    return answers.reply(handler, 404, "404 page not found", "text/plain")


# --- Servers that misbehave -----------------------------------------------------------------------

MISBEHAVING = [
    ("wrong_content_type", "not_api", "comes as text/plain instead of application/json"),
    ("html_page", "not_api", "A plain web server"),
    ("endless_stream", "endless", "more than 2 MiB"),
    ("huge_body", "endless", "more than 2 MiB"),
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
    ("chat_without_the_models_listed", "model", "It says: Error code: 404 - model 'first' not found, its file"),
    ("chat_as_text", "not_api", "is no chat completion"),
    ("chat_breaks_its_stream", "server_error", "breaks its stream off. Without streaming, it says (500): can only"),
    ("chat_without_template", "snippet", "no chat template"),
    ("chat_set_aside", "server_error", "has set the server behind it aside"),
    ("chat_all_reasoning", "reasoning", "takes all of it for reasoning"),
]


@pytest.mark.parametrize(("name", "kind", "words"), MISBEHAVING, ids=[name for name, *_ in MISBEHAVING])
def test_the_first_line_names_the_cause(serve, diagnose, name, kind, words):
    start = time.monotonic()
    status, first, out = diagnose(serve(getattr(answers, name)).url)
    took = time.monotonic() - start
    assert words in first
    assert status == doctor.KINDS[kind][0] != 0
    assert "Traceback" not in out
    assert took < (doctor.SNIPPET_SECONDS if name.startswith("chat_") else 5)  # looking ends after 3 seconds


def test_reasoning_that_was_cut_is_no_fault_of_the_server(serve, diagnose):
    status, _, out = diagnose(serve(answers.chat_thinks_too_long).url)
    assert status == 0
    assert "a thinking model may spend all 16 tokens on it" in out


def test_a_message_that_is_a_text_ends_in_no_traceback(serve, diagnose):
    status, _, out = diagnose(serve(answers.chat_without_a_message).url)
    assert (status, "Traceback" in out) == (0, False)


def test_nothing_listens(diagnose, port):
    status, first, _ = diagnose(f"localhost:{port}")
    assert (status, first) == (4, f"Nothing listens on localhost:{port}: no server runs on that port.")


def test_a_usual_port_with_a_model_server_is_suggested_and_gets_no_key(serve, diagnose, port, monkeypatch):
    other = serve(recorded_ollama)
    monkeypatch.setattr(doctor, "PORTS", (other.port,))
    _, _, out = diagnose(f"127.0.0.1:{port}", "--api-key", KEY)
    assert f"A model server answers at {other.url}/v1 (smollm2:135m-toolshot, smollm2:135m)." in out
    assert all("authorization" not in headers for _, _, headers in other.seen)


def test_a_server_on_the_other_loopback_address_is_named(serve, diagnose):
    server = serve(recorded_ollama)
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


# --- The good case, on recorded exchanges ---------------------------------------------------------


def test_the_snippet_runs_against_recorded_ollama_and_is_printed_complete(serve, diagnose):
    server = serve(recorded_ollama)
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


def test_ipv6(serve, diagnose):
    status, first, _ = diagnose(serve(recorded_ollama, host="::1").url)
    assert (status, "[::1]" in first) == (0, True)


def test_the_file_works_alone_and_elsewhere(serve, tmp_path):
    shutil.copy(ROOT / "scripts" / "doctor.py", tmp_path)
    (tmp_path / "chatlas.txt").touch()
    url = serve(recorded_ollama).url
    command = [sys.executable, "-P", "doctor.py", url, "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["status"], result["kind"], result["worked"]) == (0, "ok", True)
    assert result["server"] == "Ollama"
    assert result["models"] == ["smollm2:135m-toolshot", "smollm2:135m"]
    ast.parse(result["snippet"])


def test_json_carries_the_cause_too(serve, diagnose):
    status, _, out = diagnose(serve(answers.unauthorized).url, "--json")
    result = json.loads(out)
    assert (status, result["status"], result["kind"], result["worked"]) == (7, 7, "key", None)
    assert "asks for a key" in result["cause"]


def test_every_kind_has_a_status_of_its_own_and_help_lists_them(diagnose, capsys):
    statuses = [status for status, _ in doctor.KINDS.values()]
    assert len(set(statuses)) == len(statuses)
    with pytest.raises(SystemExit):
        diagnose("--help")
    text = capsys.readouterr().out
    assert all(meaning in text for _, meaning in doctor.KINDS.values())


def test_a_stream_without_token_counts_is_told_with_what_chatlas_does_then(serve, diagnose):
    server = serve(serves("m"))
    out = diagnose(server.url, "--full")[2]
    assert "without token counts, so that get_tokens() raises a ValueError" in " ".join(out.split())
    chat = ChatOpenAICompletions(base_url=f"{server.url}/v1", api_key="EMPTY", model="m")
    chat.chat("Hello", echo="none")
    with pytest.raises(ValueError, match="Expected the 1st assistant turn to contain token counts"):
        chat.get_tokens()


# --- The address ----------------------------------------------------------------------------------

ADDRESSES = [
    ("http://localhost:8000", "http://localhost:8000", ""),
    ("localhost:8000", "http://localhost:8000", ""),
    ("  HTTP://LOCALHOST:8000/  ", "http://localhost:8000", ""),
    ("localhost:8000/v1/", "http://localhost:8000", ""),
    ("http://localhost:8000/v1/v1", "http://localhost:8000", ""),
    ("http://localhost:8000/v1/chat/completions", "http://localhost:8000", ""),
    ("http://localhost:8000//v1//", "http://localhost:8000", ""),
    ("http://localhost:8000/v1?x=1#y", "http://localhost:8000", ""),
    ("::1", "http://[::1]", ""),
    ("[::1]:8000/v1", "http://[::1]:8000", ""),
    ("192.168.1.5", "http://192.168.1.5", ""),
    ("https://example.org/gateway/v1", "https://example.org", "/gateway"),
    ("example.org/v1", "https://example.org", ""),
    ("example.org:8000", "http://example.org:8000", ""),
    ("127.0.0.1:443", "https://127.0.0.1", ""),
    ("[::1]:443", "https://[::1]", ""),
    ("localhost:8443/v1", "https://localhost:8443", ""),
    ("gpu-box:8443", "https://gpu-box:8443", ""),
    ("http://localhost:443", "http://localhost:443", ""),
    ("http://name:password@localhost:8000", "http://localhost:8000", ""),
    ("https://bücher.example", "https://xn--bcher-kva.example", ""),
    ("http://localhost:8000/modèles/v1", "http://localhost:8000", "/mod%C3%A8les"),
    ("http://localhost:8000/my models/v1", "http://localhost:8000", "/my%20models"),
    ("http://localhost:8000/my%20models/v1/", "http://localhost:8000", "/my%20models"),
    ("http://localhost:8000/\udce9/v1", "http://localhost:8000", "/%E9"),  # a byte of a terminal that is not UTF-8
]


@pytest.mark.parametrize(("typed", "origin", "prefix"), ADDRESSES, ids=[typed for typed, *_ in ADDRESSES])
def test_any_form_of_address_is_read(typed, origin, prefix):
    address = doctor.read_address(typed)
    assert (address.origin, address.prefix) == (origin, prefix)


@pytest.mark.parametrize(
    "typed", ["", "http://", "ftp://x", "localhost:port", "http://a b/", "http://[::1", "file:///x"]
)
def test_what_is_no_address_is_refused(diagnose, typed):
    status, first, _ = diagnose(typed)
    assert (status, first) == (2, "This is not an address of a server.")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "/v1 is missing at the end of the URL"),
        ("/v1/v1", "/v1 is in the URL twice"),
        ("/v1/chat/completions", "The URL goes too far, with /chat/completions at its end"),
        ("/api", "The path /api is wrong"),
    ],
)
def test_the_path_is_put_right(serve, path, words):
    server, report = serve(recorded_ollama), doctor.Report()
    doctor.look(doctor.read_address(server.url + path), "", None, report)
    assert (report.path_problem, report.base_url) == (words, f"{server.url}/v1")


@pytest.mark.parametrize("path", ["/modèles/v1", "/my models/v1"])
def test_a_path_that_no_request_line_can_carry_is_quoted(serve, diagnose, path):
    server = serve(answers.unknown_paths_are_200)
    status, first, _ = diagnose(server.url + path)
    assert (status, "no model list" in first) == (8, True)
    assert f"{doctor.quote(path)}/models" in [asked for _, asked, _ in server.seen]


def test_a_wrong_path_is_the_cause_although_the_snippet_works(serve, diagnose):
    server = serve(recorded_ollama)
    status, first, _ = diagnose(server.url)
    words = f"/v1 is missing at the end of the URL: use {server.url}/v1, and chatlas works (Ollama 0.24.0)."
    assert (status, first) == (0, words)


# --- http and https -------------------------------------------------------------------------------


def test_a_certificate_that_is_not_trusted(serve, diagnose, tls):
    server = serve(recorded_ollama, context=tls[0])
    status, first, _ = diagnose(server.url, "--api-key", KEY)
    assert (status, "is not trusted" in first, server.seen) == (6, True, [])


def test_a_certificate_that_is_trusted(serve, diagnose, tls, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[1]))
    status, first, _ = diagnose(serve(recorded_ollama, context=tls[0]).url)
    assert (status, "chatlas works" in first) == (0, True)


def test_http_where_https_is_spoken(serve, diagnose, tls):
    server = serve(recorded_ollama, context=tls[0])
    status, first, out = diagnose(server.url.replace("https", "http"))
    assert (status, first) == (6, f"The URL says http, but the server at localhost:{server.port} speaks https.")
    assert f"Use https:// instead: {server.url}/v1." in out


def test_https_where_http_is_spoken(serve, diagnose):
    server = serve(recorded_ollama)
    status, first, _ = diagnose(server.url.replace("http", "https"), "--api-key", KEY)
    assert (status, "says https, but the server" in first) == (6, True)
    assert all("authorization" not in headers for _, _, headers in server.seen)


# --- The model id ---------------------------------------------------------------------------------


SAME_MODEL = [
    ("./models/Qwen3-4B/", "./models/Qwen3-4B", "has a slash too many at its end"),
    ("./models/Qwen3-4B", "./models/Qwen3-4B/", "lacks the slash at its end"),
    ("SmolLM2", "smollm2", "differs in upper and lower case"),
    ("SmolLM2/", "smollm2", "has a slash too many at its end and differs in upper and lower case"),
    ("llama3.2:latest", "llama3.2", "differs in `:latest`"),
    ("llama3.2", "llama3.2:latest", "differs in `:latest`"),
    ("Qwen3-4B", "./models/Qwen3-4B", "differs in its path"),
    ("/models/Qwen3-4B", "models/Qwen3-4B", "differs in its path"),
    ("Qwen/Qwen3-4B", "Qwen3-4B", "differs in its path"),
    ("qwen/qwen3-4b", "./models/Qwen/Qwen3-4B", "differs in upper and lower case and differs in its path"),
]
OTHER_MODEL = [
    ("qwen3:14b", "qwen3:4b"),
    ("qwen3", "qwen3:4b"),
    ("qwen3:latest", "qwen3:4b"),
    ("qwen3:4b-q8_0", "qwen3:4b"),
    ("llama3.1", "llama3.2"),
    ("gpt-oss:20b", "gpt-oss:120b"),
    ("Qwen/Qwen3-8B", "Qwen/Qwen3-8B-AWQ"),
    ("Qwen/Qwen3-8B", "Qwen3-8B-AWQ"),
    ("Qwen3-4B", "Qwen3-4B-Instruct-2507"),
    ("mistral", "mistral-nemo"),
    ("mistral-small", "mistral-small-3.2-24b-instruct-2506-awq"),
    ("a/model", "b/model"),
    ("qwen/qwen3-4b", "./models/Qwen3-4B"),
    ("model-q4.gguf", "model-q8.gguf"),
    ("smolm2", "smollm2"),
]


def serves(*names, others="model"):
    """A server that lists these ids; a chat with another one is refused in words (as Ollama does), barely, or answered.

    Its answers are a stream without token counts.
    """

    def behave(handler):
        if handler.command == "GET":
            data = [{"id": name, "object": "model"} for name in names]
            return answers.reply(handler, 200 if handler.path == "/v1/models" else 404, {"data": data})
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        handler.server.asked.append(body)
        if body["model"] in names or others == "answered":
            return answers.streamed(handler, {"role": "assistant", "content": "Paris."})
        error = {"error": {"message": f"model '{body['model']}' not found"}} if others == "model" else "Not Found"
        return answers.reply(handler, 404, error)

    return behave


@pytest.mark.parametrize(("wanted", "served", "way"), SAME_MODEL)
def test_what_certainly_means_a_served_model_is_called_that_model(wanted, served, way):
    assert doctor.find_model(wanted, ["other", served]) == (served, way)


@pytest.mark.parametrize(("wanted", "served"), OTHER_MODEL)
def test_another_tag_size_version_quantisation_or_owner_is_another_model(wanted, served):
    for asked, listed in ((wanted, served), (served, wanted)):
        assert doctor.find_model(asked, ["other", listed]) == (None, "")
        cause, closest = doctor.not_served(asked, ["other", listed])
        assert closest == listed
        assert cause.text == f"The model {asked!r} is not served; the closest served id is {listed!r}."


def test_an_id_that_may_be_either_of_two_models_is_neither():
    assert doctor.find_model("model", ["a/model", "b/model"]) == (None, "")
    assert doctor.find_model("MODEL", ["model", "Model"]) == (None, "")


def test_a_pattern_in_the_list_counts_and_is_no_model():
    assert doctor.find_model("openai/gpt-5", ["openai/*"]) == ("openai/gpt-5", "")
    assert doctor.not_served("opena", ["openai/*"])[1] is None


@pytest.mark.parametrize("others", ["model", "barely"])
def test_a_model_that_is_not_served_is_never_replaced_by_another(serve, diagnose, others):
    server = serve(serves("qwen3:4b", "mistral-nemo", others=others))
    status, first, out = diagnose(server.url, "--model", "qwen3:14b")
    assert (status, first) == (11, "The model 'qwen3:14b' is not served; the closest served id is 'qwen3:4b'.")
    assert {body["model"] for body in server.asked} == {"qwen3:14b"}
    assert "It may be another model. The code below names it, and was not run." in out
    assert 'model="qwen3:4b"' in out[out.index("This code was not run:") :]


def test_a_server_that_answers_to_any_id_is_not_taken_at_its_word(serve, diagnose):
    server = serve(serves("qwen3:4b", others="answered"))
    status, first, out = diagnose(f"{server.url}/v1", "--model", "qwen3:14b")
    text = "The server answered, but its list has no model 'qwen3:14b'; the closest served id is 'qwen3:4b'."
    assert (status, first) == (11, text)
    assert "answer any id" in out
    assert diagnose(f"{server.url}/v1", "--model", "QWEN3:4b")[0] == 0


def test_the_same_model_under_its_right_id_is_run(serve, diagnose):
    server = serve(serves("qwen3:4b", others="model"))
    status, first, out = diagnose(server.url, "--model", "Qwen3:4B")
    assert status == 11
    assert "'Qwen3:4B' differs in upper and lower case; the server calls it 'qwen3:4b'." in first
    assert 'model="qwen3:4b"' in out[out.index("This code works") :]


def test_with_no_id_near_the_list_is_shown(serve, diagnose):
    status, first, out = diagnose(serve(serves("qwen3:4b", "mistral")).url, "--model", "gpt-5")
    assert (status, first) == (11, "The model 'gpt-5' is not served.")
    assert "The server lists: qwen3:4b, mistral." in out


def test_a_hostile_model_id_stays_a_string(serve, diagnose, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    _, _, out = diagnose(serve(answers.hostile_model_id).url)
    assert "\x1b" not in out
    assert "\x07" not in out
    assert list(tmp_path.iterdir()) == []
    code = doctor.snippet("http://localhost:1/v1", "a\"'\\\n\u2028{x}", False)
    call = ast.parse(code).body[1].value
    assert {k.arg: k.value.value for k in call.keywords}["model"] == "a\"'\\\n\u2028{x}"


def test_json_of_odd_shapes_is_survived(serve, diagnose):
    assert diagnose(serve(answers.odd_json).url)[0] != 0
    shapes = [None, 1, "x", [], {}, [1], {"data": 1}, {"version": 1, "models": 1}, {"default_generation_settings": 1}]
    for shape in shapes:
        signs = {path: doctor.Reply(200, {}, json.dumps(shape).encode()) for path in doctor.SIGNS}
        for entries in (None, [], [{"id": "m", "owned_by": [], "max_model_len": "x"}]):
            name, version, context = doctor.identify(signs, entries)
            assert isinstance(name + version, str)
            assert all(isinstance(size, int) for size in context.values())


# What servers that are not run here say, after their documentation (read 2026-11).
DOCUMENTED = {
    "llama.cpp": ({"/props": {"default_generation_settings": {"n_ctx": 4096}, "build_info": "b8681"}}, "b8681", 4096),
    "LM Studio": ({"/api/v0/models": {"data": [{"id": "m", "state": "loaded", "max_context_length": 4096}]}}, "", 4096),
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_servers_are_known_by_what_their_documentation_shows(name):
    signs, version, context = DOCUMENTED[name]
    other = doctor.Reply(200, {}, b'{"error": "Unexpected endpoint or method."}')
    replies = {
        path: doctor.Reply(200, {}, json.dumps(signs[path]).encode()) if path in signs else other
        for path in doctor.SIGNS
    }
    assert doctor.identify(replies, [{"id": "m"}]) == (name, version, {"m": context})


# --- Keys, redirects, proxies ---------------------------------------------------------------------


def keys_sent(server):
    return {headers.get("authorization") for _, _, headers in server.seen}


def test_the_key_goes_to_the_server_and_into_no_output(serve, diagnose, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-never-sent")
    server = serve(recorded_ollama)
    for out in (diagnose(server.url, "--api-key", KEY)[2], diagnose(server.url, "--api-key", KEY, "--json")[2]):
        assert KEY not in out
    assert keys_sent(server) == {f"Bearer {KEY}"}
    assert any(method == "POST" for method, *_ in server.seen)


def printed_code(out):
    """The code between the report's two sentences about it."""
    return out[out.index(":\n\n", out.index("This code")) + 3 : out.rindex("It printed")]


def paste(code, first=""):
    """Run the code as a file, in a shell in which the line `first` was typed before."""
    environment = {name: value for name, value in os.environ.items() if name != doctor.KEY_VARIABLE}
    command = ["bash", "-c", f'{first}\n"{sys.executable}" -']
    return subprocess.run(command, input=code, env=environment, capture_output=True, text=True, timeout=60)


def test_the_printed_code_runs_as_pasted_after_the_line_that_it_names(serve, diagnose):
    server = serve(serves("m"))
    code = printed_code(diagnose(server.url, "--api-key", KEY)[2])
    server.seen.clear()
    told = re.search(r"in your shell: (export .*)", code)[1]
    done = paste(code, told.replace("the key of your server", KEY))
    assert (done.stdout, done.stderr) == ("Paris.\n", "")
    assert keys_sent(server) == {f"Bearer {KEY}"}


def test_the_printed_code_says_what_to_set_and_sends_no_other_key(serve, diagnose, monkeypatch):
    server = serve(serves("m"))
    code = printed_code(diagnose(server.url, "--api-key", KEY)[2])
    server.seen.clear()
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-never-sent")
    done = paste(code)
    assert done.stderr.endswith(f"ValueError: Set {doctor.KEY_VARIABLE} to the key of your server first.\n")
    assert server.seen == []


def test_the_printed_code_does_not_cut_the_answer_and_the_run_does(serve, diagnose):
    server = serve(serves("m"))
    out = diagnose(server.url)[2]
    assert "This code works (it was run with a limit of 16 tokens, which it does not have itself):" in out
    assert json.loads(diagnose(server.url, "--json")[2])["run_with_max_tokens"] == 16
    assert paste(printed_code(out)).stdout == "Paris.\n"
    assert [(body["temperature"], body.get("max_tokens")) for body in server.asked] == [(0, 16), (0, 16), (0, None)]


CLEAR_TEXT = [
    ("192.168.1.5:8000", True),
    ("192.168.1.5", True),
    ("gpu-box:8000", True),
    ("example.org:8000", True),
    ("[fd00::5]:8000", True),
    ("127.0.0.1.example.org:8000", True),
    ("localhost.example.org:8000", True),
    ("http://192.168.1.5:8000", False),
    ("HTTP://gpu-box:8000", False),
    ("https://gpu-box:8000", False),
    ("192.168.1.5:443", False),
    ("gpu-box:8443", False),
    ("example.org", False),
    ("localhost:8000", False),
    ("127.0.0.2:8000", False),
    ("0.0.0.0:8000", False),
    ("[::1]:8000", False),
]


@pytest.mark.parametrize(("typed", "exposed"), CLEAR_TEXT, ids=[typed for typed, _ in CLEAR_TEXT])
def test_only_where_http_was_typed_may_a_key_leave_this_machine_in_clear_text(typed, exposed):
    assert doctor.read_address(typed).exposes_a_key is exposed


@pytest.fixture
def another_machine(monkeypatch):
    """127.0.0.1 stands for another machine: the doctor does not know it for its own."""
    monkeypatch.setattr(doctor.Address, "is_loopback", False)


@pytest.mark.usefixtures("another_machine")
@pytest.mark.parametrize("options", [[], ["--full"], ["--json"], ["--model", "m"]], ids=" ".join)
@pytest.mark.parametrize("behave", [recorded_ollama, answers.unauthorized, answers.forbidden])
def test_without_a_scheme_the_key_is_not_sent_in_clear_text_to_another_machine(serve, diagnose, behave, options):
    server = serve(behave)
    status, _, out = diagnose(f"127.0.0.1:{server.port}/v1", "--api-key", KEY, *options)
    assert (status, KEY in out) == (19, False)
    assert f"The key was not sent in clear text to 127.0.0.1:{server.port}: type http:// to send it." in out
    assert f"give this address: {server.url}/v1" in out
    assert server.seen
    assert KEY not in str(server.seen)


@pytest.mark.usefixtures("another_machine")
@pytest.mark.parametrize(
    "behave", [answers.broken, answers.html_page, answers.loading, answers.closes, answers.redirects_to("http://x")]
)
def test_nor_is_it_sent_to_what_is_no_server(serve, diagnose, behave):
    server = serve(behave)
    status, _, out = diagnose(f"127.0.0.1:{server.port}", "--api-key", KEY)
    assert (status in (8, 9, 5, 12), KEY in out, KEY in str(server.seen)) == (True, False, False)


@pytest.mark.usefixtures("another_machine")
def test_without_a_key_or_with_http_typed_another_machine_is_asked_as_before(serve, diagnose):
    server = serve(serves("m"))
    assert diagnose(f"127.0.0.1:{server.port}/v1")[0] == 0
    assert keys_sent(server) == {"Bearer EMPTY"}
    server.seen.clear()
    assert diagnose(f"http://127.0.0.1:{server.port}/v1", "--api-key", KEY)[0] == 0
    assert keys_sent(server) == {f"Bearer {KEY}"}


def test_without_a_scheme_https_is_found_and_no_byte_of_the_key_goes_there_in_clear_text(
    serve, diagnose, tls, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[1]))
    server = serve(serves("m"), context=tls[0])
    with wiretap(server.port) as (port, sent):
        status, first, out = diagnose(f"localhost:{port}/v1", "--api-key", KEY)
    assert (status, f"at https://localhost:{port}/v1" in first, KEY in out) == (0, True, False)
    assert keys_sent(server) == {None, f"Bearer {KEY}"}  # None: the look for https
    assert len(sent) > 1000
    assert KEY.encode() not in sent


def test_without_a_scheme_a_certificate_that_is_not_trusted_gets_no_key(serve, diagnose, tls):
    server = serve(serves("m"), context=tls[0])
    with wiretap(server.port) as (port, sent):
        status, first, _ = diagnose(f"localhost:{port}/v1", "--api-key", KEY)
    assert (status, "is not trusted" in first, server.seen) == (6, True, [])
    assert KEY.encode() not in sent


def test_what_a_wiretap_would_see_of_a_key_in_clear_text(serve, diagnose):
    server = serve(serves("m"))
    with wiretap(server.port) as (port, sent):
        assert diagnose(f"http://localhost:{port}/v1", "--api-key", KEY)[0] == 0
    assert KEY.encode() in sent


def test_a_guess_of_the_scheme_is_not_said_to_be_typed(serve):
    server = serve(serves("m"))
    address = dataclasses.replace(doctor.read_address("127.0.0.1:8443"), port=server.port)
    with pytest.raises(doctor.Cause, match=r"No scheme was typed and https was tried, but .* plain http"):
        doctor.look(address, KEY, None, doctor.Report())
    assert keys_sent(server) == {None}


def test_the_snippet_uses_no_proxy(serve, monkeypatch):
    server, proxy = serve(recorded_ollama), serve(answers.html_page)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    code = doctor.snippet(f"{server.url}/v1", "smollm2:135m", True)
    answer, _ = doctor.run_snippet(code, doctor.read_address(server.url), KEY)
    assert (answer, proxy.seen) == ("The capital of France is Paris.", [])


def test_the_environments_openai_key_is_never_sent(serve, diagnose, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-never-sent")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-openai-never-sent")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-never-sent")
    server = serve(recorded_ollama)
    assert diagnose(server.url)[0] == 0
    assert keys_sent(server) == {"Bearer EMPTY"}
    assert "never-sent" not in str(server.seen)


@pytest.mark.parametrize("key", [KEY, "abc123"])
def test_the_key_is_read_from_the_doctors_own_variable(serve, diagnose, monkeypatch, key):
    monkeypatch.setenv(doctor.KEY_VARIABLE, key)
    server = serve(answers.echoes_the_key)
    status, first, out = diagnose(server.url)
    assert (status, key in out) == (7, False)
    assert "The server refuses this key (401). It says: Bad header: Bearer (your key)" in first
    assert keys_sent(server) == {f"Bearer {key}"}


@pytest.mark.parametrize("key", ["sk-secret\nline", "sk-secret\n", " sk-secret", "sk-secret with blanks", "sk-sécret"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_printed(serve, diagnose, key):
    status, first, out = diagnose(serve(answers.unauthorized).url, "--api-key", key)
    assert (status, first.startswith("The key has a blank"), "secret" in out) == (2, True, False)


@pytest.mark.parametrize("make", [answers.redirects_to, answers.redirects_chat_to])
def test_a_redirect_is_not_followed(serve, diagnose, make):
    elsewhere = serve(recorded_ollama)
    status, first, _ = diagnose(serve(make(elsewhere.url)).url, "--api-key", KEY)
    assert (status, "sends" in first) == (12, True)
    assert elsewhere.seen == []


def test_a_proxy_that_catches_localhost_is_named_and_gets_nothing(serve, diagnose, monkeypatch):
    proxy = serve(answers.html_page)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("http_proxy", proxy.url)
    status, first, _ = diagnose(serve(recorded_ollama).url, "--api-key", KEY)
    assert (status, "HTTP_PROXY is set" in first, proxy.seen) == (13, True, [])
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert diagnose(serve(recorded_ollama).url)[0] == 0


def test_at_openai_nothing_is_generated_without_full(serve, diagnose, monkeypatch):
    server = serve(recorded_ollama)
    monkeypatch.setattr(doctor, "is_openai", lambda base_url: True)
    status, _, out = diagnose(server.url, "--api-key", KEY)
    assert (status, "ChatOpenAI(" in out, "was not run" in out) == (17, True, True)
    assert {(method, path) for method, path, _ in server.seen} == {("GET", "/v1/models"), ("GET", "/models")}
    server.seen.clear()
    diagnose(server.url)
    assert keys_sent(server) == {None}


def test_a_broken_installation_is_the_cause(diagnose, monkeypatch):
    monkeypatch.setattr(doctor, "IMPORT_ERROR", ModuleNotFoundError("No module named 'httpx'"))
    status, first, _ = diagnose("localhost:8000")
    assert (status, "No module named 'httpx'" in first) == (14, True)
    assert json.loads(diagnose("localhost:8000", "--json")[2])["kind"] == "install"


# --- The file itself ----------------------------------------------------------------------------


def test_the_doctor_imports_nothing_of_this_repository():
    tree = ast.parse((ROOT / "scripts" / "doctor.py").read_text())
    names = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    names |= {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    third = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)
    assert third == {"chatlas", "rich"}
