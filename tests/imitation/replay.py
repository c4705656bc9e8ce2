"""Plays back recorded exchanges of real servers, for tests of the client side where these cannot run."""

import json
from pathlib import Path

from tests.imitation.server import reply, serving

RECORDED = Path(__file__).parent / "recorded"
AT_REST = (
    "01_get_v1_models",
    "04_get_api_version",
    "05_get_api_tags",
    "06_get_root",
    "11_chat_completions_stream_usage",
)


def read(path):
    """A recorded exchange: method, path, request body (None without one), status, content type, body in bytes."""
    request, response = path.read_text().split("\n=== RESPONSE ===\n")
    request_head, _, request_body = request.partition("\n\n")
    head, _, body = response.partition("\n\n")
    method, route, _ = request_head.splitlines()[0].split()
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:])
    status = int(head.split()[1])
    sent = json.loads(request_body) if request_body.strip() else None
    return method, route, sent, status, headers.get("content-type", "text/plain"), body.strip().encode() + b"\n\n"


def replaying(*names):
    """A server that answers each request with the next of these recordings, for the length of a `with` block.

    A recording answers only its own method and route; a GET may be repeated. Where none is left, the answer is a
    599 that says so, and the request is noted in the server's `unexpected`.

    Args:
        names: files below tests/imitation/recorded.
    """
    waiting = [read(RECORDED / name) for name in names]

    def behave(handler):
        asked = (handler.command, handler.path)
        mine = next((entry for entry in waiting if entry[:2] == asked), None)
        if not mine:
            handler.server.unexpected.append(asked)
            return reply(handler, 599, f"no recording of {' '.join(asked)} is left", "text/plain")
        if handler.command == "POST":
            waiting.remove(mine)
        return reply(handler, mine[3], mine[5], mine[4])

    return serving(behave)


def ollama(handler):
    """A behaviour: what a real Ollama 0.24.0 said, as often as it is asked."""
    for name in AT_REST:
        method, route, _, status, content_type, body = read(RECORDED / f"ollama-0.24.0/{name}.txt")
        if (method, route) == (handler.command, handler.path):
            return reply(handler, status, body, content_type)
    return reply(handler, 404, "404 page not found", "text/plain")
