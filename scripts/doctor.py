"""Says in one sentence what stands between chatlas and your model server, and shows code that works.

    python doctor.py http://localhost:8000

It needs nothing but Python and chatlas: copy this one file anywhere. It looks first (GET requests,
4 seconds in all), then runs the snippet that it recommends, with at most 16 tokens.
"""

import argparse
import contextlib
import dataclasses
import difflib
import fnmatch
import http.client
import importlib.metadata
import ipaddress
import json
import os
import platform
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote, urlsplit

try:
    from chatlas import ChatOpenAI, ChatOpenAICompletions
    from rich.console import Console
    from rich.syntax import Syntax
    from rich.text import Text
except ImportError as error:
    IMPORT_ERROR = error
else:
    IMPORT_ERROR = None

KEY_VARIABLE = "CHATLAS_DOCTOR_API_KEY"
SCHEME_SECONDS = 1.0  # to see whether https is spoken, where no scheme was typed
LOOK_SECONDS = 3.0  # for all other GET requests together
SNIPPET_SECONDS = 60.0  # a server may have to load the model first
FEATURE_SECONDS = 30.0  # for each check of --full
BODY_BYTES = 2 << 20  # of one response; the longest model lists known are a fourth of it
TOKENS = 16  # of an answer that the doctor asks for
SNIPPET_BYTES = 256 << 10  # that the snippet may receive: 16 tokens need a hundredth
PORTS = (8000, 4000, 11434, 1234, 8080)  # what vLLM, LiteLLM, Ollama, LM Studio and llama.cpp listen on by default

KINDS = {  # exit status and meaning of each kind of result
    "ok": (0, "the printed snippet worked, with the address and the model as you gave them"),
    "usage": (2, "the address, the key or an option cannot be read"),
    "name": (3, "the host's name is not known"),
    "no_server": (4, "nothing listens there, or no network leads there"),
    "loading": (5, "the server is still loading its model"),
    "tls": (6, "http and https mixed up, or a certificate that is not trusted"),
    "key": (7, "the server asks for a key, or refuses the one given"),
    "not_api": (8, "something answers, but not as an OpenAI-compatible server does"),
    "server_error": (9, "the server reports an error of its own, or too many requests"),
    "endless": (10, "the server does not finish its answer, or sends too much"),
    "model": (11, "the model id is wrong or not served; the snippet has the right or the closest one, if there is one"),
    "redirect": (12, "the server sends you to another address, which is not followed"),
    "proxy": (13, "a proxy setting catches requests meant for this machine"),
    "install": (14, "chatlas cannot be imported"),
    "snippet": (15, "the server looks right, yet the snippet failed"),
    "feature": (16, "chat works; something that --full checks is refused or ignored"),
    "not_run": (17, "all looks right; nothing was generated, since the host is OpenAI's (--full does it)"),
    "reasoning": (18, "the answer is empty: the server takes all of it for reasoning"),
    "clear_text": (19, "the key was not sent: it would leave in clear text, and http:// was not typed"),
}


class Cause(Exception):
    """What is wrong, once it is known.

    Args:
        kind: a name from KINDS.
        text: the cause, one sentence.
        advice: what to do about it, one sentence each.
    """

    def __init__(self, kind, text, *advice):
        super().__init__(text)
        self.kind, self.text, self.advice = kind, text, list(advice)


# --- Which class for which server -------------------------------------------------------------------
# The same text as the site's recipe "Smart routing"; a test compares the two. `from doctor import chat_for`
# works, too. Below api.openai.com are OpenAI's regional hosts (eu.api.openai.com) and those that ask for a client
# certificate (mtls.api.openai.com, mtls-eu.api.openai.com); only OpenAI can add a name there.


def is_openai(base_url):
    """Whether the host is api.openai.com or below it: a region, or mTLS."""
    return f".{urlsplit(base_url).hostname}".endswith(".api.openai.com")


def chat_for(base_url, model=None, **kwargs):
    """A chat with the class that fits the server at `base_url`."""
    if is_openai(base_url):
        return ChatOpenAI(base_url=base_url, model=model, **kwargs)
    kwargs["api_key"] = kwargs.get("api_key") or "EMPTY"  # not OPENAI_API_KEY
    if model is None:
        chat = ChatOpenAICompletions(base_url=base_url, model="", **kwargs)
        served = [entry["id"] for entry in chat.list_models()]
        if len(served) != 1:
            raise ValueError(f"choose a model with model=, of: {served}")
        model = served[0]
    return ChatOpenAICompletions(base_url=base_url, model=model, **kwargs)


# --- The address ------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Address:
    """Where the server is, taken from what a person typed.

    Attributes:
        scheme, host, port: of the server; the host without brackets.
        given: the path as typed, without a slash at its end.
        prefix: the path in front of /v1.
        typed: whether the scheme was typed; if not, it is the doctor's guess.
    """

    scheme: str
    host: str
    port: int
    given: str
    prefix: str
    typed: bool

    @property
    def where(self):
        """Host and port, with the brackets of IPv6."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def origin(self):
        """Scheme, host and port as in a URL; the port only where it is not the scheme's own."""
        return f"{self.scheme}://{self.where.removesuffix(f':{default_port(self.scheme)}')}"

    @property
    def is_loopback(self):
        """Whether this is the machine that the doctor runs on; 0.0.0.0, which servers print, leads to it."""
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(self.host)
            return address.is_loopback or address.is_unspecified
        return self.host == "localhost" or self.host.endswith(".localhost")

    @property
    def exposes_a_key(self):
        """Whether a key would leave this machine in clear text although nobody typed http://."""
        return self.scheme == "http" and not self.typed and not self.is_loopback

    @property
    def says(self):
        """Where the scheme comes from, as the beginning of a sentence."""
        return f"The URL says {self.scheme}" if self.typed else f"No scheme was typed and {self.scheme} was tried"


def default_port(scheme):
    """443 for https, 80 for http."""
    return 443 if scheme == "https" else 80


