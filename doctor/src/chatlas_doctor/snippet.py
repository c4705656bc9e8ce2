"""The code that is recommended for a server, and a run of it with the reader's Python."""

import contextlib
import dataclasses
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.request
from urllib.parse import urlsplit

from chatlas_doctor.address import is_openai
from chatlas_doctor.causes import KEY_VARIABLE, Cause

QUESTION = "What is the capital of France?"
TOKENS = 16  # of an answer that the doctor asks for
SNIPPET_SECONDS = 60  # a server may have to load the model first
SNIPPET_BYTES = 256 << 10  # that the snippet may receive: 16 tokens need a hundredth

# Runs in front of the snippet, in its process. It ends the process when that receives too much, turns elsewhere, or
# waits for more of a stream that stands still; it limits the tokens of the answer, and has the client try once, so
# that a refusal is seen at once. The snippet itself has none of this: what the reader copies must not be cut.
GUARD = """
import functools, json, os, re, socket, ssl, sys, threading, time
early = set(sys.modules)
import chatlas, openai
allowed, folder, (left, tokens, limit) = json.loads(sys.argv[1]), sys.argv[2], map(int, sys.argv[3:])
seen, last, asked = bytearray(), time.monotonic(), None

def bounded(receive):
    def wrapper(self, *arguments):
        global left, last
        data = receive(self, *arguments)
        left, last = left - len(data), time.monotonic()
        seen.extend(data)
        if left < 0:
            os._exit(101)
        return data
    return wrapper

def only_there(address, *arguments, connect=socket.create_connection, **keywords):
    global asked
    if [address[0].strip("[]"), address[1]] not in allowed:
        os._exit(102)
    asked = asked or time.monotonic()
    return connect(address, *arguments, **keywords)

def short(self, *arguments, chat=chatlas.Chat.chat, **keywords):
    self.set_model_params(max_tokens=tokens)
    return chat(self, *arguments, **keywords)

def once(init):
    @functools.wraps(init)
    def wrapper(self, *arguments, **keywords):
        init(self, *arguments, **{"max_retries": 0, **keywords})
    return wrapper

def streams():
    return b"text/event-stream" in seen and b"content-encoding" not in bytes(seen[:4096]).lower()

def ended():
    return re.search(rb'\\[DONE\\]|"finish_reason": ?"', seen)

def watch():
    while True:
        time.sleep(0.25)
        if streams() and time.monotonic() - last > (5 if ended() else 25):
            os._exit(103 if ended() else 104)
        if asked and time.monotonic() - asked > limit:
            os._exit(106)

chatlas.Chat.chat = short
for client in (openai.OpenAI, openai.AsyncOpenAI):
    client.__init__ = once(client.__init__)
socket.socket.recv = bounded(socket.socket.recv)
ssl.SSLSocket.recv = bounded(ssl.SSLSocket.recv)
socket.create_connection = only_there
threading.Thread(target=watch, daemon=True).start()
exec(compile(sys.stdin.buffer.read().decode(), "snippet.py", "exec"))
sys.stdout.flush()
for name in {name.partition(".")[0] for name in sys.modules.keys() - early} - set(sys.builtin_module_names):
    own = [place for place in (f"{name}.py", os.path.join(name, "__init__.py"))
           if os.path.isfile(os.path.join(folder, place))]
    if own and not (getattr(sys.modules.get(name), "__file__", None) or "").startswith(folder):
        sys.stderr.write(own[0])
        sys.stderr.flush()
        os._exit(107)
if streams() and not ended():
    os._exit(105)
"""
ENDS = {
    101: ("endless", "The server's answer to a chat does not end: it was cut off.", "Look at its log."),
    102: ("redirect", "The server sends the chat on to another address, which was not followed."),
    103: (
        "endless",
        "The server gives its whole answer to a chat, and then never ends the stream: no [DONE], no close.",
        "A client waits on and on. Look for a proxy that holds connections open (buffering, keep-alive).",
    ),
    104: (
        "endless",
        "The server begins the stream of its answer to a chat, and then sends nothing for 25 seconds: it is stuck.",
        "Look at its log, and at a proxy's buffering.",
    ),
    105: (
        "endless",
        "The stream of the server's answer to a chat breaks off in the middle: it has no end.",
        "The server may have died during the answer: look at its log, and at a proxy's time limits.",
    ),
    106: (
        "endless",
        f"The server gives no answer to a chat within {SNIPPET_SECONDS} seconds.",
        "It is overloaded, or still loads the model: look at its log, and try again.",
    ),
}


