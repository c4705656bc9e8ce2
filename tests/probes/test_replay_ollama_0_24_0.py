"""The client side of the Ollama guide, on replayed exchanges of a real Ollama 0.24.0.

No server runs here: this shows what chatlas makes of these answers, not what today's Ollama says.
"""

import asyncio
import json
import warnings

import openai
import pytest
from chatlas import ChatOllama, ChatOpenAI, ChatOpenAICompletions
from pydantic import BaseModel

from tests.imitation.replay import RECORDED, read, replaying

PLAIN, TOOLS = "smollm2:135m", "smollm2:135m-toolshot"
FRANCE = "What is the capital of France?"
WEATHER = "What is the weather in Paris? Use the tool."
TAGS = "05_get_api_tags"


class City(BaseModel):
    name: str
    country: str


@pytest.fixture
def weather():
    """A tool, and the list of the cities that it was asked for."""
    asked = []

    def get_weather(city: str) -> str:
        """Get the current weather in a city."""
        asked.append(city)
        return "sunny, 21 degrees Celsius"

    return get_weather, asked


def files(*names):
    return [f"ollama-0.24.0/{name}.txt" for name in names]


def make(kind, root, model=PLAIN):
    """A chat of `kind` on the replaying server, without retries."""
    kwargs = {"max_retries": 0}
    if kind == "ollama":
        return ChatOllama(base_url=root, model=model, kwargs=kwargs)
    maker = ChatOpenAICompletions if kind == "completions" else ChatOpenAI
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return maker(base_url=root + "/v1", api_key="ollama", model=model, kwargs=kwargs)


def recorded_for(kind, completions, responses):
    """The recording that answers `kind`, with the list of models where ChatOllama asks for it first."""
    return files(*([TAGS] if kind == "ollama" else []), responses if kind == "responses" else completions)


KINDS = pytest.mark.parametrize("kind", ["ollama", "completions", "responses"])


@KINDS
def test_replay_ollama_0_24_0_chat(kind):
    recordings = recorded_for(kind, "10_chat_completions_plain", "30_responses_plain")
    with replaying(*recordings) as server:
        chat = make(kind, server.url)
        assert str(chat.chat(FRANCE, echo="none", stream=False)) == "The capital of France is Paris."
    assert server.asked[-1]["model"] == PLAIN


@KINDS
def test_replay_ollama_0_24_0_stream(kind):
    recordings = recorded_for(kind, "11_chat_completions_stream_usage", "31_responses_stream")
    with replaying(*recordings) as server:
        chat = make(kind, server.url)
        chunks = list(chat.stream(FRANCE))
        assert "".join(chunks) == "The capital of France is Paris."
        assert len(chunks) > 5
        assert chat.get_last_turn().tokens[:2] == (16, 8)
    assert server.asked[-1]["stream"] is True


@KINDS
def test_replay_ollama_0_24_0_structured_data(kind):
    recordings = recorded_for(kind, "13_chat_completions_json_schema", "32_responses_json_schema")
    with replaying(*recordings) as server:
        city = make(kind, server.url).chat_structured("Paris is in France", data_model=City)
        assert city.country == "France"
    assert "json_schema" in json.dumps(server.asked[-1])


@KINDS
def test_replay_ollama_0_24_0_a_tool_is_called_and_its_result_answered(kind, weather):
    get_weather, asked = weather
    recordings = recorded_for(
        kind, "15_chat_completions_tools_template_with_tools", "34_responses_tools_template_with_tools"
    ) + files("40_responses_tools_second_turn" if kind == "responses" else "21_chat_completions_tools_second_turn")
    with replaying(*recordings) as server:
        chat = make(kind, server.url, TOOLS)
        chat.register_tool(get_weather)
        assert str(chat.chat(WEATHER, echo="none", stream=False))
    assert asked == ["Paris"]
    assert "sunny, 21 degrees Celsius" in json.dumps(server.asked[-1])


@KINDS
def test_replay_ollama_0_24_0_a_streamed_tool_call_reaches_the_function(kind, weather):
    get_weather, asked = weather
    recordings = recorded_for(kind, "16_chat_completions_tools_stream", "35_responses_tools_stream")
    with replaying(*recordings) as server:
        chat = make(kind, server.url, TOOLS)
        chat.register_tool(get_weather)
        with pytest.raises(openai.APIStatusError) as stopped:
            list(chat.stream(WEATHER))
    assert stopped.value.status_code == 599  # the second request has no streamed recording
    assert server.unexpected == [("POST", "/v1/responses" if kind == "responses" else "/v1/chat/completions")]
    assert asked == ["Paris"]
    assert "sunny, 21 degrees Celsius" in json.dumps(server.asked[-1])


