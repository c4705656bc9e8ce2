"""What pages say of chatlas and openai alone. Asked here, so that `make newest TARGET=test-servers` asks it, too."""

import asyncio
import contextlib
import subprocess
import time
import warnings
from typing import Literal

import pytest
from chatlas import ChatAuto, ChatOpenAI, ChatOpenAICompletions, parallel_chat, parallel_chat_structured
from pydantic import BaseModel

from scripts.content import pages
from scripts.run import execute
from scripts.servers import environments
from tests.imitation import chats
from tests.imitation.server import serving

HTTPX, OLDER_OPENAI = "docs/errors/no-module-named-httpx.qmd", "docs/errors/cannot-import-annotationurlcitation.qmd"

# Prints what a chat with each class chats.
CAPITAL = """
import sys
from chatlas import ChatOpenAI, ChatOpenAICompletions
for kind in (ChatOpenAICompletions, ChatOpenAI):
    chat = kind(base_url=sys.argv[1], api_key="EMPTY", model="smollm2")
    print(chat.chat("What is the capital of France?", echo="none", kwargs={"temperature": 0}))
"""

# Run beside openai 2: prints the error for a model that is not there.
WRONG_MODEL = """
import sys
from chatlas import ChatOpenAICompletions
chat = ChatOpenAICompletions(base_url=sys.argv[1], api_key="EMPTY", model="smollm2/")
try:
    chat.chat("Hello", echo="none")
except Exception as error:
    print(error)
"""


@pytest.mark.parametrize("kind", [ChatOpenAICompletions, ChatOpenAI])
def test_the_key_of_the_environment_goes_to_a_local_server_unless_one_is_passed(kind, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    keys = []
    with serving(chats.careless) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for passed in ({}, {"api_key": "EMPTY"}):
            chat = kind(base_url=f"{server.url}/v1", model="first", kwargs={"max_retries": 0}, **passed)
            with contextlib.suppress(Exception):  # what the server answers is no matter
                chat.chat("Hello", echo="none")
            keys.append(server.seen[-1][2]["authorization"])
    kept = "docs/which-class.qmd#a-key, docs/errors/missing-credentials.qmd"
    assert keys[0] == "Bearer sk-of-the-environment", f"this now works: remove the workaround in {kept}"
    assert keys[1] == "Bearer EMPTY"


def test_a_regional_host_of_openai_is_warned_of():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        ChatOpenAI(base_url="https://eu.api.openai.com/v1", api_key="EMPTY")
    warned = any("ChatOpenAI() uses" in str(warning.message) for warning in caught)
    assert warned, "this now works: take the first proposal out of docs/upstream.qmd"


def run_with(folder, packages, program, *arguments):
    """Run a program with these packages, as pip would install them; returns all that it printed."""
    python = environments.client(folder, *packages)
    command = [python, "-c", program, *arguments]
    done = subprocess.run(command, env=execute.clean_environment(), capture_output=True, text=True, timeout=120)
    return done.stdout + done.stderr


def test_the_text_beside_openai_2_is_the_one_on_the_page(root, tmp_path):
    begins = "Error code: 404 - {'error': {'message': 'The model"
    assert run_with(tmp_path / "client", ["chatlas==0.21.1", "openai<3"], WRONG_MODEL, f"{root}/v1").startswith(begins)
    assert f"`{begins}`" in pages.text("docs/errors/model-does-not-exist.qmd")


@pytest.mark.parametrize(
    ("packages", "text", "page"),
    [
        (["chatlas==0.21.0", "openai>=3"], "No module named 'httpx'", HTTPX),
        (["chatlas>=0.21.2", "openai<3"], "cannot import name 'AnnotationURLCitation'", OLDER_OPENAI),
    ],
    ids=["older chatlas", "older openai"],
)
def test_chatlas_and_openai_have_to_go_together(tmp_path, packages, text, page):
    printed = run_with(tmp_path / "client", packages, "import chatlas")
    assert text == pages.header(page)["title"]
    assert printed, f"this now works: remove the workaround in {page}"
    assert text in printed


@pytest.mark.parametrize("chatlas", ["0.16.0", "0.21.0"])
def test_an_older_chatlas_lacks_only_httpx_beside_openai_3(root, tmp_path, chatlas):
    packages = [f"chatlas=={chatlas}", "openai>=3", "httpx"]
    printed = run_with(tmp_path / "client", packages, CAPITAL, f"{root}/v1")
    assert printed.count("The capital of France is Paris.") == 2, printed


def asked_at_once(requests, **options):
    """The seconds that parallel_chat takes for this many requests to an imitation of a server that answers at once."""
    with serving(chats.careless) as server:
        chat = ChatOpenAICompletions(base_url=f"{server.url}/v1", api_key="EMPTY", model="first")
        start = time.monotonic()
        answered = asyncio.run(parallel_chat(chat, ["Hello"] * requests, **options))
        seconds = time.monotonic() - start
    assert all(isinstance(each, type(chat)) for each in answered)
    return seconds


def test_rpm_is_not_kept_by_ten_requests_at_once():
    kept = 19 * 60 / 12  # seconds from the first to the last of 20 requests
    seconds = asked_at_once(20, rpm=12, max_active=10)
    print(f"20 requests with rpm=12: {seconds:.1f} s instead of {kept:.0f}")
    place = "docs/cookbook/classify.qmd#what-rpm-limits"
    assert seconds < kept / 2, f"this now works: remove the workaround in {place}"


def test_rpm_is_kept_by_one_request_at_a_time():
    assert asked_at_once(10, rpm=120, max_active=1) >= 9 * 60 / 120


def test_rpm_divided_by_max_active_keeps_the_rate_after_the_first_ones():
    seconds = asked_at_once(20, rpm=60, max_active=5)  # for 300 a minute
    assert seconds >= (20 - 5) * 60 / 300


class Label(BaseModel):
    topic: Literal["food"]


@chats.only_models
def another_topic(handler):
    """A server that does not keep to the schema."""
    text = '{"topic": "weather"}'
    chats.in_parts_or_whole(handler, {"content": text}, {"role": "assistant", "content": text})


@pytest.mark.parametrize("on_error", ["return", "continue", "stop"])
@pytest.mark.parametrize("behave", [chats.chat_all_reasoning, another_topic], ids=["no data", "other data"])
def test_an_answer_that_does_not_fit_loses_all_results(behave, on_error):
    place = "docs/cookbook/classify.qmd#an-answer-against-a-rule-loses-all-results"
    with serving(behave) as server:
        chat = ChatOpenAICompletions(base_url=f"{server.url}/v1", api_key="EMPTY", model="first")
        with contextlib.suppress(ValueError):
            asyncio.run(parallel_chat_structured(chat, ["Hello"], Label, on_error=on_error))
            pytest.fail(f"this now works: remove the workaround in {place}")


def test_a_model_with_the_name_of_one_of_openais_gets_its_price():
    with serving(chats.careless) as server:
        chat = ChatOpenAICompletions(base_url=f"{server.url}/v1", api_key="EMPTY", model="gpt-4o")
        chat.chat("Hello", echo="none")
    try:
        cost = chat.get_cost()
    except KeyError:
        pytest.fail("this now works: remove the workaround in docs/cookbook/count.qmd#cost")
    assert cost > 0


def test_only_the_first_slash_divides_what_chat_auto_is_given():
    """docs/cookbook/many-servers.qmd"""
    chat = ChatAuto("openai-completions/Qwen/Qwen3-0.6B", base_url="http://localhost:9/v1", api_key="EMPTY")
    assert chat.provider.model == "Qwen/Qwen3-0.6B"