@dataclasses.dataclass
class Run:
    """What a run of the snippet came to: what it printed, or the error it ended in."""

    answer: str = ""
    seconds: float = 0.0
    error: str = ""
    missing: bool = False  # chatlas, or what it needs, cannot be imported


def literal(value):
    """`value` as Python source with double quotes. It may come from a server: repr escapes what could break out."""
    return '"' + repr(value)[1:-1].replace('"', '\\"') + '"'


def snippet(base_url, model, has_key):
    """The program that is recommended for this server."""
    name = "ChatOpenAI" if is_openai(base_url) else "ChatOpenAICompletions"
    lines = ["import os", ""] if has_key else []
    lines += [f"from chatlas import {name}", ""]
    if has_key:
        lines.append(f"# First, in your shell: export {KEY_VARIABLE}='the key of your server'")
        lines.append(f'if not os.environ.get("{KEY_VARIABLE}"):')
        lines += [f'    raise ValueError("Set {KEY_VARIABLE} to the key of your server first.")', ""]
    lines += [f"chat = {name}(", f"    base_url={literal(base_url)},"]
    lines.append(f'    api_key=os.environ["{KEY_VARIABLE}"],' if has_key else '    api_key="EMPTY",')
    lines += [f"    model={literal(model)},"] if model else []
    lines += [")"] if is_openai(base_url) else [")", "chat.set_model_params(temperature=0)"]
    lines.append(f'print(chat.chat("{QUESTION}", echo="none"))')
    return "\n".join(lines) + "\n"


def proxies_of(address, key):
    """The host and port of each proxy that the reader's settings name; None where a proxy would read the key.

    That is so where a key goes to an http:// address: to https:// it goes through a proxy encrypted.
    """
    places = []
    for value in urllib.request.getproxies().values():
        parts = urlsplit(value if "://" in value else f"//{value}")
        with contextlib.suppress(ValueError):
            places.append([parts.hostname, parts.port or {"https": 443}.get(parts.scheme, 80)])
    applies = places and not urllib.request.proxy_bypass(address.where)
    return None if key and applies and address.scheme == "http" else places


def run_snippet(code, address, key, program):
    """Run the snippet with the Python `program` in a process of its own, with at most TOKENS tokens and one try.

    That process has no OPENAI_ variable, so that the key of another server goes nowhere. It uses the reader's proxies
    as the reader's own code does, unless one would read the key. It runs in an empty folder: what lies
    in the reader's is looked at, and never run.

    Returns:
        A Run.

    Raises:
        Cause: it had to be ended.
    """
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("OPENAI_")}
    environment = {**kept, "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8", KEY_VARIABLE: key}
    proxies = proxies_of(address, key)
    if proxies is None:
        environment |= {"NO_PROXY": "*", "no_proxy": "*"}
    allowed = json.dumps([[address.host, address.port], *(proxies or [])])
    limits = [allowed, os.getcwd(), str(SNIPPET_BYTES), str(TOKENS), str(SNIPPET_SECONDS)]
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [program, "-c", GUARD, *limits],
                input=code,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                cwd=folder,
                env=environment,
                timeout=2 * SNIPPET_SECONDS,  # for importing chatlas, too
            )
        except subprocess.TimeoutExpired:
            text = f"Your Python did not come to ask the server within {2 * SNIPPET_SECONDS} seconds."
            advice = "This machine is too busy; of the server nothing wrong was seen. Try again."
            raise Cause("snippet", text, advice) from None
    if done.returncode == 107:
        name = done.stderr.rpartition("\n")[2]
        text = f"chatlas works, but {name} in this folder hides the package of that name from code that lies here."
        raise Cause("snippet", text, f"Give {name} another name.")
    if done.returncode in ENDS:
        raise Cause(*ENDS[done.returncode])
    found = list(re.finditer(r"^([\w.]*(?:Error|Exception|Interrupt))(?:: .*)?$", done.stderr, re.MULTILINE))
    error = " ".join(done.stderr[found[-1].start() :].split()) if found else done.stderr.strip()[-300:]
    missing = bool(found) and found[-1][1].endswith(("ModuleNotFoundError", "ImportError")) and "SOCKS" not in error
    return Run(done.stdout.strip(), time.monotonic() - start, (error or "no word") if done.returncode else "", missing)