def read_address(text):
    """The Address in `text`, in any form that people type.

    Without a scheme, port 443 or 8443, and a host with a dot in its name and no port, are taken for
    https; everything else for http.

    Raises:
        Cause: of kind "usage".
    """
    text = text.strip()
    with contextlib.suppress(ValueError):
        text = f"[{ipaddress.IPv6Address(text)}]"
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        scheme, port, host = parts.scheme.lower(), parts.port, (parts.hostname or "").rstrip(".")
        host = host if ":" in host else host.encode("idna").decode()
    except ValueError:  # UnicodeError is one, too
        host = ""
    if not host or re.search(r"[^\w.:%-]", host) or (scheme or "http") not in ("http", "https"):
        raise Cause("usage", "This is not an address of a server.", "Give one like http://localhost:8000.")
    typed = bool(scheme)
    if not typed:
        named = "." in host and not re.fullmatch(r"[\d.]+", host) and ":" not in host and port is None
        scheme = "https" if named or port in (443, 8443) else "http"
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~", errors="surrogateescape")  # a request line is ASCII
    given = re.sub(r"/{2,}", "/", path).rstrip("/")
    prefix = re.sub(r"/(chat/completions|completions|responses|embeddings|models)$", "", given)
    prefix = re.sub(r"(/v1)+$", "", prefix)
    return Address(scheme, host, port or default_port(scheme), given, prefix, typed)


# --- Asking, with a limit on everything -------------------------------------------------------------


def hidden(text, key):
    """`text` without the key."""
    return text.replace(key, "(your key)") if key else text


@dataclasses.dataclass
class Reply:
    """What a request brought back.

    Attributes:
        status: the HTTP status, or None if no answer began.
        failure: "" or why the answer is not complete: refused, name, unreachable, connect_timeout,
            slow, closed, not_http, tls, certificate, too_big.
        detail: the error's own text, for the failures that have one worth showing.
    """

    status: int | None = None
    headers: dict = dataclasses.field(default_factory=dict)
    body: bytes = b""
    failure: str = ""
    detail: str = ""
    connected: bool = False
    key: str = dataclasses.field(default="", repr=False)

    @property
    def text(self):
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        """The body as JSON, or None if it is none."""
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(self.body)
        return None

    @property
    def content_type(self):
        """The content type without its parameters."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def message(self):
        """The server's own words about an error, as far as they can be found, without the key."""
        found = self.json
        for name in ("error", "message", "detail"):
            if isinstance(found, dict) and name in found:
                found = found[name]
        found = found if isinstance(found, str) else "" if "html" in self.content_type else self.text
        return " ".join(hidden(found, self.key).split())[:300]


def ask(address, path, reply, deadline, key="", payload=None):
    """Send one request and fill in `reply`. Runs in a thread, so that nothing can outlast the deadline.

    http.client sends what is written here and nothing else: no proxy, no .netrc, no redirect.
    """
    left = max(0.05, deadline - time.monotonic())
    if address.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(address.host, address.port, timeout=left, context=context)
    else:
        connection = http.client.HTTPConnection(address.host, address.port, timeout=left)
    headers = {"Accept": "application/json", "User-Agent": "chatlas-doctor"}
    if key:
        reply.key, headers["Authorization"] = key, f"Bearer {key}"
    if payload is not None:
        headers["Content-Type"] = "application/json"
        payload = json.dumps(payload)
    try:
        connection.connect()
        reply.connected = True
        connection.request("POST" if payload else "GET", path, payload, headers)
        response = connection.getresponse()
        reply.headers = {name.lower(): value for name, value in response.getheaders()}
        reply.status = response.status
        while chunk := response.read1(65536):
            reply.body += chunk
            if len(reply.body) > BODY_BYTES:
                reply.failure = "too_big"
                return
    except ssl.SSLCertVerificationError as error:
        reply.failure, reply.detail = "certificate", error.verify_message
    except ssl.SSLError as error:
        reply.failure, reply.detail = "tls", error.reason or ""
    except socket.gaierror:
        reply.failure = "name"
    except ConnectionRefusedError:
        reply.failure = "refused"
    except TimeoutError:
        reply.failure = "slow" if reply.connected else "connect_timeout"
    except (ConnectionError, http.client.RemoteDisconnected, http.client.IncompleteRead):
        reply.failure = "closed"
    except http.client.HTTPException:
        reply.failure = "not_http"
    except OSError as error:
        reply.failure, reply.detail = "unreachable", error.strerror or ""
    finally:
        connection.close()


def ask_all(requests, seconds):
    """Send requests side by side.

    Args:
        requests: the arguments of `ask` up to `path`, and its keywords: (address, path, {...}).
        seconds: what all of them may take together.

    Returns:
        A Reply each, in their order.
    """
    deadline = time.monotonic() + seconds
    replies, threads = [], []
    for address, path, keywords in requests:
        replies.append(Reply())
        arguments = (address, path, replies[-1], deadline)
        threads.append(threading.Thread(target=ask, args=arguments, kwargs=keywords, daemon=True))
        threads[-1].start()
    for index, thread in enumerate(threads):
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            late = replies[index]
            failure = "slow" if late.connected else "connect_timeout"
            replies[index] = Reply(late.status, dict(late.headers), failure=failure, connected=late.connected)
    return replies


# --- What the replies mean --------------------------------------------------------------------------


def model_entries(reply):
    """The entries of a model list as OpenAI's API defines it, or None if this is none."""
    found = reply.json
    entries = found.get("data") if isinstance(found, dict) else None
    if reply.status != 200 or reply.failure or not isinstance(entries, list):
        return None
    return entries if all(isinstance(e, dict) and isinstance(e.get("id"), str) for e in entries) else None


# Measured 2026-11: vLLM 0.32.0, LiteLLM 1.104.5, Ollama 0.24.0 (but for /api/ps) and 0.32.15,
# llama-cpp-python 0.3.36.
# Read 2026-11, not run: llama.cpp's own server (owned_by and the 503 in
# tools/server's source; /props in mvysny.github.io/llama-server-endpoints, build b8681); LM Studio's /api/v0/models
# (lmstudio.ai/docs/api/rest-api; loaded_context_length only in other clients' code), which answers 200 to paths
# that it does not know (lmstudio-bug-tracker#1323).
SIGNS = ("/version", "/health", "/health/liveliness", "/api/version", "/api/ps", "/props", "/api/v0/models", "/")


