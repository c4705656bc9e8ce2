"""A vLLM with a reasoning parser that does not fit its model, and with a memory: what pages on errors say of both."""

import dataclasses
import subprocess
import sys
import warnings

import openai
import pytest
from chatlas import ChatOpenAI, ChatOpenAICompletions
from pydantic import BaseModel

from scripts.common.paths import ROOT
from scripts.content import backends
from scripts.run import execute
from scripts.servers import environments, serve

PAGE = "docs/errors/empty-answer-text-in-reasoning.qmd"
EMPTY = f"this now works: remove the workaround in {PAGE}"
QUESTION = "What is the capital of France?"
NO_THOUGHTS = {"extra_body": {"chat_template_kwargs": {"enable_thinking": False}}}
CLASSES = [ChatOpenAICompletions, ChatOpenAI]

# Run by an older chatlas: prints the classes of what the answer is made of.
OLDER = """
import sys
from chatlas import ChatOpenAICompletions
chat = ChatOpenAICompletions(base_url=sys.argv[1], api_key="EMPTY", model="smollm2")
chat.set_model_params(temperature=0, max_tokens=60)
chat.chat("What is the capital of France?", echo="none", stream=False)
print([type(content).__name__ for content in chat.get_last_turn().contents])
"""


@pytest.fixture(scope="module")
def server():
    """A vLLM that takes everything up to a mark for reasoning, which its model never writes, and keeps its answers."""
    vllm = backends.get("vllm")
    command = [*vllm.command, "--reasoning-parser", "qwen3"]
    environ = {**vllm.environ, "VLLM_ENABLE_RESPONSES_API_STORE": "1"}
    vllm = dataclasses.replace(vllm, name="vllm-set", command=command, environ=environ, port=0)
    with serve.serving(vllm, serve.prepare(vllm)) as running:
        yield running


@pytest.fixture(params=CLASSES, ids=lambda kind: kind.__name__)
def chat(server, request):
    """A chat with it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"ChatOpenAI\(\) uses")
        made = request.param(base_url=server.base_url, api_key="EMPTY", model="smollm2")
    made.set_model_params(temperature=0, max_tokens=60)
    return made


def kinds(chat):
    """The classes of what the last answer is made of."""
    return [type(content).__name__ for content in chat.get_last_turn().contents]


def test_the_answer_is_empty_and_the_text_is_in_the_reasoning(chat):
    assert str(chat.chat(QUESTION, echo="none", stream=False)) == "", EMPTY
    assert kinds(chat) == ["ContentThinking"]
    if type(chat.provider).__name__ == "OpenAIProvider":  # of ChatOpenAI
        lost = "this now works: remove the workaround in docs/errors/no-reasoning-shows-up.qmd"
        assert chat.get_last_turn().contents[0].thinking == "", lost
    else:
        assert "Paris" in chat.get_last_turn().contents[0].thinking


def test_a_schema_is_not_enforced_and_the_error_is_the_one_on_the_page(chat):
    class Person(BaseModel):
        name: str
        age: int

    text, refusal = "Data extraction failed: 0 data results received.", ""
    try:
        chat.chat_structured("Extract the person: Ada is 36 years old.", data_model=Person)
    except ValueError as error:
        refusal = str(error)
    assert refusal, EMPTY
    assert refusal == text
    assert f"`{text}`" in (ROOT / PAGE).read_text()


def test_the_way_out_on_the_page_brings_the_answer_back(chat):
    written = '`kwargs={"extra_body": {"chat_template_kwargs": {"enable_thinking": False}}}`'
    assert written in (ROOT / PAGE).read_text()
    assert "Paris" in str(chat.chat(QUESTION, echo="none", kwargs=NO_THOUGHTS))
    assert kinds(chat) == ["ContentText"]


def test_with_the_store_an_earlier_answer_is_known(server):
    assert "`VLLM_ENABLE_RESPONSES_API_STORE=1`" in (ROOT / "docs/errors/response-with-id.qmd").read_text()
    responses = openai.OpenAI(base_url=server.base_url, api_key="EMPTY", max_retries=0, timeout=60).responses
    asked = {"model": "smollm2", "max_output_tokens": 16, "extra_body": NO_THOUGHTS["extra_body"]}
    first = responses.create(input=QUESTION, **asked)
    after = responses.create(input="And of Italy?", previous_response_id=first.id, **asked)
    assert after.usage.input_tokens > responses.create(input="And of Italy?", **asked).usage.input_tokens


@pytest.mark.parametrize(("release", "shown"), [("0.18.0", "[]"), ("0.19.0", "['ContentThinking']")])
def test_reasoning_shows_up_since_the_release_on_the_page(server, tmp_path, release, shown):
    python = environments.client(tmp_path / release, f"chatlas=={release}", "openai<3")
    command = [python, "-W", "ignore", "-c", OLDER, server.base_url]
    done = subprocess.run(command, env=execute.clean_environment(), capture_output=True, text=True, timeout=120)
    assert (done.stdout.strip(), done.returncode) == (shown, 0), done.stderr


def test_the_doctor_names_the_cause(server):
    command = [sys.executable, "scripts/doctor.py", server.base_url]
    done = subprocess.run(
        command, cwd=ROOT, env=execute.clean_environment(), capture_output=True, text=True, timeout=120
    )
    assert "the server takes all of it for reasoning" in done.stdout.splitlines()[0]
    assert done.returncode == 18
