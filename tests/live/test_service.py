"""The recipe "service": its model server restarts under load; of two behind LiteLLM one is killed under load."""

import copy
import dataclasses
import json
import os
import signal
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from chatlas import ChatOpenAICompletions

from scripts.content import backends, notebooks
from scripts.servers import serve

PROMPT = "What is the capital of Japan?"
ANSWER = "The capital of Japan is Tokyo."
AT_ONCE = 6
REQUESTS = 18
LIMIT = 240  # seconds for one request, on a machine that does other work


@pytest.fixture
def llama():
    """llama.cpp's server as an entry that takes any free port, and what its start needs."""
    backend = dataclasses.replace(backends.get("llama-cpp"), port=0)
    return backend, serve.prepare(backend)


def under_load(ask, kill):
    """What ask() returns for each of REQUESTS; kill() is called when some are answered and others are under way."""
    done = threading.Semaphore(0)

    def counted(_):
        try:
            return ask()
        finally:
            done.release()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = pool.map(counted, range(REQUESTS))
        for _ in range(AT_ONCE // 2):
            assert done.acquire(timeout=LIMIT)
        kill()
        return [*results]


def test_the_app_answers_everybody_although_its_model_server_restarts(llama):
    backend, prepared = llama
    first = serve.launch(backend, prepared)
    servers = [first]

    def restart():
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait()
        servers.append(serve.launch_on(int(first.root.rpartition(":")[2]), backend, prepared, ""))

    session = {}
    try:
        snippet = notebooks.read("notebooks/recipes/service.ipynb")
        exec(notebooks.snippet(snippet, {"base_url": first.base_url}), session)

        def ask():
            with urllib.request.urlopen(session["address"] + session["question"], timeout=LIMIT) as response:
                return json.load(response)

        assert under_load(ask, restart) == [ANSWER] * REQUESTS
    finally:
        if "running" in session:
            session["running"].should_exit = True
        for server in servers:
            serve.end(server.process.pid, server.scratch)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_killed_server_of_two_loses_no_request_that_had_not_begun_to_stream(llama, stream):
    backend, prepared = llama
    named = [dataclasses.replace(backend, name=f"llama-cpp-{name}") for name in ("first", "second")]
    with serve.serving(named[0], prepared) as first, serve.serving(named[1], prepared) as second:
        proxy = backends.get("litellm")
        proxy = dataclasses.replace(
            proxy,
            name="litellm-two",
            port=0,
            command=[word.replace("litellm.yaml", "litellm-two.yaml") for word in proxy.command],
            environ={**proxy.environ, "FIRST_BASE_URL": first.base_url, "SECOND_BASE_URL": second.base_url},
        )
        with serve.serving(proxy, serve.prepare(proxy), first.base_url) as litellm:
            chat = ChatOpenAICompletions(
                base_url=litellm.base_url,
                api_key=litellm.api_key,
                model="local-smollm2",
                kwargs={"max_retries": 0, "timeout": LIMIT},  # what helps is the proxy
            )
            chat.set_model_params(temperature=0, max_tokens=30)

            def ask():
                own, text = copy.deepcopy(chat), ""
                if not stream:
                    return str(own.chat(PROMPT, echo="none", stream=False))
                try:
                    for part in own.stream(PROMPT):
                        text += part
                except Exception:
                    if not text:
                        raise
                return text

            answers = under_load(ask, lambda: os.kill(first.process.pid, signal.SIGKILL))
    if stream:
        assert all(answer and ANSWER.startswith(answer) for answer in answers)
    else:
        assert answers == [ANSWER] * REQUESTS