def identify(signs, entries):
    """Which server this is.

    Args:
        signs: a Reply for each path of SIGNS.
        entries: the model list's entries, or None.

    Returns:
        Its name and its version ("" where nothing tells), and the context length of models in tokens, by id.
    """
    found = {path: reply.json for path, reply in signs.items() if reply.status == 200 and not reply.failure}
    owners = [entry.get("owned_by") for entry in entries or []]
    versions = (value_of(found.get(path), "version") for path in ("/version", "/api/version"))
    version = next((version for version in versions if isinstance(version, str)), "")
    if "vllm" in owners:
        return "vLLM", version, sizes(entries, "max_model_len")
    if "alive" in str(found.get("/health/liveliness")):
        return "LiteLLM", "", sizes(entries, "max_input_tokens")
    if isinstance(value_of(found.get("/api/version"), "version"), str):
        return "Ollama", version, sizes(value_of(found.get("/api/ps"), "models"), "context_length", id="name")
    settings = value_of(found.get("/props"), "default_generation_settings")
    if settings or "llamacpp" in owners:
        build = value_of(found.get("/props"), "build_info")
        size = value_of(settings, "n_ctx")
        context = {entry["id"]: size for entry in entries or [] if isinstance(size, int)}
        return "llama.cpp", build if isinstance(build, str) else "", context
    known = value_of(found.get("/api/v0/models"), "data")
    if known:
        return "LM Studio", "", sizes(known, "max_context_length") | sizes(known, "loaded_context_length")
    if owners and set(map(str, owners)) == {"me"}:  # llama_cpp/server/app.py
        return "llama-cpp-python", "", {}
    name = "" if entries is None else "an OpenAI-compatible server"
    return name, "", sizes(entries, "context_length") | sizes(entries, "max_model_len")


def value_of(found, name):
    """`found[name]` where `found` is a dict that has it, else None."""
    return found.get(name) if isinstance(found, dict) else None


def sizes(entries, name, id="id"):
    """The number `name` of each entry that has one, by the entry's id."""
    entries = entries if isinstance(entries, list) else []
    return {str(value_of(e, id)): value_of(e, name) for e in entries if isinstance(value_of(e, name), int)}


def difference(wanted, name):
    """How two ids of certainly the same model differ, or "" if they may be two models.

    The same are ids that differ in a slash at the end, in `:latest`, in upper and lower case, and in
    folders or an owner in front that one of them lacks. All else is another model, or may be: a tag,
    a size, a version, a quantisation, another owner.
    """
    ends = [text.rstrip("/").removesuffix(":latest") for text in (wanted, name)]
    ours, theirs = ([part for part in end.split("/") if part not in ("", ".")] for end in ends)
    common = min(len(ours), len(theirs))
    ours_end, theirs_end = ours[len(ours) - common :], theirs[len(theirs) - common :]
    if not common or list(map(str.lower, ours_end)) != list(map(str.lower, theirs_end)):
        return ""
    ways = {
        "has a slash too many at its end": wanted.endswith("/") and not name.endswith("/"),
        "lacks the slash at its end": name.endswith("/") and not wanted.endswith("/"),
        "differs in `:latest`": wanted.rstrip("/").endswith(":latest") != name.rstrip("/").endswith(":latest"),
        "differs in upper and lower case": ours_end != theirs_end,
        "differs in its path": len(ours) != len(theirs),
    }
    return " and ".join(way for way, differs in ways.items() if differs) or "differs in its path"


def find_model(wanted, served):
    """The id under which a model list has the model `wanted`.

    Returns:
        The id, and how `wanted` differs from it: "" where the list has `wanted` itself, or a pattern for
        it (LiteLLM's `openai/*`); (None, "") where no id, or more than one, may be said to mean that model.
    """
    if wanted in served or any(fnmatch.fnmatchcase(wanted, name) for name in served if "*" in name):
        return wanted, ""
    found = [(name, way) for name in served if (way := difference(wanted, name))]
    return found[0] if len(found) == 1 else (None, "")


def not_served(wanted, served):
    """The Cause when the list has no model `wanted`, and the id that is spelled most like it, or None."""
    names = {name.lower(): name for name in served if "*" not in name}
    last = wanted.rstrip("/").rsplit("/", 1)[-1].lower()
    near = difflib.get_close_matches(wanted.lower(), names, 1, 0.5) or [name for name in names if last in name]
    near = near or (list(names) if len(names) == 1 else [])
    closest = names[near[0]] if near else None
    text = f"The model {wanted!r} is not served" + (f"; the closest served id is {closest!r}." if closest else ".")
    return Cause("model", text, f"The server lists: {listed(served)}."), closest


def default_model(served):
    """The model that a snippet uses when none is named: the first that is not for embeddings."""
    return next((name for name in served if "embed" not in name.lower()), served[0])


def neighbours(address, seconds):
    """Sentences about model servers on other usual ports of this machine. They are sent no key."""
    others = [dataclasses.replace(address, scheme="http", port=port) for port in PORTS if port != address.port]
    replies = ask_all([(other, "/v1/models", {}) for other in others], seconds)
    found = []
    for other, reply in zip(others, replies, strict=True):
        entries = model_entries(reply)
        if entries:
            found.append(f"A model server answers at {other.origin}/v1 ({listed([e['id'] for e in entries], 3)}).")
        elif reply.status == 401:
            found.append(f"A server that asks for a key answers at {other.origin}.")
    return found


PROCESSES = (  # name, what its command line looks like, its default port
    ("vLLM", r"\bvllm serve |\bvllm[./]entrypoints[./]", 8000),
    ("SGLang", r"\bsglang[. ](launch_server|serve)\b", 30000),
    ("llama.cpp", r"(^|/)llama-server ", 8080),
    ("llama-cpp-python", r"\bllama_cpp\.server ", 8000),
    ("LiteLLM", r"\blitellm .*--(config|model)\b", 4000),
)


def loading_server(port):
    """The name of a model server on this machine that was started for `port`, or "".

    Linux only. A server like vLLM opens its port after it has loaded its model, so that its process
    is the only sign of it. Command lines are read and never shown: they may hold keys.
    """
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = file.read_bytes().decode("utf-8", "replace").replace("\0", " ")
            ports = re.findall(r"--port[= ](\d+)", command)
            for name, sign, usual in PROCESSES:
                if re.search(sign, command) and int(ports[-1] if ports else usual) == port:
                    return name
    return ""


# --- Looking ----------------------------------------------------------------------------------------


