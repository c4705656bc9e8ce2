"""The one imitation server: it notes each request, and answers as a behaviour tells it to."""

import contextlib
import http.server
import json
import socket
import threading

KEY = "sk-of-the-reader-0123456789"  # what tests send as a reader's key, and look for where it must not be
MODELS = {"object": "list", "data": [{"id": "m", "object": "model", "owned_by": "somebody"}]}


def reply(handler, status, body, content_type="application/json", **headers):
    """Send a whole answer; what is neither bytes nor text is sent as JSON."""
    body = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    handler.send_response(status)
    for name, value in {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


class Handler(http.server.BaseHTTPRequestHandler):
    """Notes a request, and lets the server's behaviour answer; `body` is the JSON that was sent, None without any."""

    timeout = 60  # seconds for a client to say something

    def do_GET(self):
        with contextlib.suppress(OSError):
            self.body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.server.seen.append((self.command, self.path, headers))
            if self.command == "POST":
                self.server.asked.append(self.body)
            self.server.behave(self)

    do_POST = do_GET

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    """An imitation on a loopback address.

    Args:
        behave: the behaviour, a function of a Handler.
        host: the address.
        port: 0 for one that is free.
        context: an ssl.SSLContext for a server that speaks https.

    Attributes:
        url: its address without a path.
        seen: the method, the path and the headers of each request.
        asked: the JSON of each POST.
        unexpected: the method and the path of each request that no recording was left for.
    """

    block_on_close = False

    def __init__(self, behave, host="127.0.0.1", port=0, context=None):
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Handler)
        self.behave, self.port = behave, self.server_address[1]
        self.seen, self.asked, self.unexpected = [], [], []
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        where = f"[{host}]" if ":" in host else "localhost" if context else host
        self.url = f"{'https' if context else 'http'}://{where}:{self.port}"

    @property
    def keys(self):
        """The `Authorization` headers that it was sent, None for a request without one."""
        return {headers.get("authorization") for _, _, headers in self.seen}

    def handle_error(self, request, client_address):
        pass


@contextlib.contextmanager
def running(server):
    """Let a socketserver serve from a thread, for the length of a `with` block."""
    with server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def serving(behave, **options):
    """A Server that behaves so, for the length of a `with` block."""
    return running(Server(behave, **options))