@KINDS
def test_replay_ollama_0_24_0_tools_without_a_template_for_them(kind, weather):
    recordings = recorded_for(
        kind,
        "14_chat_completions_tools_template_without_tools_400",
        "33_responses_tools_template_without_tools_400",
    )
    with replaying(*recordings) as server:
        chat = make(kind, server.url)
        chat.register_tool(weather[0])
        with pytest.raises(openai.BadRequestError, match="does not support tools"):
            chat.chat(WEATHER, echo="none", stream=False)


@pytest.mark.parametrize(
    ("kind", "recording", "reason", "warned"),
    [
        ("completions", "17_chat_completions_max_tokens_5_length", "max_tokens", True),
        ("responses", "39_responses_max_output_5", "success", False),
    ],
)
def test_replay_ollama_0_24_0_only_completions_tell_a_cut_answer(kind, recording, reason, warned):
    with replaying(*files(recording)) as server:
        chat = make(kind, server.url)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            chat.chat(FRANCE, echo="none", stream=False)
    assert chat.get_last_turn().finish_reason == reason
    assert any("truncated" in str(warning.message) for warning in caught) is warned


@pytest.mark.parametrize(
    ("kind", "recording", "error", "text"),
    [
        ("completions", "17_chat_completions_max_tokens_5_length", ValueError, "max_tokens"),
        ("responses", "39_responses_max_output_5", json.JSONDecodeError, "line 1 column 1"),
    ],
)
def test_replay_ollama_0_24_0_only_completions_say_that_structured_data_was_cut(kind, recording, error, text):
    with replaying(*files(recording)) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(error, match=text):
            make(kind, server.url).chat_structured("Paris is in France", data_model=City, stream=False)


@pytest.mark.parametrize(
    ("kind", "recording"),
    [("completions", "18_chat_completions_unknown_model_404"), ("responses", "36_responses_unknown_model_404")],
)
def test_replay_ollama_0_24_0_a_model_that_is_not_there(kind, recording):
    with replaying(*files(recording)) as server, pytest.raises(openai.NotFoundError, match="'nope' not found"):
        make(kind, server.url, "nope").chat(FRANCE, echo="none", stream=False)


def test_replay_ollama_0_24_0_chat_ollama_lists_what_there_is():
    with replaying(*files(TAGS)) as server, pytest.raises(ValueError, match=r"Available models: .*smollm2"):
        make("ollama", server.url, "nope")


def test_replay_ollama_0_24_0_with_v1_chat_ollama_says_that_nothing_runs():
    with replaying(*files(TAGS)) as server, pytest.raises(RuntimeError, match="Can't find locally running ollama"):
        make("ollama", server.url + "/v1")


def test_replay_ollama_0_24_0_a_model_that_cannot_think_refuses_to():
    with (
        replaying(*files("50_chat_completions_reasoning_effort_400")) as server,
        pytest.raises(openai.BadRequestError, match="does not support thinking"),
    ):
        make("completions", server.url).chat(FRANCE, echo="none", stream=False)


def test_replay_ollama_0_24_0_a_prompt_is_cut_and_only_the_count_shows_it():
    with replaying(*files("51_chat_completions_prompt_cut")) as server:
        chat = make("completions", server.url)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            chat.chat("word " * 1500, echo="none", stream=False)
    assert chat.get_last_turn().tokens[0] == 1024
    assert chat.get_last_turn().finish_reason == "success"


def test_replay_ollama_0_24_0_an_image_is_ignored():
    with replaying(*files("52_chat_completions_image_ignored")) as server:
        answer = make("completions", server.url).chat("What is the capital of Japan?", echo="none", stream=False)
        assert str(answer) == "The capital of Japan is Tokyo."


def test_replay_ollama_0_24_0_async():
    async def ask(root):
        answer = await make("completions", root).chat_async(FRANCE, echo="none", stream=False)
        return await answer.get_content()

    with replaying(*files("10_chat_completions_plain")) as server:
        assert asyncio.run(ask(server.url)) == "The capital of France is Paris."


def test_every_recording_is_readable_and_of_a_real_exchange():
    paths = sorted((RECORDED / "ollama-0.24.0").glob("*.txt"))
    assert len(paths) == 33
    assert all(read(path)[3] in (200, 400, 404) for path in paths)