def listed(names, most=8):
    """`names` with commas, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def with_its_scheme(address):
    """`address`, with https if no scheme was typed and the server speaks it. No key is sent."""
    secure = dataclasses.replace(address, scheme="https")
    if address.typed or address == secure:
        return address
    reply = ask_all([(secure, "/v1/models", {})], SCHEME_SECONDS)[0]
    return secure if reply.status is not None or reply.failure == "certificate" else address


def look(address, key, wanted, report):
    """Find out by GET requests what answers there, and note it in `report`.

    Raises:
        Cause: the server cannot be used as it is.
    """
    deadline = time.monotonic() + LOOK_SECONDS
    bases = list(dict.fromkeys((f"{address.prefix}/v1", address.given, "/v1")))
    sent = {"key": key or ("" if is_openai(address.origin) else "EMPTY")}
    # https leaves a second to see whether the other side speaks plain http
    seconds = LOOK_SECONDS - (1 if address.scheme == "https" else 0)
    replies = dict(zip(bases, ask_all([(address, f"{b}/models", sent) for b in bases], seconds), strict=True))
    lists = {base: model_entries(reply) for base, reply in replies.items()}
    base = next((base for base in bases if lists[base] is not None), bases[0])
    reply, entries = replies[base], lists[base]
    report.base_url = address.origin + base
    if reply.failure and entries is None:
        raise no_answer(address, reply, deadline)
    signs = {}
    if not is_openai(address.origin):
        requests = [(address, base.removesuffix("/v1") + path, sent) for path in SIGNS]
        signs = dict(zip(SIGNS, ask_all(requests, max(0.1, deadline - time.monotonic())), strict=True))
        report.server, report.version, report.context = identify(signs, entries)
    else:
        report.server = "OpenAI"
    health = signs.get("/health", Reply())
    busy = reply if reply.status == 503 else health if health.status == 503 and "oading" in health.text else None
    if busy:
        says = f" It says: {busy.message}" if busy.message else ""
        text = f"The server is there, but not ready yet: it is still loading, or out of order (503).{says}"
        raise Cause("loading", text, "Wait, and run this again. If it stays so, look at its log.")
    if entries is None and wanted and reply.status in (404, 405) and reply.content_type.endswith("json"):
        return  # a server without a model list: the snippet will tell
    if entries is None:
        raise no_models(address, reply, signs, key, deadline, report)
    if not reply.content_type.endswith("json"):
        raise Cause(
            "not_api",
            f"The model list comes as {reply.content_type or 'no type at all'} instead of application/json, "
            "which the openai client does not accept.",
            "Mend the server, or the proxy in front of it, so that it says Content-Type: application/json.",
        )
    report.models = [entry["id"] for entry in entries]
    if lists.get(address.given) is None:
        report.path_problem = path_problem(address, base)


def path_problem(address, base):
    """What is wrong with the path that was typed, seen from the `base` that works."""
    if re.search(r"/v1/v1(/|$)", address.given):
        return "/v1 is in the URL twice"
    if address.given.startswith(f"{base}/"):
        return f"The URL goes too far, with {address.given.removeprefix(base)} at its end"
    if address.given == address.prefix and base == f"{address.prefix}/v1":
        return "/v1 is missing at the end of the URL"
    return f"The path {address.given} is wrong"


def no_answer(address, reply, deadline):
    """The Cause when no complete answer came back."""
    where = address.where
    left = max(0.2, deadline - time.monotonic())
    if reply.failure == "name":
        return Cause("name", f"The host name {address.host!r} is not known here.", "Check its spelling, and the VPN.")
    if reply.failure == "refused":
        return nothing_listens(address, where, left)
    if reply.failure in ("connect_timeout", "unreachable"):
        why = f" ({reply.detail})" if reply.detail else ""
        text = f"No connection to {where} comes about{why}: the host is down, or a firewall is between."
        return Cause("no_server", text, "Check that the server listens on that interface, not only on 127.0.0.1.")
    if reply.failure == "certificate":
        return Cause(
            "tls",
            f"The certificate of {where} is not trusted: {reply.detail}.",
            "If it is your own, point SSL_CERT_FILE at the file of the authority that signed it.",
        )
    if address.scheme == "https" and reply.failure in ("tls", "slow", "closed"):
        plain = dataclasses.replace(address, scheme="http", port=address.port)
        if ask_all([(plain, "/", {})], left)[0].status is not None:
            text = f"{address.says}, but the server at {where} speaks plain http."
            return Cause("tls", text, f"Use http:// instead: {plain.origin}/v1.")
    if address.scheme == "http" and reply.failure in ("closed", "not_http") and speaks_tls(address, left):
        return mixed_up(address)
    if reply.failure == "tls":
        return Cause("tls", f"The TLS handshake with {where} failed ({reply.detail}).", "Look at the server's log.")
    if reply.failure == "too_big":
        text = f"GET /v1/models at {where} brings more than {BODY_BYTES >> 20} MiB and was cut off: no model list."
        return Cause("endless", text, "Check that this is the model server's address.")
    if reply.failure == "slow":
        text = f"The server at {where} accepts connections, but does not finish its answer"
        return Cause(
            "endless",
            f"{text} within {LOOK_SECONDS:.0f} seconds.",
            "It is overloaded, stuck or not an HTTP server: look at its log.",
        )
    if reply.failure == "not_http":
        return Cause("not_api", f"What listens on {where} does not speak HTTP.", "Check the port.")
    return Cause(
        "not_api",
        f"The server at {where} closes the connection without an answer.",
        "A container's port does that while the server in it is still loading: look at its log, and try again.",
    )


def speaks_tls(address, seconds):
    """Whether a TLS handshake succeeds, with whatever certificate. Nothing is sent after it."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((address.host, address.port), seconds) as plain:
            plain.settimeout(seconds)
            context.wrap_socket(plain, server_hostname=address.host).close()
            return True
    except (OSError, ValueError):
        return False


def mixed_up(address):
    """The Cause when http was typed or tried, and the server speaks https."""
    secure = dataclasses.replace(address, scheme="https")
    text = f"{address.says}, but the server at {address.where} speaks https."
    return Cause("tls", text, f"Use https:// instead: {secure.origin}/v1.")


def nothing_listens(address, where, left):
    """The Cause when the connection is refused."""
    text = f"Nothing listens on {where}: no server runs on that port."
    if not address.is_loopback:
        return Cause("no_server", text, "Check host and port, and that the server listens on that interface (--host).")
    twin = dataclasses.replace(address, host="127.0.0.1" if ":" in address.host else "::1")
    if ask_all([(twin, "/", {})], min(0.5, left))[0].connected:
        text = f"Nothing listens on {where}, but a server does at {twin.origin}: it has only that address."
        return Cause("no_server", text, f"Use {twin.origin}/v1.")
    loading = loading_server(address.port)
    if loading:
        text = f"{loading} is still loading: it was started for port {address.port}, but does not listen there yet."
        return Cause("loading", text, "Wait until its log says that it is ready, and run this again.")
    advice = neighbours(address, min(1.5, left))
    if not advice and (Path("/.dockerenv").exists() or Path("/run/.containerenv").exists()):
        advice = ["This is a container, and localhost is the container itself: use the server's own name."]
    return Cause(
        "no_server", text, *advice, "A server that still loads its model does not listen yet: look at its log."
    )


