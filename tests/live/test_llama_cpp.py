"""What the llama.cpp guide says of servers with other flags than the notebook's: a key, embeddings, template, slots."""

import contextlib
import dataclasses
import json
import re
import urllib.error
import urllib.request
import warnings
from pathlib import Path

import openai
import pytest
from chatlas import ChatOpenAI, ChatOpenAICompletions

from scripts.content import backends, pages
from scripts.servers import fetch_model, serve

PAGE = "docs/connect/llama-cpp.qmd"
ORIGIN = "https://example.com"
TOO_LONG = "word " * 300  # tokens, and some more for the template
QUESTION = {
    "messages": [{"role": "user", "content": "What is the capital of Japan?"}],
    "temperature": 0,
    "max_tokens": 20,
}
# Every route of this server: what its tools/server/server.cpp hands to `ctx_http`, and those of its web page.
ROUTES = """
GET / /index.html /favicon.ico /health /v1/health /metrics /props /models /v1/models /lora-adapters /slots
GET /v1/stream /models/sse /cors-proxy /tools
POST /props /completion /completions /v1/completions /chat/completions /v1/chat/completions
POST /v1/chat/completions/control /v1/responses /responses /v1/audio/transcriptions /audio/transcriptions
POST /v1/messages /infill /embedding /embeddings /v1/embeddings /rerank /reranking /v1/rerank /v1/reranking
POST /tokenize /detokenize /apply-template /chat/completions/input_tokens /v1/chat/completions/input_tokens
POST /responses/input_tokens /v1/responses/input_tokens /v1/messages/count_tokens /lora-adapters /slots/0
POST /v1/streams/lookup /models /models/load /models/unload /cors-proxy /tools
DELETE /v1/stream /models
"""


@contextlib.contextmanager
def started(variant=""):
    """A llama-server of the test's own, with the flags of a variant of the table, for the length of a `with` block."""
    backend = backends.get(f"llama-cpp+{variant}" if variant else "llama-cpp")
    backend = dataclasses.replace(backend, port=0)
    with serve.serving(backend, serve.prepare(backend)) as running:
        yield running


@pytest.fixture(scope="module")
def plain():
    """The server of the notebook."""
    with started() as running:
        yield running


@pytest.fixture(scope="module")
def with_key():
    """A server that asks for a key."""
    with started("key") as running:
        yield running


def ask(server, path, method="GET", body=None, key=None, origin=None):
    """The status, the body and the headers of an answer to one request; no path begins with the /v1 of the base URL."""
    request = urllib.request.Request(
        server.root + path, method=method, data=json.dumps(body or {}).encode() if method == "POST" else None
    )
    request.add_header("Content-Type", "application/json")
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    if origin:
        request.add_header("Origin", origin)
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            return response.status, response.read().decode(), response.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


def chat(server, kind=ChatOpenAICompletions, key="EMPTY"):
    """A chat with the server, without retries."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"ChatOpenAI\(\) uses")
        made = kind(base_url=server.base_url, api_key=key, model="smollm2", kwargs={"max_retries": 0})
    made.set_model_params(temperature=0, max_tokens=200)
    return made


def test_without_the_key_only_the_routes_on_the_page_answer(with_key, capsys):
    asked = [(line.split()[0], path) for line in ROUTES.strip().splitlines() for path in line.split()[1:]]
    found = {}
    for method, path in asked:
        found[method, path] = tuple(ask(with_key, path, method, key=key)[0] for key in (None, with_key.api_key))
    with capsys.disabled():
        print("\nwithout the key, with it")
        print("\n".join(f"{one}  {two}  {method:<6} {path}" for (method, path), (one, two) in found.items()))
    let_through = {path for (_, path), (without_key, _) in found.items() if without_key == 200}
    row = re.search(r"^\| answers \| (.*) \|$", pages.text(PAGE), re.MULTILINE)[1]
    assert let_through == set(re.findall(r"`([^`]+)`", row))
    assert {one for one, _ in found.values()} <= {200, 401, 404}
    assert all(with_it != 401 for _, with_it in found.values())


def test_a_refusal_reads_as_on_the_page(with_key):
    status, body, _ = ask(with_key, "/v1/chat/completions", "POST", QUESTION)
    assert f"| {status} `{body}` |" in pages.text(PAGE)


def test_chatlas_with_the_key_and_with_a_wrong_one(with_key):
    assert "Tokyo" in str(chat(with_key, key=with_key.api_key).chat("What is the capital of Japan?", echo="none"))
    with pytest.raises(openai.AuthenticationError, match="Invalid API Key"):
        chat(with_key, key="sk-wrong").chat("What is the capital of Japan?", echo="none")


def allowed_origin(server):
    """Which origin's pages may read what the server answers to one of ORIGIN, as a browser sees it."""
    return ask(server, "/health", origin=ORIGIN)[2].get("Access-Control-Allow-Origin")


def test_pages_of_every_origin_may_read_answers_until_a_flag_forbids_it(plain, with_key):
    assert allowed_origin(plain) == allowed_origin(with_key) == ORIGIN
    (warning,) = re.findall(r"no API key is set and CORS allows all origins", Path(plain.log).read_text())
    assert warning not in Path(with_key.log).read_text()
    assert {warning, "--cors-origins localhost"} <= set(pages.inline_code(PAGE))
    with started("own-origins") as server:
        assert allowed_origin(server) is None


