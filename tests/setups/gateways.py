"""A gateway or a proxy stands before the server, and it is the one that answers."""

from tests.imitation.server import reply
from tests.setups.setup import GOOD, Setup, answers, chats, page

NGINX = (
    "nginx's error pages (ngx_http_special_response.c), and github.com/langchain-ai/langchainjs/issues/1716; 2026-11"
)
HAPROXY = (
    "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"
)
BLOCKED = (
    "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body>"
    "<h1>Sorry, you have been blocked</h1><p>Cloudflare Ray ID: <strong>8d49989abc171ce8</strong></p></body></html>"
)


def to_https(handler):
    host = handler.headers["Host"].partition(":")[0]
    target = f"https://{host}{handler.path}"
    reply(handler, 301, "<html><h1>301 Moved Permanently</h1></html>", "text/html", Location=target)


def under_a_path(handler):
    """A gateway that keeps the server below /llm, and sends the rest there."""
    if handler.path.startswith("/llm/"):
        handler.path = handler.path.removeprefix("/llm")
        GOOD(handler)
    else:
        reply(handler, 307, "", "text/plain", Location="/llm" + handler.path)


SETUPS = [
    Setup(
        "nginx is up, the server behind it is not",
        NGINX,
        page(502, "502 Bad Gateway"),
        ("502", "gateway|proxy|nginx", "behind|upstream"),
        ("not an? OpenAI", "nothing listens", "server's log"),
    ),
    Setup(
        "nginx waits for the server behind it in vain, on a chat only",
        NGINX,
        chats(page(504, "504 Gateway Time-out")),
        ("504", "gateway|proxy|nginx", "time|behind|upstream"),
        ("server's log", "no route"),
    ),
    Setup(
        "HAProxy has no server left behind it",
        "HAProxy's built-in 503 page (errorfiles, docs.haproxy.org); 2026-11",
        answers(503, HAPROXY, "text/html"),
        ("503", "gateway|proxy|No server is available"),
        ("still loading", "loading its model"),
    ),
    Setup(
        "Caddy is up, the server behind it is not: a 502 without a body",
        "Caddy's reverse_proxy (modules/caddyhttp/reverseproxy): 502 with an empty body; 2026-11",
        answers(502, "", "text/plain", server="Caddy"),
        ("502", "gateway|proxy|Caddy", "behind|upstream"),
        ("nothing listens",),
    ),
    Setup(
        "ngrok's tunnel leads to a port where nothing listens",
        "ngrok.com/docs/errors/err_ngrok_8012; 2026-11",
        answers(
            502,
            "<!DOCTYPE html><html><body>ERR_NGROK_8012 The endpoint failed to connect to the upstream</body></html>",
            "text/html",
            Ngrok_Error_Code="ERR_NGROK_8012",
        ),
        ("502", "gateway|proxy|ngrok|tunnel", "behind|upstream"),
    ),
    Setup(
        "Cloudflare blocks the client: 403 with a page",
        "github.com/OpenHands/OpenHands/issues/4480, github.com/cloudflare/cloudflared/issues/1344; 2026-11",
        answers(403, BLOCKED, "text/html; charset=UTF-8", server="cloudflare"),
        ("403", "Cloudflare|gateway|proxy|firewall"),
        ("key is (wrong|not)", "refuses the key", "asks for a key"),
    ),
    Setup(
        "nginx wants a user name and a password",
        "github.com/ollama/ollama/issues/1053, github.com/langgenius/dify/issues/14882; 2026-11",
        page(401, "401 Authorization Required", WWW_Authenticate='Basic realm="Restricted"'),
        ("Basic|user ?name|password",),
        ("the key you gave is wrong",),
        key=None,
    ),
    Setup(
        "nginx sends http on to https",
        "nginx's `return 301 https://$host$request_uri`, as certbot writes it; 2026-11",
        to_https,
        ("https", "sends|redirect|moved"),
        ("nothing listens", "not an? OpenAI"),
    ),
    Setup(
        "the server is below /llm, and the gateway says so by a redirect",
        "Traefik's redirectRegex and nginx's rewrite; RFC 9110, 15.4.8; 2026-11",
        under_a_path,
        ("/llm",),
        ("nothing listens",),
        works=None,
    ),
    Setup(
        "oauth2-proxy sends every request to a sign-in at another host",
        "oauth2-proxy's docs, `/oauth2/start`; 2026-11",
        answers(
            302, '<a href="https://login.invalid/authorize">Found</a>', "text/html", Location="https://login.invalid/a"
        ),
        ("login.invalid|sign|log",),
        ("nothing listens",),
    ),
    Setup(
        "Traefik knows no rule for this host",
        "Go's http.NotFound, as Traefik answers without a router; 2026-11",
        answers(404, "404 page not found\n", "text/plain; charset=utf-8"),
        ("404|does not|not an|no OpenAI|no /v1",),
        ("nothing listens", "model .* not (found|served)"),
    ),
    Setup(
        "Azure's front door answers 403 with JSON of its own",
        "learn.microsoft.com/azure/ai-services, `AccessDenied`; 2026-11",
        answers(403, {"error": {"code": "403", "message": "Access denied due to Virtual Network/Firewall rules."}}),
        ("403", "Firewall|Access denied"),
    ),
]
