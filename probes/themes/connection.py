"""The connection."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor

from probes.catalog import probe
from probes.outcome import not_run, supported, unsupported
from probes.target import ask

AT_ONCE = 8


@probe("Stopping half-way")
def cancel(target):
    """Closing a stream frees the server: it stops within 3 seconds, long before the answer's end."""
    parts = target.chat(tokens=1500).stream("Count from one to one thousand in words.")
    taken = len(list(itertools.islice(parts, 3)))
    parts.close()
    start = time.monotonic()
    while target.running():
        if time.monotonic() - start > 3:
            return unsupported(f"after {taken} parts were taken, the server works on for more than 3 seconds")
        time.sleep(0.1)
    target.ask("Hello", tokens=5)
    waited = time.monotonic() - start
    return supported("it stops, and answers the next") if waited < 5 else unsupported(f"next answer in {waited:.0f} s")


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
