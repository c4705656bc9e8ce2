"""What the page "Deploying a server" says of the API key and of /metrics, on a vLLM of the test's own."""

import contextlib
import dataclasses
import json
import re
import secrets
import urllib.error
import urllib.request

import openai
import pytest
from chatlas import ChatOpenAICompletions

from scripts.content import backends, pages
from scripts.servers import serve

KEY = f"sk-{secrets.token_hex(16)}"
PAGE = "docs/deploy.qmd"
GUARDED = ("/v1/", "/inference/")  # as the page says
QUESTION = {
    "model": "smollm2",
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
    "temperature": 0,
    "max_tokens": 20,
}


@pytest.fixture(scope="module")
def server():
    """A vLLM that asks for a key."""
    vllm = backends.get("vllm")
    vllm = dataclasses.replace(vllm, name="vllm-with-key", command=[*vllm.command, "--api-key", KEY], port=0)
    with serve.serving(vllm, serve.prepare(vllm)) as running:
        yield running


def ask(url, method, body=None, key=None):
    """The status and the body of an answer to one request."""
    request = urllib.request.Request(
        url, method=method, data=json.dumps(body or {}).encode() if method == "POST" else None
    )
    request.add_header("Content-Type", "application/json")
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def routes(log):
    """The routes that vLLM logged when it started: pairs of path and method."""
    with open(log) as lines:
        found = re.findall(r"Route: (\S+), Methods: (.+)$", lines.read(), re.MULTILINE)
    return [(path, method.strip()) for path, methods in found for method in methods.split(",")]


def test_the_routes_without_a_key_are_those_on_the_page(server, capsys):
    asked = {
        (path, method): ask(server.root + re.sub(r"\{\w+\}", "x", path), method)[0]
        for path, method in routes(server.log)
        if method != "HEAD"
    }
    assert len(asked) > 20
    with capsys.disabled():
        print("\n" + "\n".join(f"{status}  {method:<5} {path}" for (path, method), status in sorted(asked.items())))
    let_through = {path for (path, _), status in asked.items() if status != 401}
    row = re.search(r"^\| let through \| (.*) \|$", pages.text(PAGE), re.MULTILINE)[1]
    assert let_through == set(re.findall(r"`([^`]+)`", row))
    assert {path for (path, _), status in asked.items() if status == 401} == {
        path for path, _ in asked if path.startswith(GUARDED)
    }


def test_a_refusal_reads_as_on_the_page(server):
    status, body = ask(f"{server.root}/v1/models", "GET")
    assert f"| {status} `{body}` |" in pages.text(PAGE)


def test_invocations_answers_a_chat_without_a_key(server):
    status, body = ask(f"{server.root}/invocations", "POST", QUESTION)
    assert status == 200, f"this now works: remove the workaround in {PAGE}#the-api-key-covers-v1-and-little-else"
    answer = json.loads(body)["choices"][0]["message"]["content"]
    assert f"It answered `{answer}` to a request without a key." in pages.text(PAGE)
    assert json.dumps(QUESTION) in pages.text(PAGE)


def test_chatlas_with_the_key_and_with_a_wrong_one(server):
    def chat(key):
        return ChatOpenAICompletions(base_url=server.base_url, api_key=key, model="smollm2")

    assert "Paris" in str(chat(KEY).chat("What is the capital of France?", echo="none", kwargs={"max_tokens": 20}))
    with pytest.raises(openai.AuthenticationError, match="401"):
        chat("sk-wrong").chat("What is the capital of France?", echo="none")


@contextlib.contextmanager
def in_front(server, key):
    """A LiteLLM proxy that sends `key` to the server."""
    litellm = backends.get("litellm")
    litellm = dataclasses.replace(
        litellm, name="litellm-in-front", environ={**litellm.environ, "UPSTREAM_API_KEY": key}, port=0
    )
    with serve.serving(litellm, serve.prepare(litellm), server.base_url) as proxy:
        yield proxy


def test_the_proxy_passes_the_servers_key_on(server):
    with in_front(server, KEY) as proxy:
        chat = ChatOpenAICompletions(base_url=proxy.base_url, api_key=proxy.api_key, model="local-smollm2")
        assert "Paris" in str(chat.chat("What is the capital of France?", echo="none", kwargs={"max_tokens": 20}))


def test_after_a_wrong_key_the_proxy_sets_the_server_aside(server):
    with in_front(server, "sk-wrong") as proxy:
        client = openai.OpenAI(base_url=proxy.base_url, api_key=proxy.api_key, max_retries=0, timeout=60)
        question = QUESTION | {"model": "local-smollm2"}
        with pytest.raises(openai.AuthenticationError):
            client.chat.completions.create(**question)
        with pytest.raises(openai.RateLimitError, match="No deployments available for selected model"):
            client.chat.completions.create(**question)


def test_the_metrics_on_the_page_are_there(server):
    ask(f"{server.root}/v1/chat/completions", "POST", QUESTION, KEY)
    _, published = ask(f"{server.root}/metrics", "GET")
    named = re.findall(r"`(vllm:\w+)`", pages.text(PAGE))
    assert len(named) >= 6
    assert [name for name in named if not re.search(rf"^{name}(_bucket)?\{{", published, re.MULTILINE)] == []
    assert 'finished_reason="' in published
