"""What a chat makes of a case: what it shows, keeps, sends with the next question, saves and exports."""

import asyncio
import contextlib
import inspect
import io
import json
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import chatlas
from chatlas import Turn
from pydantic import BaseModel, ConfigDict

from tests.fidelity import wire
from tests.imitation.server import reply, serving

try:  # openai 3
    import httpx2 as httpx
except ImportError:
    import httpx


class Data(BaseModel):
    """The structured data that is asked for."""

    model_config = ConfigDict(strict=False)
    a: int | float


def f(x: int = 0) -> str:
    """A tool."""
    return "done"


def g(x: int = 0) -> str:
    """Another tool."""
    return "done"


@dataclass
class Seen:
    """What was seen of a case.

    Attributes:
        error: that the first question ended in, None if it was answered.
        warned: the texts of the warnings meanwhile.
        shown: the text that was shown; None where data was asked for.
        thought: the thinking that was shown, None where it cannot be asked for.
        data: the structured data that was returned.
        kept: the assistant's first turn, None if there is none.
        asked: the number of requests for the first question.
        next: the request of the second question, None if it was not sent.
        next_error: that the second question ended in.
        tokens: what get_tokens() returns, or the error that it ends in.
        saved: the turns after the first question, and the same turns saved and loaded; or an error.
        next_of_loaded: the request of the second question in a conversation that was loaded.
        exported: the conversation as a Markdown file, or an error.
    """

    error: Exception | None = None
    warned: list = field(default_factory=list)
    shown: str | None = None
    thought: str | None = None
    data: object = None
    kept: object = None
    asked: int = 0
    next: dict | None = None
    next_error: Exception | None = None
    tokens: object = None
    saved: object = None
    next_of_loaded: dict | None = None
    exported: object = None


def saved(turns):
    """The turns and the same turns saved and loaded, or the error that this ends in."""
    try:
        return turns, [Turn.model_validate_json(turn.model_dump_json()) for turn in turns]
    except Exception as error:
        return error


class Room:
    """Chats of all classes, and the server that they ask: in this process, or over a socket.

    Attributes:
        exchanges: how many requests were answered.
    """

    def __init__(self, socket=False):
        self.socket = socket
        self.chats, self.exchanges = {}, 0
        self.case, self.first, self.bodies = None, True, []
        self.loop = asyncio.new_event_loop()

    def __enter__(self):
        self.serving = serving(self.behave)
        self.server = self.serving.__enter__()
        self.folder = tempfile.TemporaryDirectory(prefix="chatlas-fidelity-")
        return self

    def __exit__(self, *caught):
        self.folder.cleanup()
        self.serving.__exit__(*caught)
        self.loop.run_until_complete(asyncio.sleep(0.1))  # let streams that broke off close
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def answer(self, body):
        """The answer to a request with this JSON."""
        self.bodies.append(body)
        self.exchanges += 1
        return wire.answered(self.case, len(self.bodies) - 1, self.first)

    def behave(self, handler):
        """A behaviour of the imitation server."""
        if handler.path == "/api/tags":
            return reply(handler, 200, wire.TAGS)
        status, kind, body = self.answer(handler.body)
        return reply(handler, status, body, kind)

    def transport(self, request):
        """The same without a socket, for the client of openai."""
        status, kind, body = self.answer(json.loads(request.content))
        return httpx.Response(status, headers={"Content-Type": kind}, content=body)

    def chat(self, case):
        """A chat for this case, without turns; made once for each kind of client."""
        tools = [f, g] if case.answer.names else []
        key = case.client, case.asynchronous, case.preserve, bool(tools)
        if key not in self.chats:
            options = {"kwargs": {"max_retries": 0}}
            if not self.socket:
                client = httpx.AsyncClient if case.asynchronous else httpx.Client
                options["kwargs"]["http_client"] = client(transport=httpx.MockTransport(self.transport))
            make = getattr(chatlas, case.client)
            if case.preserve and "preserve_thinking" in inspect.signature(make).parameters:  # not before 0.18.0
                options["preserve_thinking"] = True
            if case.client != "ChatOllama":
                options["api_key"] = "EMPTY"
            url = self.server.url if case.client == "ChatOllama" else f"{self.server.url}/v1"
            with warnings.catch_warnings():  # that ChatOpenAI is not meant for this server
                warnings.simplefilter("ignore")
                chat = make(base_url=url, model=wire.MODEL, **options)
            for tool in tools:
                chat.register_tool(tool)
            self.chats[key] = chat
        chat = self.chats[key]
        chat.set_turns([])
        return chat

    def ask(self, chat, question, case, stream=False):
        """The texts and the contents that this question yields."""
        if case.asynchronous:
            return self.loop.run_until_complete(self.ask_asynchronously(chat, question, stream))
        if stream:
            return chat.stream(question, echo="none", content="all")
        return [str(chat.chat(question, echo="none", stream=False))]

    async def ask_asynchronously(self, chat, question, stream):
        if stream:
            return [part async for part in await chat.stream_async(question, echo="none", content="all")]
        return [await (await chat.chat_async(question, echo="none", stream=False)).get_content()]

    def ask_for_data(self, chat, case):
        if case.asynchronous:
            return self.loop.run_until_complete(
                chat.chat_structured_async("one", data_model=Data, echo="none", stream=case.stream)
            )
        return chat.chat_structured("one", data_model=Data, echo="none", stream=case.stream)

    def second(self, chat, case):
        """Ask the second question; returns its request, if one was sent, and the error that it ended in."""
        self.first, before, error = False, len(self.bodies), None
        try:
            for _ in self.ask(chat, "two", case):
                pass
        except Exception as raised:
            error = raised
        return self.bodies[before] if len(self.bodies) > before else None, error

    def observe(self, case):
        """Put the case to chatlas; returns what was seen."""
        with contextlib.redirect_stderr(io.StringIO()):  # chatlas prints the traceback of a tool that fails
            return self.conversation(case)

    def conversation(self, case):
        self.case, self.first, self.bodies = case, True, []
        chat, seen = self.chat(case), Seen()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.first_question(chat, case, seen)
        seen.warned = [str(each.message) for each in caught]
        seen.asked = len(self.bodies)
        seen.kept = next((turn for turn in chat.get_turns() if turn.role == "assistant"), None)
        turns = list(chat.get_turns())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if turns:
                seen.saved, seen.exported = saved(turns), self.exported(chat)
            seen.next, seen.next_error = self.second(chat, case)
            try:
                seen.tokens = chat.get_tokens()
            except Exception as error:
                seen.tokens = error
            if turns and not isinstance(seen.saved, Exception):
                chat.set_turns(seen.saved[1])
                seen.next_of_loaded, _ = self.second(chat, case)
        return seen

    def exported(self, chat):
        """The conversation as a Markdown file, or the error that writing it ends in."""
        file = Path(self.folder.name) / "conversation.md"
        try:
            chat.export(file, content="all", overwrite=True)
        except Exception as error:
            return error
        return file.read_text()

    def first_question(self, chat, case, seen):
        texts, thoughts = [], []
        try:
            if case.data:
                seen.data = self.ask_for_data(chat, case).a
            else:
                for part in self.ask(chat, "one", case, case.stream):
                    if isinstance(part, str):
                        texts.append(part)
                    elif "Thinking" in type(part).__name__:
                        thoughts.append(part.thinking)
        except Exception as error:
            seen.error = error
        if not case.data:
            seen.shown = "".join(texts)
            seen.thought = "".join(thoughts) if case.stream else None
