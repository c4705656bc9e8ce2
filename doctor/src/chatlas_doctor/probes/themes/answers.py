"""Asking and being answered."""

import asyncio
from typing import Literal

from pydantic import BaseModel

from chatlas_doctor.probes.catalog import probe
from chatlas_doctor.probes.outcome import partly, supported, unsupported
from chatlas_doctor.probes.target import ask, tokens_of

CAPITAL = "What is the capital of France?"


class Greeting(BaseModel):
    text: Literal["Grüße, 東京 🙂", "Привет, 東京 🙂"]


@probe("Chat")
def chat(target):
    """One question is answered."""
    answer = target.ask(CAPITAL)
    return supported("answered", model="Paris" in answer) if answer else unsupported("the answer is empty")


@probe("Stream")
def stream(target):
    """The answer arrives in parts."""
    parts = list(target.chat().stream(CAPITAL))
    if len(parts) < 2:
        return partly(f"arrived in {len(parts)} part")
    return supported(f"arrived in {len(parts)} parts", model="Paris" in "".join(parts))


@probe("Token counts of a stream")
def stream_usage(target):
    """After a stream, chatlas knows how many tokens were read and written."""
    chat = target.chat()
    list(chat.stream(CAPITAL))
    counted = tokens_of(chat)
    if not counted or not all(counted):
        return unsupported(f"counted: {counted}")
    return supported(f"{counted[0]} tokens read, {counted[1]} written")


@probe("Async")
def async_chat(target):
    """`chat_async()` answers."""

    async def answer():
        return str(await (await target.chat().chat_async(CAPITAL, echo="none")).get_content())

    answer = asyncio.run(answer())
    return supported("answered", model="Paris" in answer) if answer else unsupported("the answer is empty")


@probe("Several turns")
def several_turns(target):
    """A second question is sent with the first and its answer."""
    chat = target.chat()
    ask(chat, CAPITAL)
    answer = ask(chat, "And of Italy?")
    sent = target.bodies[-1].get("messages") or target.bodies[-1].get("input")
    if len(sent) < 3:
        return unsupported(f"only {len(sent)} messages were sent")
    return supported("the history was sent and taken", model="Rome" in answer)


@probe("System prompt")
def system_prompt(target):
    """The server reads the system prompt: more tokens are read with it than without."""
    counts = []
    for prompt in ("Be brief.", "Be brief. " + "The user lives in Canada. " * 8):
        chat = target.chat(system_prompt=prompt)
        answer = ask(chat, "Where do I live?")
        counts.append(tokens_of(chat)[0])
    if counts[1] - counts[0] < 30:
        return unsupported(f"{counts[0]} and {counts[1]} tokens were read")
    return supported(f"{counts[0]} tokens read, {counts[1]} with 8 more sentences", model="Canada" in answer)


@probe("Very long system prompt")
def long_system_prompt(target):
    """A system prompt of about 2,000 tokens is read whole."""
    chat = target.chat(system_prompt="The user lives in Canada. " * 330)
    answer = ask(chat, CAPITAL)
    read = tokens_of(chat)[0]
    if read < 1900:
        return unsupported(f"only {read} tokens were read")
    return supported(f"{read} tokens were read", model="Paris" in answer)


@probe("Unicode and emoji", follows="schema")
def unicode(target):
    """Of two texts in other scripts with an emoji, the only ones that a JSON schema allows, one comes back whole."""
    asked = "Repeat exactly: Grüße, 東京 🙂"
    return supported(f"came back: {target.chat(tokens=120).chat_structured(asked, data_model=Greeting).text}")