def no_models(address, reply, signs, key, deadline, report):
    """The Cause when an answer came, but no model list."""
    where, says = address.origin, f" It says: {reply.message}" if reply.message else ""
    litellm = report.server == "LiteLLM"
    if 300 <= reply.status < 400:
        target = urlsplit(reply.headers.get("location", ""))
        to = f"{target.scheme}://{target.netloc.split('@')[-1]}" if target.netloc else "another path"
        text = f"The server sends you on to {to} ({reply.status}), and the doctor follows no redirect."
        return Cause("redirect", text, "If you trust that address, give it instead.")
    left = max(0.1, min(1.5, deadline - time.monotonic()))
    if address.scheme == "http" and reply.status == 400 and speaks_tls(address, left):
        return mixed_up(address)
    refused = litellm and (reply.status == 500 or "No connected db" in reply.text)
    if reply.status in (401, 403) or refused:
        text = "The server refuses this key" if key else "The server asks for a key, and none was given"
        owner = "LiteLLM's master key" if litellm else "the key that the server was started with"
        text = f"{text} ({reply.status}).{says}"
        return Cause("key", text, f"Put {owner} into {KEY_VARIABLE}, and run this again.")
    if reply.status == 429:
        later = reply.headers.get("retry-after", "")
        wait = f"Wait {later} seconds, and try again." if later.isdigit() else "Wait, and try again."
        return Cause("server_error", f"Too many requests: the server answers 429.{says}", wait)
    if reply.status >= 500:
        text = f"The server answers {reply.status} to GET /v1/models.{says}"
        return Cause("server_error", text, "Look at the server's log: the fault is there, not in your code.")
    pages = [r for r in (reply, *signs.values()) if "html" in r.content_type]
    advice = neighbours(address, left) if address.is_loopback else []
    advice.append("Check the port: the model server is at another one, or not running.")
    if pages or reply.content_type == "text/plain":
        name = f" ({reply.headers['server']})" if reply.headers.get("server") else ""
        text = f"A plain web server{name} answers at {where}, not a model server"
        return Cause("not_api", f"{text}: GET /v1/models gives {reply.status}, {reply.content_type}.", *advice)
    text = f"No OpenAI-compatible server answers at {where}: GET /v1/models gives {reply.status}, no model list."
    return Cause("not_api", text + says, *advice)


# --- The snippet ------------------------------------------------------------------------------------

QUESTION = "What is the capital of France?"

# Runs in front of the snippet, in its process: ends it when it receives too much or turns elsewhere, and limits the
# tokens of its answer. The snippet itself has no limit: what the reader copies must not be cut.
GUARD = """
import os, socket, ssl, sys
import chatlas
host, port, left, tokens = sys.argv[1], *map(int, sys.argv[2:])

def bounded(receive):
    def wrapper(self, *arguments):
        global left
        data = receive(self, *arguments)
        left -= len(data)
        if left < 0:
            os._exit(101)
        return data
    return wrapper

def only_there(address, *arguments, connect=socket.create_connection, **keywords):
    if (address[0].strip("[]"), address[1]) != (host, port):
        os._exit(102)
    return connect(address, *arguments, **keywords)

def short(self, *arguments, chat=chatlas.Chat.chat, **keywords):
    self.set_model_params(max_tokens=tokens)
    return chat(self, *arguments, **keywords)

chatlas.Chat.chat = short
socket.socket.recv = bounded(socket.socket.recv)
ssl.SSLSocket.recv = bounded(ssl.SSLSocket.recv)
socket.create_connection = only_there
exec(compile(sys.stdin.read(), "snippet.py", "exec"))
"""


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


def run_snippet(code, address, key):
    """Run the snippet in a process of its own, with at most TOKENS tokens.

    That process has no OPENAI_ variable and uses no proxy, so that the key goes nowhere else.

    Returns:
        What it printed and the seconds it took.

    Raises:
        Cause: it failed.
    """
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("OPENAI_")}
    environment = {**kept, "NO_PROXY": "*", "no_proxy": "*", "PYTHONUTF8": "1", KEY_VARIABLE: key}
    limits = [address.host, str(address.port), str(SNIPPET_BYTES), str(TOKENS)]
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [sys.executable, "-c", GUARD, *limits],
                input=code,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                cwd=folder,
                env=environment,
                timeout=SNIPPET_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise Cause(
                "endless",
                f"The server lists its models, but gives no answer to a chat within {SNIPPET_SECONDS:.0f} seconds.",
                "It is overloaded, or still loads the model: look at its log, and try again.",
            ) from None
    if done.returncode == 101:
        raise Cause("endless", "The server's answer to a chat does not end: it was cut off.", "Look at its log.")
    if done.returncode == 102:
        raise Cause("redirect", "The server sends the chat on to another address, which was not followed.")
    if done.returncode:
        raise snippet_cause(done.stderr, key)
    return done.stdout.strip(), time.monotonic() - start


def snippet_cause(stderr, key):
    """The Cause in the traceback of a snippet that failed, without the key."""
    found = list(re.finditer(r"^([\w.]*(?:Error|Exception|Interrupt))(?:: (.*))?$", stderr, re.MULTILINE))
    error = found[-1][1] if found else "it"
    message = " ".join(stderr[found[-1].start() :].split()) if found else stderr.strip()[-300:]
    shown = hidden(message, key)[:400]
    says = shown.removeprefix(f"{error}: ")
    code = int((re.search(r"Error code: (\d{3})", message) or [0, 0])[1])
    about_model = re.search(r"model\b.*(does not exist|not found|not available)|Invalid model name", message, re.I)
    if about_model and code in (400, 404):
        return Cause("model", f"The server does not know the model id. It says: {says}")
    if code in (401, 403) or "No connected db" in message:
        return Cause("key", f"The server refuses the key. It says: {says}", f"Put the right one into {KEY_VARIABLE}.")
    if code == 404:
        text = "The server lists its models, but has no /v1/chat/completions (404)."
        return Cause("not_api", text, "It may serve only embeddings or completions: see its documentation.")
    if code == 400 and "chat template" in message:
        text = "The model has no chat template: it is a base model, or the template is missing."
        return Cause("snippet", text, "Serve an instruct model, or give the server a chat template.")
    if "No deployments available" in message:
        text = f"The proxy has set the server behind it aside, since that refused an id or a key ({code})."
        return Cause(
            "server_error", text, "Run this again in a few seconds for the first error, or read the proxy's log."
        )
    if code == 429 or code >= 500:
        upstream = re.search(r"Cannot connect|Connection error|upstream", message, re.I)
        who = "The proxy answers, but the server behind it does not" if upstream else "The server fails at the chat"
        return Cause("server_error", f"{who} ({code}). It says: {says}", "Look at the server's log.")
    if error.endswith(("ModuleNotFoundError", "ImportError")):
        return broken_install(shown)
    if error in ("AttributeError", "TypeError", "KeyError", "IndexError") or error.endswith("JSONDecodeError"):
        text = f"The server's answer to a chat is no chat completion: reading it ends in {shown}"
        return Cause("not_api", text, "Look at the server's documentation, and at what stands in front of it.")
    return Cause("snippet", f"The server looks right, yet the snippet ends in {shown}")


