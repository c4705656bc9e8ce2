"""What the llama.cpp guide says of the Python server, on replayed exchanges of a real llama-cpp-python 0.3.36.

No server runs here: this shows what chatlas makes of these answers, not what today's llama-cpp-python says.
"""

import json
import warnings

import openai
import pytest
from chatlas import ChatOpenAI, ChatOpenAICompletions
from pydantic import BaseModel

from scripts.content import sections
from tests.imitation.replay import RECORDED, read, replaying

PAGE = "docs/connect/llama-cpp.qmd"
FOLDER = "llama-cpp-python-0.3.36"
FRANCE = "What is the capital of France?"


class Person(BaseModel):
    name: str
    age: int
    city: str


def chat(root, kind=ChatOpenAICompletions):
    """A chat on the replaying server, without retries."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"ChatOpenAI\(\) uses")
        return kind(base_url=root + "/v1", api_key="EMPTY", model="smollm2", kwargs={"max_retries": 0})


def test_replay_llama_cpp_python_0_3_36_the_stream_ends_without_a_word():
    with (
        replaying(f"{FOLDER}/10_chat_completions_stream_empty.txt") as server,
        pytest.raises(TypeError) as raised,
    ):
        chat(server.url).chat(FRANCE, echo="none")
    assert server.asked[0]["messages"][0]["content"] == [{"type": "text", "text": FRANCE}]
    assert sections.titled(PAGE, f"`{raised.value}`")


def test_replay_llama_cpp_python_0_3_36_without_streaming_the_reason_is_seen():
    with (
        replaying(f"{FOLDER}/11_chat_completions_plain_500.txt") as server,
        pytest.raises(openai.InternalServerError) as raised,
    ):
        chat(server.url).chat(FRANCE, echo="none", stream=False)
    assert str(raised.value) in sections.titled(PAGE, "`'NoneType' object is not subscriptable`").inline_code()


def test_replay_llama_cpp_python_0_3_36_a_list_of_parts_is_refused():
    """The recording's own message was another one; what the second turn printed is kept apart."""
    with (
        replaying(f"{FOLDER}/12_chat_completions_message_refused_500.txt") as server,
        pytest.raises(openai.InternalServerError) as raised,
    ):
        chat(server.url).chat(FRANCE, echo="none")
    printed = json.loads((RECORDED / FOLDER / "printed.json").read_text())["second-turn"].strip()
    refused = sections.titled(PAGE, "`Input should be a valid string`")
    assert "'msg': 'Input should be a valid string'" in str(raised.value)
    assert refused.code("text") == [printed]
    assert "'messages', 1," in printed


def test_replay_llama_cpp_python_0_3_36_chat_openai_finds_no_route():
    with (
        replaying(f"{FOLDER}/30_responses_404.txt") as server,
        pytest.raises(openai.NotFoundError) as raised,
    ):
        chat(server.url, ChatOpenAI).chat(FRANCE, echo="none")
    assert sections.titled(PAGE, f"{raised.value}, and no more text")


def test_replay_llama_cpp_python_0_3_36_a_schema_is_refused():
    with (
        replaying(f"{FOLDER}/13_chat_completions_json_schema_500.txt") as server,
        pytest.raises(openai.InternalServerError, match="1 validation error") as raised,
    ):
        chat(server.url).chat_structured("Ada is 36 years old and lives in London.", data_model=Person)
    assert server.asked[0]["response_format"]["type"] == "json_schema"
    assert "Input should be 'text' or 'json_object'" in str(raised.value)
    assert sections.titled(PAGE, "`Input should be 'text' or 'json_object'`")


def test_every_recording_is_readable_and_of_a_real_exchange():
    paths = sorted((RECORDED / FOLDER).glob("*.txt"))
    assert [read(path)[3] for path in paths] == [200, 500, 500, 500, 404]
