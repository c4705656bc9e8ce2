"""Asking a server, with a limit on everything."""

import contextlib
import dataclasses
import http.client
import json
import re
import socket
import ssl
import threading
import time
import zlib

BODY_BYTES = 8 << 20  # of one response; the longest model lists known have 6 million bytes


def hidden(text, key):
    """`text` without the key."""
    return text.replace(key, "(your key)") if key else text


def value_of(found, name):
    """`found[name]` where `found` is a dict that has it, else None."""
    return found.get(name) if isinstance(found, dict) else None


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
    body: bytearray = dataclasses.field(default_factory=bytearray)
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
    def is_page(self):
        """Whether the body is a page for people."""
        return "html" in self.content_type

    @property
    def title(self):
        """What a page's title says."""
        found = re.search(r"<title[^>]*>(.*?)</title>|<h1[^>]*>(.*?)</h1>|<p>(.*?)</p>", self.text, re.I | re.S)
        return " ".join(re.sub("<[^>]*>", " ", next(filter(None, found.groups()))).split()) if found else ""

    @property
    def message(self):
        """The server's own words about an error, in whatever form they come, without the key."""
        said = self.title if self.is_page else words(self.json) or ("" if self.json is not None else self.text)
        return " ".join(hidden(said, self.key).split())[:300]

    @property
    def says(self):
        """The server's words as a sentence to append, or ""."""
        return f" It says: {self.message}" if self.message else ""


def words(found):
    """The words in an error: OpenAI's object, a text, FastAPI's `detail` in its three forms, or a provider's own."""
    if isinstance(found, str):
        return found
    if isinstance(found, list):
        return "; ".join(filter(None, map(words, found)))
    if not isinstance(found, dict):
        return ""
    if found.get("msg"):
        place = [str(part) for part in found["loc"]] if isinstance(found.get("loc"), list) else []
        return f"{'.'.join(place)}: {found['msg']}" if place else str(found["msg"])
    raw = value_of(found.get("metadata"), "raw")
    said = next((said for name in ("error", "message", "detail", "errors") if (said := words(found.get(name)))), "")
    return f"{said}: {raw}" if said and isinstance(raw, str) else said


def ask(address, path, reply, deadline, key="", payload=None):
    """Send one request and fill in `reply`. Runs in a thread, so that nothing can outlast the deadline.

    http.client sends what is written here and nothing else: no proxy, no .netrc, no redirect, no second try.
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
            reply.body.extend(chunk)
            if len(reply.body) > BODY_BYTES:
                reply.failure = "too_big"
                return
        unpack(reply)
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
    except http.client.HTTPException as error:
        reply.failure, reply.detail = "not_http", " ".join(str(error).split())[:60]
    except OSError as error:
        reply.failure, reply.detail = "unreachable", error.strerror or ""
    finally:
        connection.close()


def unpack(reply):
    """Undo gzip or deflate, which some servers send unasked; a body that would grow too large counts as too big."""
    if reply.headers.get("content-encoding", "").strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return
    with contextlib.suppress(zlib.error):
        body = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(reply.body, BODY_BYTES)
        reply.body = body
        if len(body) == BODY_BYTES:
            reply.failure = "too_big"


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
            replies[index] = Reply(
                late.status, dict(late.headers), late.body, failure, connected=late.connected, key=late.key
            )
    return replies


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