def without_streaming(address, report, key):
    """The reply to the snippet's question without streaming, which brings the server's own words.

    The content is a list of parts, as chatlas sends it.
    """
    message = {"role": "user", "content": [{"type": "text", "text": QUESTION}]}
    payload = {"model": report.model, "messages": [message], "temperature": 0, "max_tokens": TOKENS}
    path = report.base_url.removeprefix(address.origin) + "/chat/completions"
    return ask_all([(address, path, {"key": key or "EMPTY", "payload": payload})], FEATURE_SECONDS)[0]


def broken_stream(reply):
    """The Cause when a stream brought nothing, from the reply without streaming, or None."""
    if reply.status is None or reply.status < 400:
        return None
    advice = ["Look at the server's log."]
    if "concatenate str" in reply.message:
        advice = ["The model's chat template takes plain text, and chatlas sends lists: use llama.cpp's llama-server."]
    text = f"The server breaks its stream off. Without streaming, it says ({reply.status}): {reply.message}"
    return Cause("server_error", text, *advice)


def all_reasoning(reply):
    """The Cause when the snippet printed nothing and the reply without streaming is whole, or None."""
    message, ended = first_message(reply), False
    with contextlib.suppress(TypeError, KeyError, IndexError):
        ended = reply.json["choices"][0]["finish_reason"] == "stop"
    if not (ended and reasoning_field(message)) or message.get("content"):
        return None  # also when the reasoning was cut: then the model only ran out of tokens
    return Cause(
        "reasoning",
        "The answer is empty: the server takes all of it for reasoning. Its reasoning parser may not fit the model.",
        "Start vLLM without --reasoning-parser, or with the parser of this model.",
        "Some parsers, such as qwen3, can be told with each chat() that nobody thinks: "
        'kwargs={"extra_body": {"chat_template_kwargs": {"enable_thinking": False}}}.',
    )


def broken_install(message):
    """The Cause when chatlas, or what it needs, cannot be imported."""
    text = f"chatlas cannot be imported by this Python ({sys.executable}): {message}"
    return Cause("install", text, 'Run: pip install --upgrade "chatlas" "openai"')


# --- What --full adds -------------------------------------------------------------------------------


@dataclasses.dataclass
class Feature:
    """One check of --full: its name, whether it works (None: just a fact), and what was seen, in words."""

    name: str
    works: bool | None
    seen: str
    advice: str = ""


def check_features(address, report, key, progress):
    """Ask for streaming, the Responses API, a JSON schema, a tool call, and look for reasoning."""
    base, sent = report.base_url.removeprefix(address.origin), {"key": key or "EMPTY"}
    chat = {"model": report.model, "messages": [{"role": "user", "content": QUESTION}]}
    chat |= {"max_completion_tokens": 32} if is_openai(report.base_url) else {"max_tokens": 32, "temperature": 0}

    def post(path, payload, name):
        progress(name)
        return ask_all([(address, base + path, sent | {"payload": payload})], FEATURE_SECONDS)[0]

    stream = chat | {"stream": True, "stream_options": {"include_usage": True}}
    yield see_stream(post("/chat/completions", stream, "streaming"))
    yield see_responses(
        post("/responses", {"model": report.model, "input": QUESTION, "max_output_tokens": 16}, "Responses API")
    )
    schema = {"type": "object", "properties": {"capital": {"enum": ["Paris", "Rome"]}}, "required": ["capital"]}
    schema["additionalProperties"] = False
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    yield see_schema(post("/chat/completions", chat | {"response_format": wanted}, "structured output"))
    tool = {"name": "get_weather", "description": "The weather in a city.", "parameters": {"type": "object"}}
    tool["parameters"] |= {"properties": {"city": {"type": "string"}}, "required": ["city"]}
    ask_weather = [{"role": "user", "content": "What is the weather in Paris?"}]
    tools = {"messages": ask_weather, "tools": [{"type": "function", "function": tool}], "tool_choice": "auto"}
    yield see_tools(post("/chat/completions", chat | tools, "tools"))
    yield see_reasoning(post("/chat/completions", chat, "reasoning"))


def refusal(reply):
    """Why a check failed, in a few words, or "" if the answer is a complete 200."""
    if reply.failure:
        return f"no complete answer ({reply.failure.replace('_', ' ')})"
    return "" if reply.status == 200 else f"{reply.status} {reply.message}".strip()[:160]


def first_message(reply):
    """The message of a chat completion, or {}."""
    with contextlib.suppress(TypeError, KeyError, IndexError):
        message = reply.json["choices"][0]["message"]
        return message if isinstance(message, dict) else {}
    return {}


def see_stream(reply):
    """Whether chunks arrive, and the token counts with them."""
    why = refusal(reply)
    chunks = [line for line in reply.text.splitlines() if line.startswith("data: {")]
    if why or not chunks:
        return Feature("streaming", False, why or "no chunk arrived")
    usage = any('"usage":{' in line.replace(" ", "") for line in chunks)
    counts = "with token counts" if usage else "without token counts, so that get_tokens() raises a ValueError"
    return Feature("streaming", True, f"{len(chunks)} chunks, {counts}")


def see_responses(reply):
    """Whether /v1/responses is there; a fact, not a fault, since chatlas does not need it."""
    why = refusal(reply)
    seen = f"not there: ChatOpenAI does not work here ({why})" if why else "there, but not needed"
    return Feature("/v1/responses", None, seen)


