"""Answers on loopback with recorded exchanges, for tests of the client side where no server can run."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

RECORDED = Path(__file__).parent / "recorded"


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


@contextlib.contextmanager
def replaying(*names):
    """A server that answers each request with the next of these recordings.

    Args:
        names: files below tests/imitation/recorded. A recording answers only its own method and route; a
            GET may be repeated.

    Yields:
        The server's address without a path, and the list of request bodies that it received.
    """
    waiting, received = [read(RECORDED / name) for name in names], []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            received.append(json.loads(body) if body else None)
            mine = [entry for entry in waiting if entry[:2] == (self.command, self.path)]
            if not mine:
                self.send_error(599, f"no recording of {self.command} {self.path} is left")
                return
            if self.command == "POST":
                waiting.remove(mine[0])
            _, _, _, status, content_type, content = mine[0]
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        server.server_close()
