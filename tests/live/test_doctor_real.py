"""The doctor against real servers: ten broken set-ups of vLLM, and a LiteLLM proxy.

The tests start what they need: a vLLM, unless VLLM_BASE_URL names one that runs; a second one with
a key and without tool flags; a LiteLLM proxy; a plain web server.
"""

import dataclasses
import functools
import http.server
import secrets
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import openai
import pytest
from chatlas_doctor.causes import KEY_VARIABLE
from chatlas_doctor.machine import PORTS, loading_server

from scripts.common.paths import ROOT
from scripts.content import backends, pages
from scripts.run import execute
from scripts.servers import serve

KEY = f"sk-{secrets.token_hex(16)}"
TOOL_FLAGS = ("--enable-auto-tool-choice", "--tool-call-parser", "hermes")


def diagnose(*arguments):
    """Run the doctor as a reader does; gives exit status and output."""
    command = [sys.executable, "scripts/doctor.py", *arguments]
    environment = execute.clean_environment()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)
    assert done.stderr == ""
    assert KEY not in done.stdout
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def locked():
    """A second vLLM, with a key and without tool flags: its address, and what the doctor said while it loaded."""
    vllm = backends.get("vllm")
    command = [part for part in vllm.command if part not in TOOL_FLAGS] + ["--api-key", KEY]
    prepared = serve.prepare(vllm)
    with serve.free_port() as port:
        pass  # only to know its number before the server is ready
    vllm = dataclasses.replace(vllm, name="vllm-locked", command=command, port=port)
    with ThreadPoolExecutor(1) as executor:
        launched = executor.submit(serve.launch, vllm, prepared)
        while not launched.done() and not loading_server(vllm.port):
            time.sleep(0.2)
        while_loading = diagnose(f"http://localhost:{vllm.port}/v1")
        server = launched.result()
    try:
        yield server.root, while_loading
    finally:
        serve.end(server.process.pid, server.scratch)


@pytest.fixture(scope="module")
def web_server(tmp_path_factory):
    """The address of Python's own web server, which serves an empty folder."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path_factory.mktemp("site"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        handler.func.log_message = lambda *arguments: None
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_address[1]}"
        server.shutdown()


def test_the_good_case(root):
    status, out = diagnose(f"{root}/v1")
    version = backends.get("vllm").version
    assert status == 0
    assert out.startswith(f"chatlas works with vLLM {version} at {root}/v1, model smollm2.\n")
    assert "smollm2 (4096 tokens of context)" in out
    assert "The capital of France is Paris." in out


def test_full_finds_all_features_of_the_embedded_vllm(root):
    status, out = diagnose(f"{root}/v1", "--full")
    assert status == 0, out
    for line in ("streaming yes", "structured output yes", "tools yes called", "/v1/responses - there"):
        assert line in " ".join(out.split())


def paste(out, **variables):
    """What the code in the doctor's output prints, in a process of its own."""
    code = out[out.index(":\n\n", out.index("This code")) : out.rindex("It printed")].removeprefix(":")
    command, environment = [sys.executable, "-c", code], execute.clean_environment() | variables
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    return done.stdout.strip()


def test_the_printed_snippet_works_when_pasted(root):
    _, out = diagnose(f"{root}/v1")
    assert paste(out) == "The capital of France is Paris."


def test_the_printed_snippet_works_when_pasted_where_the_key_is_set(locked):
    _, out = diagnose_with_key(f"{locked[0]}/v1")
    assert paste(out, **{KEY_VARIABLE: KEY}) == "The capital of France is Paris."


def test_a_model_that_is_not_served_is_not_replaced(root):
    status, out = diagnose(f"{root}/v1", "--model", "smollm3")
    first = "The model 'smollm3' is not served; the closest served id is 'smollm2'."
    assert (status, out.splitlines()[0]) == (11, first)
    assert "This code was not run:" in out