def see_schema(reply):
    """Whether the answer follows the schema that was asked for."""
    why, answer = refusal(reply), None
    with contextlib.suppress(TypeError, ValueError):
        answer = json.loads(first_message(reply).get("content"))
    if why:
        return Feature("structured output", False, why)
    if isinstance(answer, dict) and answer.get("capital") in ("Paris", "Rome"):
        return Feature("structured output", True, "the answer follows the JSON schema")
    return Feature("structured output", False, "the JSON schema is ignored, or a thinking model had too few tokens")


def see_tools(reply):
    """Whether a request with a tool is accepted, and leads to a call."""
    why = refusal(reply)
    if "--enable-auto-tool-choice" in why:
        return Feature(
            "tools",
            False,
            "vLLM was started without --enable-auto-tool-choice and --tool-call-parser",
            "Start vLLM with both flags; the parser depends on the model (hermes fits many Qwen models).",
        )
    if why:
        advice = "Choose a model whose chat template has tools." if "does not support tools" in why else ""
        return Feature("tools", False, why, "Start llama-server with --jinja." if "--jinja" in why else advice)
    called = bool(first_message(reply).get("tool_calls"))
    return Feature("tools", True, "called" if called else "accepted, but this model answered in words")


def reasoning_field(message):
    """The name of the field of a message that holds reasoning, or None."""
    return next((name for name in ("reasoning", "reasoning_content") if message.get(name)), None)


def see_reasoning(reply):
    """In which field reasoning arrives, if the model reasons."""
    message = first_message(reply)
    if field := reasoning_field(message):
        return Feature("reasoning", None, f"arrives as `{field}` (chatlas 0.19.0 and later read it)")
    if "<think>" in (message.get("content") or ""):
        return Feature("reasoning", None, "arrives inside the text: the server has no reasoning parser set")
    return Feature("reasoning", None, "none seen")


# --- The report -------------------------------------------------------------------------------------


@dataclasses.dataclass
class Report:
    """All that is printed at the end."""

    kind: str = "ok"
    cause: str = ""
    advice: list = dataclasses.field(default_factory=list)
    base_url: str = ""
    server: str = ""
    version: str = ""
    models: list = dataclasses.field(default_factory=list)
    context: dict = dataclasses.field(default_factory=dict)
    model: str | None = None
    path_problem: str = ""
    snippet: str = ""
    worked: bool | None = None
    answer: str = ""
    seconds: float = 0.0
    features: list = dataclasses.field(default_factory=list)


def cleaned(value, key):
    """`value`, in any nesting, without the key and without control characters, which could move the cursor."""
    if dataclasses.is_dataclass(value):
        return dataclasses.replace(value, **cleaned(vars(value), key))
    if isinstance(value, dict):
        return {cleaned(name, key): cleaned(item, key) for name, item in value.items()}
    if isinstance(value, list):
        return [cleaned(item, key) for item in value]
    if isinstance(value, str):
        value = hidden(value, key) if len(key) >= 8 else value  # a shorter one is a dummy, and may be a plain word
        return "".join(c if c.isprintable() or c == "\n" else " " for c in value)
    return value


def proxy_for(address):
    """The name of the proxy setting that a client applies to this address, or ""."""
    proxies = urllib.request.getproxies()
    applies = proxies.get(address.scheme) or proxies.get("all")
    if not applies or urllib.request.proxy_bypass(address.where):
        return ""
    return f"{address.scheme if proxies.get(address.scheme) else 'all'}_proxy".upper()


def examine(arguments, key, report, progress):
    """Do all of it, and fill in `report`.

    Raises:
        Cause: something is wrong.
    """
    address = read_address(arguments.url)
    progress("looking")
    address = with_its_scheme(address)
    report.base_url = f"{address.origin}{address.prefix}/v1"
    proxy, exposed = proxy_for(address), bool(key) and address.exposes_a_key
    try:
        look(address, "" if exposed else key, arguments.model, report)
    except Cause as cause:
        if exposed and cause.kind == "key":
            raise not_sent(address, report) from None
        if exposed and cause.kind in ("server_error", "not_api"):
            cause.advice.append("Your key was not sent in clear text: type http:// to send it.")
        if proxy and not address.is_loopback:
            cause.advice.append(f"{proxy} is set; the doctor does not use that proxy, but your code does.")
        raise
    if proxy and address.is_loopback:
        raise Cause(
            "proxy",
            f"The server is fine, but {proxy} is set: your code's requests to {address.host} go to the proxy.",
            f"Run: export NO_PROXY=localhost,127.0.0.1,::1  (then {report.base_url} is reached directly)",
        )
    if exposed:
        raise not_sent(address, report)
    wanted = arguments.model
    own_host = is_openai(report.base_url)
    if not report.models and not wanted:
        advice = {"Ollama": "Run: ollama pull NAME", "LM Studio": "Load a model in LM Studio."}
        raise Cause("model", "The server runs, but serves no model.", advice.get(report.server, "See its log."))
    report.model = wanted or (None if own_host else default_model(report.models))
    report.snippet = snippet(report.base_url, report.model, bool(key))
    if own_host and not arguments.full:
        raise Cause("not_run", "OpenAI accepts the key. Nothing was generated: that needs --full.")
    progress("running the snippet")
    try:
        report.answer, report.seconds = run_snippet(report.snippet, address, key)
    except Cause as cause:
        report.worked = False
        if cause.kind == "not_api" and "no chat completion" in cause.text:
            raise broken_stream(without_streaming(address, report, key)) or cause from None
        raise about_the_model(cause, wanted, address, key, report) from None
    report.worked = True
    if wanted and report.models and find_model(wanted, report.models)[0] is None:
        cause, closest = not_served(wanted, report.models)
        near = f"; the closest served id is {closest!r}" if closest else ""
        cause.text = f"The server answered, but its list has no model {wanted!r}{near}."
        cause.advice.append("Some servers, such as llama.cpp's, answer any id with the model that they have.")
        raise cause
    if not report.answer and not own_host and (cause := all_reasoning(without_streaming(address, report, key))):
        raise cause
    if arguments.full and not report.model:
        report.features = [Feature("--full", None, "not checked: name a model with --model")]
    elif arguments.full:
        report.features = list(check_features(address, report, key, progress))
    conclude(report)


