"""What listens at the port is something else, in another way, or nothing."""

from tests.imitation.server import reply
from tests.setups.setup import WORKS, Setup, answers, page

POSTGRES = b""  # it closes a connection whose first bytes are no start-up packet that it knows
SILENT_NAMES = ("HTTP|answer|clos|OpenAI",)
VITE = (
    '<!doctype html><html lang="en"><head><script type="module" src="/@vite/client"></script><title>Vite + React'
    '</title></head><body><div id="root"></div></body></html>'
)


def files(handler):
    """`python -m http.server`."""
    handler.version_string = lambda: "SimpleHTTP/0.6 Python/3.12.3"
    if handler.command == "POST":
        return reply(handler, 501, "<p>Message: Unsupported method ('POST').</p>", "text/html;charset=utf-8")
    return reply(handler, 404, "<p>Message: File not found.</p>", "text/html;charset=utf-8")


def jupyter(handler):
    handler.version_string = lambda: "TornadoServer/6.5"
    if handler.command == "POST":
        return reply(handler, 403, "<title>Jupyter Server</title>'_xsrf' argument missing", "text/html")
    if handler.path.startswith("/login"):
        return reply(handler, 200, "<title>Jupyter Server</title>", "text/html")
    return reply(handler, 302, "", "text/html", Location="/login?next=" + handler.path)


SETUPS = [
    Setup(
        "nothing listens",
        "connect(2): ECONNREFUSED",
        None,
        ("nothing (listens|answers)|no server|refused",),
        ("key", "model .* not"),
        call=("http://127.0.0.1:{port}/v1",),
    ),
    Setup(
        "the port was forgotten, and nothing listens on 80",
        "RFC 9110, 4.2.1: http without a port is port 80",
        None,
        ("port",),
        call=("http://127.0.0.44/v1",),
    ),
    Setup(
        "a host that does not exist",
        "RFC 6761: .invalid",
        None,
        ("name|host",),
        ("nothing listens on port",),
        call=("http://my-gpu-box.invalid:8000/v1",),
    ),
    Setup(
        "python -m http.server",
        "CPython 3.12, Lib/http/server.py; 2026-11",
        files,
        ("not an|does not|no OpenAI|no /v1|web server",),
        ("nothing listens", "key"),
    ),
    Setup(
        "a development server that answers every path with its page",
        "vite.dev, appType 'spa'; 2026-11",
        answers(200, VITE, "text/html", server="vite"),
        ("page|HTML|web",),
        ("nothing listens",),
    ),
    Setup(
        "Jupyter on 8888",
        "jupyter-server 2.17, auth/login.py; 2026-11",
        jupyter,
        ("Jupyter|log ?in|sign|redirect|sends",),
        ("nothing listens",),
    ),
    Setup("PostgreSQL", "postgresql.org/docs/current/protocol-flow.html; 2026-11", None, SILENT_NAMES, raw=POSTGRES),
    Setup(
        "Redis",
        "redis 7.4, networking.c: it closes on `POST` and `Host:` (security attack detected); 2026-11",
        None,
        SILENT_NAMES,
        raw=b"-ERR wrong number of arguments for 'get' command\r\n",
    ),
    Setup("SSH", "RFC 4253, 4.2", None, ("SSH|HTTP",), raw=b"SSH-2.0-OpenSSH_9.9\r\n"),
    Setup(
        "MySQL",
        "dev.mysql.com, HandshakeV10; 2026-11",
        None,
        ("HTTP|MySQL",),
        raw=b"J\x00\x00\x00\n8.4.3\x00\x08\x00\x00\x00mysql_native_password\x00",
    ),
    Setup(
        "https is spoken, http was typed",
        "OpenSSL's server closes on a plain request",
        names=("https",),
        misleads=("nothing listens", "not an? OpenAI"),
        tls=True,
        call=("http://127.0.0.1:{port}/v1",),
    ),
    Setup(
        "nginx says itself that https is spoken",
        "github.com/langchain-ai/langchainjs/issues/1716; 2026-11",
        page(400, "400 The plain HTTP request was sent to HTTPS port"),
        ("https",),
    ),
    Setup(
        "Go's server says itself that https is spoken",
        "Go, net/http/server.go: Client sent an HTTP request to an HTTPS server.; 2026-11",
        answers(400, "Client sent an HTTP request to an HTTPS server.\n", "text/plain"),
        ("https",),
    ),
    Setup(
        "http is spoken, https was typed",
        "OpenSSL: WRONG_VERSION_NUMBER",
        names=("http://|without TLS|not https",),
        misleads=("certificate", "nothing listens"),
        call=("https://127.0.0.1:{port}/v1",),
    ),
    Setup(
        "a certificate that nobody signed",
        "OpenSSL: CERTIFICATE_VERIFY_FAILED",
        names=("certificate",),
        misleads=("nothing listens",),
        tls=True,
        call=("https://localhost:{port}/v1",),
    ),
    Setup(
        "port 8443 without a scheme: TLS, and the key does not leave in clear text",
        "kept-back set-up of 26 November 2026; IANA: 8443 is pcsync-https",
        names=("https|certificate|TLS",),
        misleads=("URL says http",),
        tls=True,
        host="127.0.0.43",
        port=8443,
        call=("127.0.0.43:8443",),
    ),
    Setup(
        "a server on IPv6 alone", "RFC 4291", names=(WORKS,), host="::1", call=("http://[::1]:{port}/v1",), works=True
    ),
    Setup(
        "a server on IPv6 alone, asked as localhost",
        "RFC 8305; kept-back kind of 26 November 2026",
        names=(WORKS + r"|\[::1\]",),  # where localhost is 127.0.0.1 alone, nothing listens there
        host="::1",
        call=("http://localhost:{port}/v1",),
        works=None,
    ),
]