def test_the_first_line_names_the_true_cause_of_ten_broken_set_ups(root, locked, web_server, port, capsys):
    secured, while_loading = locked
    closed = f"http://localhost:{port}/v1"
    cases = [
        ("wrong port", lambda: diagnose(closed), "Nothing listens on"),
        ("no /v1", lambda: diagnose(root), "/v1 is missing"),
        ("doubled /v1", lambda: diagnose(f"{root}/v1/v1"), "/v1 is in the URL twice"),
        ("slash on the model", lambda: diagnose(f"{root}/v1", "--model", "smollm2/"), "has a slash too many"),
        ("case of the model", lambda: diagnose(f"{root}/v1", "--model", "SmolLM2"), "upper and lower case"),
        ("empty key", lambda: diagnose(f"{secured}/v1", "--api-key", ""), "asks for a key, and none was given"),
        ("https for http", lambda: diagnose(f"{root}/v1".replace("http:", "https:")), "says https, but the server"),
        ("no tool flags", lambda: diagnose_with_key(f"{secured}/v1", "--full"), "without --enable-auto-tool-choice"),
        ("still loading", lambda: while_loading, "vLLM is still loading"),
        ("plain web server", lambda: diagnose(f"{web_server}/v1"), "A plain web server"),
    ]
    rows, named = [], 0
    for name, run, words in cases:
        status, out = run()
        first = out.splitlines()[0]
        named += words in first
        rows.append(f"{'named' if words in first else 'MISSED'}  {status:>2}  {name:<19} {first}")
    with capsys.disabled():
        print("\n\n" + "\n".join(rows))
    assert named >= 9


def diagnose_with_key(*arguments):
    """Run the doctor with the locked server's key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, KEY)
        return diagnose(*arguments)


def test_a_request_with_tools_is_refused_with_the_text_on_the_page(locked):
    client = openai.OpenAI(base_url=f"{locked[0]}/v1", api_key=KEY, max_retries=0, timeout=60)
    tool = {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}}}
    question = [{"role": "user", "content": "What time is it?"}]
    text, refusal = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set', ""
    try:
        client.chat.completions.create(model="smollm2", messages=question, tools=[tool], max_tokens=5)
    except openai.BadRequestError as error:
        refusal = str(error)
    page = "docs/errors/auto-tool-choice.qmd"
    assert text in pages.header(page)["title"]
    assert refusal, f"this now works: remove the workaround in {page}"
    assert text in refusal


def test_the_right_key_works_and_a_wrong_one_is_refused(locked):
    secured, _ = locked
    status, out = diagnose_with_key(f"{secured}/v1")
    assert (status, f'api_key=os.environ["{KEY_VARIABLE}"]' in out) == (0, True)
    status, out = diagnose(f"{secured}/v1", "--api-key", "sk-wrong-key")
    assert (status, out.startswith("The server refuses this key (401)")) == (7, True)


def test_other_usual_ports_are_suggested(root, port):
    if urlsplit(root).port not in PORTS:
        pytest.skip(f"vLLM runs at {root}, not on a usual port")
    _, out = diagnose(f"http://localhost:{port}")
    assert f"A model server answers at {root}/v1 (smollm2)." in out


def test_litellm_and_its_aliases(litellm):
    status, out = diagnose(litellm.base_url, "--api-key", litellm.api_key)
    first = f"chatlas works with LiteLLM at {litellm.base_url}, model local-smollm2."
    assert (status, out.splitlines()[0]) == (0, first)
    assert "local-smollm2 (4096 tokens of context), local-broken, local-down, local-misnamed" in out
    assert litellm.api_key not in out


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--api-key", "sk-wrong-key"], 7, "The server refuses this key (400). It says: No connected db."),
        ([], 7, "The server asks for a key, and none was given (400). It says: No connected db."),
    ],
)
def test_litellm_with_a_wrong_key_or_none(litellm, arguments, status, words):
    found, out = diagnose(litellm.base_url, *arguments)
    assert (found, out.splitlines()[0]) == (status, words)


def test_litellm_with_an_unknown_alias_a_wrong_id_behind_one_and_its_upstream_down(litellm):
    key = ["--api-key", litellm.api_key]
    status, out = diagnose(litellm.base_url, *key, "--model", "Local-SmolLM2")
    assert (status, "the server calls it 'local-smollm2'" in out) == (11, True)
    status, out = diagnose(litellm.base_url, *key, "--model", "local-misnamed")
    assert (status, "The model `smollm` does not exist" in out.splitlines()[0]) == (11, True)
    assert "its `model` in the proxy's configuration is not" in out
    status, out = diagnose(litellm.base_url, *key, "--model", "local-down")
    assert (status, out.startswith("The proxy answers, but the server behind it does not")) == (9, True)
