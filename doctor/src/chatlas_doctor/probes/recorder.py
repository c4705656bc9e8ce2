"""Stands between a client and a server, and notes what goes over the wire: the probes' evidence."""

import http.client
import http.server
import json
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

KEPT = 200_000  # bytes of each response: a stream of 100 parts with room to spare
LIMIT = 120  # seconds that a server may be silent
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "accept-encoding"}
HELD = HOP | {"location"}  # a client that is sent on would go there past the recorder


@dataclass
class Exchange:
    """One request and its response. Headers are not kept, and so no keys."""

    method: str
    path: str
    request: object
    status: int = 0
    response: str = ""


class Recorder:
    """A loopback server that forwards everything to `target` (http://host:port/prefix), byte by byte as it comes.

    Attributes:
        root: the address to give to a client, without a path.
        exchanges: what was forwarded since the last clear(), in order.
    """

    def __init__(self, target):
        self.target = urlsplit(target)
        self.exchanges = []
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.root = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def clear(self):
        """Forget what was noted."""
        self.exchanges = []

    def close(self):
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(recorder):
        class Handler(http.server.BaseHTTPRequestHandler):
            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                try:
                    request = json.loads(body) if body else None
                except ValueError:
                    request = f"{len(body)} bytes"
                exchange = Exchange(self.command, self.path, request)
                recorder.exchanges.append(exchange)
                secure = recorder.target.scheme == "https"
                kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
                upstream = kind(recorder.target.hostname, recorder.target.port, timeout=LIMIT)
                try:
                    headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
                    upstream.request(self.command, recorder.target.path + self.path, body, headers)
                    response = upstream.getresponse()
                    exchange.status = response.status
                    self.send_response(response.status)
                    for name, value in response.getheaders():
                        if name.lower() not in HELD:
                            self.send_header(name, value)
                    self.send_header("Connection", "close")
                    self.end_headers()
                    while piece := response.read1(65536):
                        exchange.response += piece.decode(errors="replace")[: KEPT - len(exchange.response)]
                        self.wfile.write(piece)
                        self.wfile.flush()
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the client hung up, so the server is hung up on, too
                finally:
                    upstream.close()

            do_GET = do_POST = do_DELETE = do_HEAD = forward

            def log_message(self, *args):
                pass

        return Handler
