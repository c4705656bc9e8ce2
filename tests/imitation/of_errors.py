"""The imitation behind notebooks/errors/imitation.ipynb: python -m tests.imitation.of_errors PORT.

At http://localhost:PORT/v1/NAME it answers as tests/imitation/recorded/errors/NAME.json says:

    {"imitates": "which server, which version",
     "source": "https://…", "date": "2026-11",
     "answers": [{"when": "\"tools\"", "status": 400, "body": {"error": …}}]}

The first answer counts whose `when` is in the request ("POST /chat/completions " and its JSON), or that has none; one
with `times` counts that often, and anew for each word behind a + in the address (NAME+again). It holds a `status` and
a `body` (JSON, or a text), or the `events` of a stream; `cut` breaks the connection off behind them, `wait` holds them
back for as many seconds. `silent` closes the connection without a word. Where no answer fits, the server is a whole
one (openai_like.py). The port speaks https, too, with a certificate of its own making.
"""

import collections
import json
import math
import socket
import sys
import threading
import time
from pathlib import Path

from tests.imitation.certificate import self_signed
from tests.imitation.openai_like import openai_like
from tests.imitation.server import MODELS, Server, reply, running

RECORDED = Path(__file__).parent / "recorded" / "errors"
LIMIT = 3600  # seconds, after which it ends by itself
WHOLE = openai_like()
GIVEN = collections.Counter()  # how often each answer was given


def answer(handler, what):
    """Send what a recorded answer says."""
    time.sleep(what.get("wait", 0))
    if what.get("silent"):
        handler.close_connection = True
        return None
    if "events" not in what:
        return reply(handler, what["status"], what["body"], **what.get("headers", {}))
    lines = "".join(f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n" for event in what["events"])
    if what.get("cut"):
        lines = f"{len(lines.encode()):x}\r\n{lines}\r\n"  # a piece, and never the end of all pieces
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(lines.encode())
        return None
    return reply(handler, 200, lines, "text/event-stream")


def behave(handler):
    """A behaviour: that of the recording which the address names."""
    name, _, rest = handler.path.removeprefix("/v1/").partition("/")
    if handler.path == "/health" or (handler.command == "GET" and name == "models"):
        return reply(handler, 200, MODELS)
    file = RECORDED / f"{name.partition('+')[0]}.json"
    asked = f"{handler.command} /{rest} {json.dumps(handler.body)}"
    answers = json.loads(file.read_text())["answers"] if file.exists() else []
    for number, each in enumerate(answers if handler.command == "POST" else []):
        if each.get("when", "") in asked and GIVEN[name, number] < each.get("times", math.inf):
            GIVEN[name, number] += 1
            return answer(handler, each)
    handler.path = f"/v1/{rest.removeprefix('v1/')}"
    return WHOLE(handler)


class EitherServer(Server):
    """A Server whose port speaks http and https: a TLS connection begins with the byte 0x16."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.context = self_signed()

    def finish_request(self, request, client_address):
        request.settimeout(60)  # seconds for a client to say something
        if request.recv(1, socket.MSG_PEEK) != b"\x16":
            return super().finish_request(request, client_address)
        with self.context.wrap_socket(request, server_side=True) as secure:
            return super().finish_request(secure, client_address)


if __name__ == "__main__":
    with running(EitherServer(behave, port=int(sys.argv[1]))):
        threading.Event().wait(LIMIT)
