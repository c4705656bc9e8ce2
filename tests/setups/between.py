"""What stands between the reader and the server answers in its place: balancers, tunnels, sign-ins, hubs."""

from tests.imitation.server import reply
from tests.setups.setup import Setup, answers, chats, page

TUNNEL = {
    "type": "https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/",
    "title": "Error 1033: Cloudflare Tunnel error",
    "status": 530,
    "detail": "The host is configured as a Cloudflare Tunnel, but Cloudflare is currently unable to reach it.",
    "error_code": 1033,
    "error_name": "tunnel_error",
    "cloudflare_error": True,
    "retryable": True,
}
SIGN_IN = (
    '<!DOCTYPE html><html lang="en" charset="utf-8"><head><title>Sign In</title></head><body><form method="GET" '
    'action="/oauth2/start"><button type="submit">Sign in with OpenID Connect</button></form></body></html>'
)
TOO_LATE = (
    "<!DOCTYPE html><html><head><title>llm.example.org | 524: A timeout occurred</title></head><body>"
    "<h1>A timeout occurred</h1><p>Error code 524</p><p>Cloudflare Ray ID: 875ab2ff4bf8963f</p></body></html>"
)
STOPPED = {"message": "JupyterHub server no longer running at /user/ada/. Restart the server at /hub/spawn/ada."}
HUB = ("{url}/user/ada/proxy/8000/v1",)


def jupyter_server_proxy(handler):
    """A single-user server of JupyterHub, asked without its token."""
    handler.version_string = lambda: "TornadoServer/6.5"
    if handler.command == "POST":
        text = "<title>Jupyter Server</title><p>The error was: '_xsrf' argument missing from POST</p>"
        return reply(handler, 403, text, "text/html", X_JupyterHub_Version="5.3.0")
    if handler.path.startswith("/hub/"):
        return reply(handler, 200, "<title>JupyterHub</title><form action='/hub/login'>Sign in</form>", "text/html")
    place = "/hub/api/oauth2/authorize?client_id=jupyterhub-user-ada&response_type=code"
    return reply(handler, 302, "", "text/html", Location=place, X_JupyterHub_Version="5.3.0")


SETUPS = [
    Setup(
        "AWS's load balancer has no target left",
        "docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html; 2026-11",
        page(503, "503 Service Temporarily Unavailable", server="awselb/2.0"),
        ("503", "gateway|proxy|balancer", "behind|upstream|no server|no target|reach"),
        ("loading its model", "still loading", "server's log"),
    ),
    Setup(
        "Envoy has no healthy upstream",
        "envoyproxy/envoy, source/common/router/router.cc: `no healthy upstream`; 2026-11",
        answers(503, "no healthy upstream", "text/plain", server="envoy"),
        ("503|no healthy upstream", "gateway|proxy|Envoy|behind|upstream"),
        ("loading its model", "still loading"),
    ),
    Setup(
        "Cloudflare's tunnel is not connected: 530 with JSON, error 1033",
        "github.com/orchidfiles/ungate/issues/28, github.com/LostRuins/koboldcpp/issues/2273; 2026-11",
        answers(530, TUNNEL, "application/problem+json", server="cloudflare"),
        ("1033|530|tunnel", "Cloudflare"),
        ("key", "nothing listens"),
    ),
    Setup(
        "Cloudflare gave up waiting for a chat: 524",
        "github.com/ollama/ollama/issues/3694; 2026-11",
        chats(answers(524, TOO_LATE, "text/html; charset=UTF-8", server="cloudflare")),
        ("524", "Cloudflare|gateway|proxy", "time|wait|late|behind"),
        ("no route", "server's log"),
    ),
    Setup(
        "Cloudflare Access sends every request to its sign-in",
        "developers.cloudflare.com/cloudflare-one/access-controls/service-credentials/service-tokens; 2026-11",
        answers(302, "", "text/html", server="cloudflare", Location="https://team.cloudflareaccess.com/cdn-cgi/access"),
        ("cloudflareaccess|Cloudflare|sign|log ?in",),
        ("nothing listens",),
    ),
    Setup(
        "oauth2-proxy shows its sign-in as a 403",
        "oauth2-proxy, oauthproxy.go: SignInPage(rw, req, http.StatusForbidden); 2026-11",
        answers(403, SIGN_IN, "text/html; charset=utf-8"),
        ("sign|log ?in",),
        ("refuses the key", "key is (wrong|not)", "nothing listens"),
    ),
    Setup(
        "Kong looks for the key in a header of its own",
        "Kong/kong, kong/plugins/key-auth/handler.lua: No API key found in request; 2026-11",
        answers(401, {"message": "No API key found in request"}, server="kong/3.9.1", WWW_Authenticate="Key"),
        ("key", "header|Kong|No API key found"),
        ("nothing listens", "not an? OpenAI"),
    ),
    Setup(
        "AWS's API Gateway knows no such path, and says it as a 403 about a token",
        "docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html; 2026-11",
        answers(
            403,
            {"message": "Missing Authentication Token"},
            x_amzn_ErrorType="MissingAuthenticationTokenException",
            x_amzn_RequestId="0f0f0f0f",
        ),
        ("route|path|address|API Gateway|AWS",),
        ("refuses the key", "key (you gave )?is wrong", "asks for a key"),
    ),
    Setup(
        "nginx wants a user name and a password, and was given the server's key",
        "github.com/ollama/ollama/issues/1053; nginx's ngx_http_auth_basic_module; 2026-11",
        page(401, "401 Authorization Required", WWW_Authenticate='Basic realm="Ollama"'),
        ("Basic|user ?name|password",),
        ("key you gave is wrong", "refuses the key", "nothing listens"),
    ),
    Setup(
        "Traefik reaches no server, on a chat only",
        "traefik/traefik, pkg/proxy/httputil/proxy.go: http.StatusText(502); 2026-11",
        chats(answers(502, "Bad Gateway", "text/plain; charset=utf-8")),
        ("502", "gateway|proxy|Traefik", "behind|upstream"),
        ("no route", "nothing listens"),
    ),
    Setup(
        "JupyterHub has stopped the server behind it: 424",
        "github.com/jupyterhub/jupyterhub/pull/3636, jupyterhub/handlers/base.py: UserUrlHandler; 2026-11",
        answers(424, STOPPED, server="TornadoServer/6.5", X_JupyterHub_Version="5.3.0"),
        ("424|JupyterHub", "running|Restart"),
        ("nothing listens", "key"),
        HUB,
    ),
    Setup(
        "jupyter-server-proxy without the hub's token",
        "jupyterhub/jupyter-server-proxy, handlers.py; jupyterhub's services/auth.py; 2026-11",
        jupyter_server_proxy,
        ("Jupyter|/hub|log ?in|sign",),
        ("nothing listens",),
        HUB,
        key=None,
    ),
]