def about_the_model(cause, wanted, address, key, report):
    """The Cause when the snippet ended in `cause`: a better one if the model id is what is wrong.

    Where another id certainly means the same model, the snippet is run anew with it.
    """
    no_route = cause.kind == "not_api" and "(404)" in cause.text  # all that some servers say of a wrong id
    served, way = find_model(wanted, report.models) if wanted else (wanted, "")
    if not report.models or not (cause.kind == "model" or (no_route and served != wanted)):
        return cause
    if served == wanted:  # it is in the list: what the server says of it is the cause
        cause.advice = [f"Name another one with --model. It lists: {listed(report.models)}."]
        if report.server == "LiteLLM":
            cause.advice.append("If the alias is right, its `model` in the proxy's configuration is not.")
        return cause
    if served is None:
        cause, closest = not_served(wanted, report.models)
        if closest:
            report.model, report.snippet = closest, snippet(report.base_url, closest, bool(key))
            report.worked = None
            cause.advice.append("It may be another model. The code below names it, and was not run.")
        return cause
    report.model, report.snippet = served, snippet(report.base_url, served, bool(key))
    report.answer, report.seconds = run_snippet(report.snippet, address, key)
    report.worked = True
    text = f"The model id is wrong: {wanted!r} {way}; the server calls it {served!r}."
    return Cause("model", text, "Use the snippet below, which has the right id and works.")


def not_sent(address, report):
    """The Cause when the key was kept back, so that it does not leave in clear text; nothing else is wrong."""
    text = f"The key was not sent in clear text to {address.where}: type http:// to send it."
    advice = f"If you trust the network between here and there, give this address: {report.base_url}"
    return Cause("clear_text", text, advice, "https was tried first: the server does not speak it on this port.")


def conclude(report):
    """Put the first line together when the snippet has worked."""
    name = " ".join(filter(None, (report.server, report.version)))
    report.cause = f"chatlas works with {name} at {report.base_url}, model {report.model or '(the default)'}."
    if report.path_problem:
        report.cause = f"{report.path_problem}: use {report.base_url}, and chatlas works ({name})."
    if report.server == "Ollama":
        report.advice.append(f'ChatOllama(model="{report.model}") works, too; its base_url has no /v1.')
    broken = [feature for feature in report.features if feature.works is False]
    if broken:
        report.kind = "feature"
        report.cause = f"Chat works, but not {'; nor '.join(f'{f.name}: {f.seen}' for f in broken)}."
        report.advice += [feature.advice for feature in broken if feature.advice]


def versions():
    """The versions of what speaks to the server."""
    found = [f"{name} {importlib.metadata.version(name)}" for name in ("chatlas", "openai")]
    return ", ".join([*found, f"Python {platform.python_version()}"])


def as_json(report):
    """The report as a dict for --json."""
    result = dataclasses.asdict(report) | {"run_with_max_tokens": TOKENS}
    return {"status": KINDS[report.kind][0], **result, "seconds": round(report.seconds, 2), "client": versions()}


def show(report, console):
    """Print the report: the cause first, then what to do, the facts, and the code."""
    style = "bold green" if report.kind in ("ok", "not_run") else "bold red"

    def say(text, style=""):
        console.print(Text(text.replace("\n", " "), style), soft_wrap=True)

    say(report.cause, style)
    for line in report.advice:
        say(f"  {line}")
    sizes = [f"{m} ({report.context[m]} tokens of context)" if m in report.context else m for m in report.models]
    facts = {
        "base URL": report.base_url,
        "server": " ".join(filter(None, (report.server, report.version))),
        "models": listed(sizes) if sizes else "",
        "client": versions(),
    }
    say("")
    for name, value in facts.items():
        if value:
            say(f"  {name:<10}{value}", "dim" if name == "client" else "")
    for feature in report.features:
        mark = {True: "yes", False: "NO", None: "-"}[feature.works]
        say(f"  {feature.name:<20}{mark:<5}{feature.seen}", "red" if feature.works is False else "")
    if report.snippet:
        capped = f"with a limit of {TOKENS} tokens, which it does not have itself"
        did = {True: f"works (it was run {capped})", False: "was run and failed", None: "was not run"}[report.worked]
        say("")
        say(f"This code {did}:")
        say("")
        code = Syntax(report.snippet, "python", theme="ansi_light", background_color="default")
        console.print(code if console.is_terminal else Text(report.snippet), soft_wrap=True)
    if report.worked:
        thinks = f"nothing: a thinking model may spend all {TOKENS} tokens on it"
        silent = "nothing" if report.kind == "reasoning" else thinks
        answer = report.answer or silent
        say(f"It printed, in {report.seconds:.1f} s: {answer[:300]}")


def read_arguments():
    """The command line."""
    statuses = "\n".join(f"  {status:>3}  {meaning}" for status, meaning in KINDS.values())
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"The key goes to the URL's own host only, and is never printed. To another machine it leaves in clear\n"
        f"text only if you typed http://. Redirects and proxies are not used.\n"
        f"Nothing is generated at OpenAI's own hosts without --full.\n\nexit status:\n{statuses}\n  130  interrupted",
    )
    parser.add_argument("url", help="the server's address in any form, with or without http:// and /v1")
    parser.add_argument(
        "--api-key", metavar="KEY", help=f"the server's key; safer as {KEY_VARIABLE} in the environment"
    )
    parser.add_argument("--model", metavar="ID", help="the model id that your code uses")
    parser.add_argument("--full", action="store_true", help="also check streaming, tools, JSON schema, /v1/responses")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser.parse_args()


def main():
    """Run the examination and print its report; returns the exit status."""
    arguments = read_arguments()
    if IMPORT_ERROR:
        cause, status = broken_install(str(IMPORT_ERROR)), KINDS["install"][0]
        result = {"status": status, "kind": "install", "cause": cause.text, "advice": cause.advice}
        print(json.dumps(result, indent=2) if arguments.json else "\n  ".join([cause.text, *cause.advice]))
        return status
    key = os.environ.get(KEY_VARIABLE, "") if arguments.api_key is None else arguments.api_key
    sys.stdout.reconfigure(errors="replace")  # a console may lack a letter of the model's answer
    console, report = Console(highlight=False, markup=False), Report()
    status = Console(stderr=True, highlight=False, markup=False).status("")
    try:
        if not key.isascii() or not key.isprintable() or " " in key:
            raise Cause("usage", "The key has a blank, a line break or a letter that no key has.", "Copy it anew.")
        with status:
            examine(arguments, key, report, lambda step: status.update(f"{step} ..."))
    except Cause as cause:
        report.kind, report.cause, report.advice = cause.kind, cause.text, cause.advice
        if report.path_problem:
            report.advice.append(f"{report.path_problem}, too: use {report.base_url}.")
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    report = cleaned(report, key)
    if arguments.json:
        print(json.dumps(as_json(report), indent=2))
    else:
        show(report, console)
    return KINDS[report.kind][0]


if __name__ == "__main__":
    sys.exit(main())
