"""The connection."""

import contextlib
import itertools
import time
from concurrent.futures import ThreadPoolExecutor

from chatlas_doctor.probes.catalog import probe
from chatlas_doctor.probes.outcome import not_applicable, not_run, supported, unsupported
from chatlas_doctor.probes.target import ask

AT_ONCE = 8
STORY = "Tell a long story about a dragon."
STORY_TOKENS = 200


@probe("Uses Chat Completions without being told")
def route(target):
    """At an address that is not OpenAI's, the class asks for `/v1/chat/completions`."""
    with contextlib.suppress(Exception):  # whether it is answered is not the question here
        target.ask("Hello", tokens=5)
    path = target.paths[-1]
    return (supported if path.endswith("/chat/completions") else unsupported)(f"asks for {path}")


@probe("Without a key")
def without_key(target):
    """Where the server asks for no key, none has to be given."""
    if target.api_key != "EMPTY":
        return not_run("this server was started with a key")
    target.ask("Hello", tokens=5, api_key="")
    return supported("answered without a key")


@probe("Stopping half-way")
def cancel(target):
    """Closing a stream frees the server, as its own count of running requests shows."""
    start = time.monotonic()
    target.ask(STORY, tokens=STORY_TOKENS)
    whole = time.monotonic() - start
    if whole < 1:
        return not_run(f"the whole answer takes {whole:.1f} s, too little to show it")
    if target.running() is None:
        return not_run("nothing here counts what the server still works on")
    parts = target.chat(tokens=STORY_TOKENS).stream(STORY)
    taken = len(list(itertools.islice(parts, 3)))
    parts.close()
    start = time.monotonic()
    while target.running():
        if time.monotonic() - start > whole / 2:
            return unsupported(f"after {taken} parts were taken, the server works on for more than {whole / 2:.1f} s")
        time.sleep(0.1)
    target.ask("Hello", tokens=5)
    waited = time.monotonic() - start
    says = f"the next is answered after {waited:.1f} s, the whole answer takes {whole:.1f} s"
    return supported(says) if waited < whole / 2 else unsupported(says)


@probe("Eight requests at once")
def concurrent_requests(target):
    """Eight chats in threads are all answered, each with its own answer."""
    cities = {"France": "Paris", "Germany": "Berlin", "Japan": "Tokyo", "Greece": "Athens"}
    asked = list(itertools.islice(itertools.cycle(cities), AT_ONCE))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda country: target.ask(f"What is the capital of {country}?"), asked))
    if not all(answers):
        return unsupported(f"{sum(map(bool, answers))} of {AT_ONCE} were answered")
    right = sum(cities[country] in answer for country, answer in zip(asked, answers, strict=True))
    return supported(f"{AT_ONCE} of {AT_ONCE} were answered", model=right == AT_ONCE)


@probe("The server restarts")
def reconnect(target):
    """A chat that was begun before a restart goes on after it."""
    if not target.restart:
        return not_run("restarted only with the pinned chatlas, and where the server is ours")
    chat = target.chat(direct=True)
    ask(chat, "What is the capital of France?")
    target.restart()
    answer = ask(chat, "And of Italy?")
    return supported("the chat goes on", model="Rome" in answer)


# The last probe: after a 404 from its server, LiteLLM answers nobody for five seconds.
@probe("The server keeps the conversation")
def stored_answer(target):
    """With `previous_response_id` the server reads the first question again. chatlas does not use it."""
    if target.class_name != "ChatOpenAI":
        return not_applicable("Chat Completions has nothing of the kind: the whole conversation is sent each time")
    client = target.client().responses
    asked = {"model": target.model, "temperature": 0, "max_output_tokens": 16, "store": True}
    first = client.create(input="What is the capital of France?", **asked)
    alone = client.create(input="And of Italy?", **asked).usage.input_tokens
    after = client.create(input="And of Italy?", previous_response_id=first.id, **asked).usage.input_tokens
    says = f"reads {after} tokens after the first question, {alone} without it"
    return supported(says) if after > alone else unsupported(f"accepted and ignored: {says}")
