"""The ways out that docs/silent.qmd names work: each with the smallest case of what it is a way out of."""

import dataclasses
import json

import openai
import pytest

from tests.fidelity import known
from tests.fidelity.observe import Room
from tests.fidelity.search import units
from tests.fidelity.strategies import WORDS

STREAM, WHOLE = "completions, stream", "completions, whole"


@pytest.fixture(scope="module")
def room():
    with Room() as opened:
        yield opened


def smallest(kind, route=STREAM):
    return known.smallest()[kind, route]


@pytest.mark.parametrize(
    "kind",
    [
        "kept text: lost",
        "kept thinking: lost",
        "kept calls: their number",
        "answer: ValueError in load_tool_request_args",
        "shown text: lost",
        "broken off: counts as complete",
    ],
)
def test_without_streaming_it_does_not_happen(kind, room):
    case = dataclasses.replace(smallest(kind), stream=False, trouble="none")
    assert not [each for each, _ in units(case, room.observe(case)) if each == kind]


@pytest.mark.parametrize("kind", ["kept text: lost", "shown text: lost", "sent message: neither content nor calls"])
def test_chat_openai_does_not_do_it(kind, room):
    case = dataclasses.replace(smallest(kind), client="ChatOpenAI")
    case = dataclasses.replace(case, answer=dataclasses.replace(case.answer, cached=False))
    assert kind not in {each for each, _ in units(case, room.observe(case))}


def asked(room, kind, route=STREAM):
    """The chat after the first question of the smallest case, and the error that it ended in."""
    room.case, room.first, room.bodies = smallest(kind, route), True, []
    chat, error = room.chat(room.case), None
    try:
        for _ in room.ask(chat, "one", room.case, room.case.stream):
            pass
    except Exception as raised:
        error = raised
    return chat, error


@pytest.mark.parametrize("shape", ["text", "detail", "message", "plain"])
def test_the_error_holds_the_servers_words(shape, room):
    case = dataclasses.replace(smallest("error (status): the server's words are lost", WHOLE), shape=shape)
    error = room.observe(case).error
    assert isinstance(error, openai.BadRequestError)
    assert WORDS in error.response.text


def test_a_stream_that_ended_too_soon_has_no_finish_reason(room):
    chat, error = asked(room, "broken off: counts as complete")
    assert error is None
    assert chat.get_last_turn().finish_reason is None


@pytest.mark.parametrize(
    ("kind", "route"),
    [
        ("next question: ValueError in _turns_as_inputs", STREAM),
        ("sent message: neither content nor calls", WHOLE),
        ("broken off: IndexError in stream_turn", STREAM),
    ],
)
def test_without_the_last_two_turns_the_conversation_goes_on(kind, route, room):
    chat, _ = asked(room, kind, route)
    chat.set_turns(chat.get_turns()[:-2])
    body, error = room.second(chat, room.case)
    assert error is None
    assert json.dumps(body).count('"role"') == 1


def test_a_turn_has_its_own_counts(room):
    chat, _ = asked(room, "tokens: negative", WHOLE)
    assert chat.get_last_turn().tokens == (10, 5, 0)
    chat, _ = asked(room, "tokens: ValueError in get_tokens", WHOLE)
    assert chat.get_last_turn().tokens is None


def test_a_callback_that_raises_ends_the_rounds_of_tools(room):
    room.case, room.first, room.bodies = smallest("rounds of tools: no limit", WHOLE), True, []
    chat, rounds = room.chat(room.case), []

    def count(request):
        rounds.append(request)
        if len(rounds) > 3:
            raise RuntimeError("too many tool calls")

    remove = chat.on_tool_request(count)
    try:
        with pytest.raises(RuntimeError, match="too many tool calls"):
            chat.chat("one", echo="none", stream=False)
    finally:
        remove()
    assert len(room.bodies) == 4


@pytest.mark.filterwarnings("ignore::chatlas._chat.ToolFailureWarning")
def test_calls_of_a_tool_that_there_is_not_are_counted_by_their_results(room):
    room.case, room.first, room.bodies = smallest("rounds of tools: no limit", WHOLE), True, []
    chat, requests, results = room.chat(room.case), [], []
    chat.set_tools([])

    def count(result):
        results.append(result)
        if len(results) > 3:
            raise RuntimeError("too many tool calls")

    chat.on_tool_request(requests.append)
    chat.on_tool_result(count)
    with pytest.raises(RuntimeError, match="too many tool calls"):
        chat.chat("one", echo="none", stream=False)
    assert len(room.bodies) == 4
    assert requests == []