def test_embeddings_are_refused_until_the_server_is_started_for_them(plain):
    body = {"model": "smollm2", "input": ["hello", "world"]}
    status, refusal, _ = ask(plain, "/v1/embeddings", "POST", body)
    assert status == 501
    assert json.loads(refusal)["error"]["message"] in pages.inline_code(PAGE)
    with started("embeddings") as server:
        status, answer, _ = ask(server, "/v1/embeddings", "POST", body)
        chatted = ask(server, "/v1/chat/completions", "POST", QUESTION)
    assert status == 400
    assert json.loads(answer)["error"]["message"] in pages.inline_code(PAGE)
    assert "Tokyo" in chatted[1]
    with started("pooled-embeddings") as server:
        client = openai.OpenAI(base_url=server.base_url, api_key="EMPTY", timeout=60)
        vectors = [entry.embedding for entry in client.embeddings.create(**body).data]
        assert [len(vector) for vector in vectors] == [576, 576]


def test_the_metrics_on_the_page_are_there(plain):
    ask(plain, "/v1/chat/completions", "POST", QUESTION)
    _, published, _ = ask(plain, "/metrics")
    named = re.findall(r"`(llamacpp:\w+)`", pages.text(PAGE))
    assert len(named) >= 5
    assert [name for name in named if not re.search(rf"^{name} ", published, re.MULTILINE)] == []


def test_without_the_flag_there_are_no_metrics():
    with started("no-metrics") as server:
        status, body, _ = ask(server, "/metrics")
    assert status == 501
    assert json.loads(body)["error"]["message"] in pages.inline_code(PAGE)


def test_props_and_slots_tell_what_the_page_says(plain):
    props = json.loads(ask(plain, "/props")[1])
    assert props["default_generation_settings"]["n_ctx"] == 4096
    assert {"build_info", "chat_template", "chat_template_caps", "total_slots"} <= set(props)
    assert props["total_slots"] == len(json.loads(ask(plain, "/slots")[1])) == 4


@pytest.mark.parametrize("kind", [ChatOpenAICompletions, ChatOpenAI])
def test_a_template_without_tools_drops_them(kind):
    def get_weather(city: str) -> str:
        """Get the current weather in a city."""
        return "sunny, 21 degrees Celsius"

    with started("no-tools") as server:
        props = json.loads(ask(server, "/props")[1])
        assert props["chat_template_caps"]["supports_tools"] is False
        asking, alone = chat(server, kind), chat(server, kind)
        asking.register_tool(get_weather)
        answer = str(asking.chat("What is the weather in Berlin?", echo="none"))
        alone.chat("What is the weather in Berlin?", echo="none")
    print(f"{kind.__name__}: {answer!r}")
    assert [turn.role for turn in asking.get_turns()] == ["user", "assistant"], (
        f"this now works: remove the workaround in {PAGE}#tools-are-dropped"
    )
    assert "21 degrees" not in answer
    read = [turn.tokens[0] + turn.tokens[2] for turn in (asking.get_last_turn(), alone.get_last_turn())]
    assert read[0] == read[1], "the model did read the tools"


def test_a_mistake_in_a_grammar_is_in_the_log(plain):
    with pytest.raises(openai.BadRequestError, match="failed to parse grammar"):
        chat(plain).chat("Hello", echo="none", kwargs={"extra_body": {"grammar": "root ::= days"}})
    assert "Undefined rule identifier 'days'" in Path(plain.log).read_text()


@pytest.mark.parametrize(
    ("page", "schema"),
    [
        ("string-should-match-pattern", {"pattern": r"^\d+$"}),
        ("string-should-match-pattern", {"pattern": "[0-9]+"}),
        ("string-should-match-pattern", {"pattern": "^(?=[0-9])[0-9]+$"}),
        ("failed-to-parse-grammar", {"minLength": 3000}),
        ("failed-to-parse-grammar", {"pattern": "^[0-9]{3000}$"}),
    ],
)
def test_what_a_schema_loses_is_in_the_log(plain, page, schema):
    said = pages.text(f"docs/errors/{page}.qmd").split("## How to confirm")[1].split("## ")[0]
    before = len(Path(plain.log).read_text())
    json_schema = {"name": "Data", "schema": {"type": "object", "properties": {"text": {"type": "string"} | schema}}}
    body = QUESTION | {"response_format": {"type": "json_schema", "json_schema": json_schema}}
    ask(plain, "/v1/chat/completions", "POST", body)
    log = Path(plain.log).read_text()[before:]
    quoted = [words for words in re.findall("`([^`]+)`", said) if " " in words]
    assert quoted
    assert all(words in log for words in quoted)


def test_without_an_alias_the_id_is_the_path():
    with started("no-alias") as server:
        (model,) = json.loads(ask(server, "/v1/models")[1])["data"]
    assert model["id"] == str(fetch_model.ensure_gguf())


def slot(server):
    """How many slots the server has, and the context of each."""
    slots = json.loads(ask(server, "/slots")[1])
    return len(slots), slots[0]["n_ctx"]


def test_the_context_is_divided_among_the_slots_that_are_asked_for(plain, capsys):
    with started("shared-context") as server:
        unified = slot(server)
    with started("small-context") as server:
        small = slot(server)
        with pytest.raises(openai.BadRequestError, match=r"exceeds the available context size \(256 tokens\)"):
            chat(server).chat(TOO_LONG, echo="none")
    with capsys.disabled():
        print(f"\n--ctx-size 16384: with --parallel 4 {slot(plain)}, without it {unified}; 256 and 1: {small}")
    assert slot(plain) == (4, 4096)
    assert unified == (4, 8192)  # what the model was trained for
    assert small == (1, 256)
