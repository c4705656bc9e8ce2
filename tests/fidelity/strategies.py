"""What a server may say: the cases that hypothesis makes, smallest first."""

import json
from dataclasses import dataclass

from hypothesis import strategies as st

CLIENTS = ("ChatOpenAICompletions", "ChatOpenAI", "ChatOllama")
WORDS = "the words of the server"


@dataclass(frozen=True)
class Piece:
    """One piece of an answer: some text, some thinking, or both, or some of the arguments of a call."""

    text: str | None = None
    thinking: str | None = None
    call: int | None = None
    arguments: str = ""


@dataclass(frozen=True)
class Answer:
    """What a server says to one question.

    Attributes:
        pieces: in this order; an answer that is not streamed holds them joined.
        names: of the tools that are called.
        ids: whether a call's id comes once, with each piece, as null, or once with an index that all calls share.
        field: the field that the thinking is in; `both` says it twice. For the Responses API `reasoning` stands for
            a summary, `reasoning_content` for content.
        opening: the first chunk of a stream: none, one with the role, with an empty text too, or without choices.
        finish: the finish reason of the Chat Completions API, None where none comes.
        usage: whether the counts of tokens come at the end, with each chunk or never.
        cached: whether the server took the earlier turns from its cache; None where it does not say.
    """

    pieces: tuple[Piece, ...] = ()
    names: tuple[str, ...] = ()
    ids: str = "once"
    field: str = "reasoning"
    opening: str = "none"
    finish: str | None = "stop"
    usage: str = "end"
    cached: bool | None = None

    @property
    def text(self):
        return "".join(piece.text or "" for piece in self.pieces)

    @property
    def thinking(self):
        return "".join(piece.thinking or "" for piece in self.pieces)

    @property
    def calls(self):
        """Each call's id, name and arguments, as a JSON text."""
        return [
            (f"call_{at}", name, "".join(piece.arguments for piece in self.pieces if piece.call == at))
            for at, name in enumerate(self.names)
        ]


@dataclass(frozen=True)
class Case:
    """One conversation.

    Attributes:
        client: the class of the chat.
        stream: whether the first answer is streamed.
        asynchronous: whether it is asked with the asynchronous methods.
        data: whether the question asks for structured data, which is then the text.
        preserve: `preserve_thinking`, which only `ChatOpenAICompletions` has.
        answer: to the first question.
        again: whether each request of the first question gets that answer, also the ones with a tool's result.
        trouble: `none`; `breaks off`: the stream ends before its end; `status`: refused, with an HTTP status;
            `in the stream`, `200`: the error comes after the pieces, or instead of an answer.
        shape: where in the error the server's words are.
    """

    client: str = "ChatOpenAICompletions"
    stream: bool = False
    asynchronous: bool = False
    data: bool = False
    preserve: bool = False
    answer: Answer = Answer()
    again: bool = False
    trouble: str = "none"
    shape: str = "openai"


# Made once, since hypothesis looks each strategy over when it is made. Chances are given by how often a value stands.
texts = st.text(alphabet='1a \né😀"\\', max_size=3)
numbers = st.one_of(st.integers(-9, 9), st.integers())
values = st.one_of(numbers, st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False), texts)
objects = st.dictionaries(st.sampled_from(["x", "y", "é"]), st.one_of(values, st.lists(values, max_size=2)), max_size=2)
arguments_of_calls = st.one_of(objects.map(json.dumps), st.sampled_from(["", "null", "[1]", '{"x": ', "x"]))
names_of_calls = st.lists(st.sampled_from("fg"), min_size=1, max_size=3)
thoughts = st.lists(st.builds(Piece, st.none(), texts), max_size=3)
words = st.lists(st.builds(Piece, texts, st.one_of(st.none(), texts)), max_size=5)
ends_of_data = st.sampled_from(["", " ", "\n"])
yes_or_no = st.booleans()
ids = st.sampled_from(["once", "each", "null", "one index"])
fields = st.sampled_from(["reasoning", "reasoning_content", "both"])
openings = st.sampled_from(["none", "role", "text", "no choices"])
finishes, finishes_of_calls = (
    st.sampled_from([usual, "stop", "length", "content_filter", "eos_token", None]) for usual in ("stop", "tool_calls")
)
usages = st.sampled_from(["end", "each", "never"])
caches = st.sampled_from([None, False, True])
clients = st.sampled_from(CLIENTS)
asks_for_data = st.sampled_from([False, False, False, True])
troubles, troubles_of_streams = (
    st.sampled_from(["none"] * 9 + ["status", "200", *more]) for more in ([], ["breaks off", "in the stream"])
)
agains = st.sampled_from([False] * 9 + [True])
shapes = st.sampled_from(["openai", "text", "detail", "message", "plain"])


@st.composite
def split(draw, text):
    """The same text in one to four pieces, some of them empty."""
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@st.composite
def calls(draw):
    """The pieces of some calls, one call after the other, and the names of the tools."""
    names, pieces = draw(names_of_calls), []
    for at in range(len(names)):
        pieces += [Piece(call=at, arguments=part) for part in draw(split(draw(arguments_of_calls)))]
    return pieces, names


@st.composite
def answers(draw, data=False):
    """An answer; with `data`, one whose text is the JSON of structured data."""
    pieces = draw(thoughts)
    names = []
    if data:
        text = json.dumps({"a": draw(numbers)}) + draw(ends_of_data)
        pieces += [Piece(text=part) for part in draw(split(text))]
    else:
        pieces += draw(words)
        if draw(yes_or_no):
            added, names = draw(calls())
            pieces += added
    return Answer(
        pieces=tuple(pieces),
        names=tuple(names),
        ids=draw(ids) if names else "once",
        field=draw(fields),
        opening=draw(openings),
        finish=draw(finishes_of_calls if names else finishes),
        usage=draw(usages),
        cached=draw(caches),
    )


@st.composite
def cases(draw):
    """A case of any client."""
    client, stream, data = draw(clients), draw(yes_or_no), draw(asks_for_data)
    trouble = draw(troubles_of_streams if stream else troubles)
    return Case(
        client=client,
        stream=stream,
        asynchronous=draw(yes_or_no),
        data=data,
        preserve=client == "ChatOpenAICompletions" and draw(yes_or_no),
        answer=draw(answers(data)),
        again=draw(agains),
        trouble=trouble,
        shape=draw(shapes) if trouble in ("status", "200", "in the stream") else "openai",
    )
