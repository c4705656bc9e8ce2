"""Looking: what GET requests bring, and what it means. Nothing is generated."""

import dataclasses
import os
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

from chatlas_doctor.ask import BODY_BYTES, Reply, ask_all, speaks_tls
from chatlas_doctor.causes import KEY_VARIABLE, Cause
from chatlas_doctor.keys import oddity
from chatlas_doctor.machine import loading_server, neighbours
from chatlas_doctor.servers import ELSEWHERE, SIGNS, identify, model_entries
from chatlas_doctor.strangers import stranger

SCHEME_SECONDS = 1.0  # to see whether https is spoken, where no scheme was typed
LOOK_SECONDS = 3.0  # for all other GET requests together
GATEWAYS = re.compile(
    r"nginx|openresty|caddy|cloudflare|awselb|envoy|istio|haproxy|traefik|apache|ngrok|gunicorn|Google Frontend|AkamaiG"
    r"Host|Varnish|Microsoft-Azure-Application-Gateway|squid|vercel",
    re.IGNORECASE,
)
ABOUT_KEY = re.compile(r"key|token|auth|credential|forbidden|permission|access|allowed|sign|log ?in", re.IGNORECASE)
WANTS_TLS = re.compile(r"plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server", re.IGNORECASE)


def with_its_scheme(address):
    """`address`, with https if no scheme was typed and the server speaks it. No key is sent."""
    secure = dataclasses.replace(address, scheme="https")
    if address.typed or address == secure:
        return address
    reply = ask_all([(secure, "/v1/models", {})], SCHEME_SECONDS)[0]
    return secure if reply.status is not None or reply.failure == "certificate" else address


def look(address, key, wanted, report):
    """Find out by GET requests what answers there, and note it in `report`.

    Returns:
        The Cause why there is no model list, where the chat may work all the same; else None.

    Raises:
        Cause: the server cannot be used as it is.
    """
    deadline = time.monotonic() + LOOK_SECONDS
    sent = {"key": key or ("" if address.is_openai else "EMPTY")}
    bases = list(dict.fromkeys((f"{address.prefix}/v1", address.given, "/v1")))
    # https leaves a second to see whether the other side speaks plain http
    replies = lists_at(address, bases, sent, LOOK_SECONDS - (1 if address.scheme == "https" else 0))
    base = first_list(replies, bases)
    if base is None and (moved := moved_to(address, replies[bases[0]], f"{bases[0]}/models")):
        replies |= lists_at(address, [moved], sent, max(0.1, deadline - time.monotonic()))
        base = first_list(replies, [moved])
    reply = replies[base or bases[0]]
    report.base_url = address.origin + (bases[0] if base is None else base)
    if reply.failure and base is None and not (wanted and reply.connected and reply.status):
        cause = no_answer(address, reply, deadline)
        if wanted and reply.connected and reply.failure in ("slow", "too_big"):
            return cause
        raise cause
    signs = {}
    if not address.is_openai:
        own = (base or bases[0]).removesuffix("/v1")
        own = "" if own in ELSEWHERE.values() or own.startswith("/engines") else own
        requests = [(address, own + path, sent) for path in SIGNS]
        signs = dict(zip(SIGNS, ask_all(requests, max(0.1, deadline - time.monotonic())), strict=True))
        report.server, report.version, report.context = identify(signs, base and model_entries(reply))
        if base is None and (other := ELSEWHERE.get(report.server)):
            replies |= lists_at(address, [other], sent, max(0.3, deadline - time.monotonic()))
            reply = replies[other]
            base = first_list(replies, [other])
            report.base_url = address.origin + other
    else:
        report.server = "OpenAI"
    health = signs.get("/health", Reply())
    busy = [r for r in (reply, health) if r.status == 503 and not r.is_page and "oading" in r.text]
    if busy:
        text = f"The server is there, but not ready yet: it is still loading its model (503).{busy[0].says}"
        raise Cause("loading", text, "Wait, and run this again. If it stays so, look at its log.")
    if base is None:
        cause = no_models(address, reply, signs, key, deadline, report)
        if wanted and cause.kind not in ("redirect", "tls"):
            return cause
        raise cause
    if not reply.content_type.endswith("json") and not wanted:
        raise Cause(
            "not_api",
            f"The model list comes as {reply.content_type or 'no type at all'} instead of application/json, "
            "which the openai client does not accept.",
            "Mend the server, or the proxy in front of it, so that it says Content-Type: application/json.",
        )
    report.models = [entry["id"] for entry in model_entries(reply)]
    if base != address.given and first_list(replies, [address.given]) is None:
        report.path_problem = path_problem(address, base)
    return None


def lists_at(address, bases, sent, seconds):
    """The reply to GET /models below each of these bases."""
    return dict(zip(bases, ask_all([(address, f"{b}/models", sent) for b in bases], seconds), strict=True))


def first_list(replies, bases):
    """The first of the bases whose reply is a model list, or None."""
    return next((b for b in bases if b in replies and model_entries(replies[b]) is not None), None)


def moved_to(address, reply, path):
    """The base that a redirect on the same server leads to, or ""."""
    if reply.status is None or not 300 <= reply.status < 400:
        return ""
    target = urlsplit(reply.headers.get("location", ""))
    same = not target.netloc or f"{target.scheme}://{target.netloc}" == address.origin
    there = target.path.rstrip("/")
    return there.removesuffix("/models") if same and there.endswith("/models") and there != path else ""


def path_problem(address, base):
    """What is wrong with the path that was typed, seen from the `base` that works."""
    if re.search(r"/v1/v1(/|$)", address.given):
        return "/v1 is in the URL twice"
    if address.given.startswith(f"{base}/"):
        return f"The URL goes too far, with {address.given.removeprefix(base)} at its end"
    if address.given == address.prefix and base == f"{address.prefix}/v1":
        return "/v1 is missing at the end of the URL"
    return f"The path {address.given or '/'} is wrong"


def no_answer(address, reply, deadline):
    """The Cause when no complete answer came back."""
    where = address.where
    left = max(0.2, deadline - time.monotonic())
    if reply.failure == "name":
        return Cause("name", f"The host name {address.host!r} is not known here.", "Check its spelling, and the VPN.")
    if reply.failure == "refused":
        return nothing_listens(address, where, left)
    if reply.failure == "connect_timeout" and address.is_loopback:  # this machine refuses at once where nothing is
        text = (
            f"Something listens on {where} and has not answered yet: no connection within {LOOK_SECONDS:.0f} seconds."
        )
        return Cause("endless", text, "It, or this machine, has too much to do: wait, and run this again.")
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
            text = f"{address.says}, but the server at {where} speaks plain http, not https."
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
            "If it is slow to list its models, name yours with --model, and the chat is tried all the same.",
        )
    if reply.failure == "not_http":
        first = f": it begins with {reply.detail!r}" if reply.detail else ""
        return Cause("not_api", f"What listens on {where} does not speak HTTP{first}.", "Check the port.")
    return Cause(
        "not_api",
        f"What listens on {where} closes the connection without an answer.",
        "A container's port does that while the server in it is still loading: look at its log, and try again.",
    )


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


def gateway(reply):
    """The Cause when not the server answers but what stands in front of it, or None."""
    server = reply.headers.get("server", "")
    known = GATEWAYS.search(server) or GATEWAYS.search(reply.title if reply.is_page else "")
    known = known or ("ngrok-error-code" in reply.headers and re.match(".*", "ngrok")) or None
    name = f" ({known[0]})" if known else ""
    advice = "Look at the gateway's log and settings: the fault lies there or behind it, not in your code."
    says = reply.says
    if reply.status == 401 and reply.headers.get("www-authenticate", "").lower().startswith("basic"):
        text = f"What stands in front of the server{name} asks for a user name and a password (401, Basic)."
        return Cause("key", text, "A key does not help here: ask who runs it, or reach the server without it.")
    if "missingauthenticationtoken" in reply.headers.get("x-amzn-errortype", "").lower():
        text = (
            f"AWS's API Gateway has no such path: it says so with a {reply.status}, which is not about your key.{says}"
        )
        return Cause("gateway", text, "Check the path in front of /v1: a stage, such as /prod, belongs to it.")
    if reply.status == 403 and reply.is_page:
        text = f"A gateway or firewall{name} refuses you (403), not the model server.{says}"
        return Cause("gateway", text, advice)
    if reply.status == 504 or reply.status in (522, 524):
        text = f"A gateway{name} answers {reply.status}: the server behind it gave no answer in time.{says}"
    elif reply.status == 502 or reply.status in (520, 521, 523, 525, 526, 530):
        text = f"A gateway{name} answers {reply.status}: it does not reach the server behind it.{says}"
    elif reply.status == 503 and (reply.is_page or known):
        text = f"A gateway{name} answers 503: no server behind it is ready.{says}"
    else:
        return None
    return Cause("gateway", text, "Check that the model server runs, and that the gateway has its address.", advice)


def refused_key(reply, key, litellm):
    """The Cause when the server wants a key, or another one."""
    if reply.status == 403 and reply.message and not ABOUT_KEY.search(reply.message):
        text = f"The server refuses you (403), and its words are about something else than who you are.{reply.says}"
        host = "It looks at the name by which it is called: add that to its trusted hosts, or call it as localhost."
        about_host = re.search(r"\bhost\b", reply.message, re.IGNORECASE)
        return Cause("server_error", text, host if about_host else "Look at the server's settings and its log.")
    if not key:
        text = f"The server asks for a key, and none was given ({reply.status})."
        if os.environ.get("OPENAI_API_KEY"):
            text += " OPENAI_API_KEY is set, and was not sent: it may be another server's."
    elif reply.status == 403:
        text = f"The server refuses access with this key (403){oddity(key)}."
    else:
        text = f"The server refuses this key ({reply.status}){oddity(key)}."
    owner = "LiteLLM's master key" if litellm else "the key that the server was started with"
    return Cause("key", text + reply.says, f"Put {owner} into {KEY_VARIABLE}, and run this again.")


def sends_on(address, reply):
    """The Cause when the answer is a redirect."""
    location = reply.headers.get("location", "")
    target = urlsplit(location)
    to = f"{target.scheme}://{target.netloc.split('@')[-1]}" if target.netloc else target.path or "another path"
    sign_in = re.search(r"log-?in|sign-?in|sso|oauth|auth", location, re.IGNORECASE)
    what = "a sign-in page, it seems: " if sign_in else ""
    text = f"The server sends you on to {what}{to} ({reply.status}), and the doctor follows no redirect."
    if target.scheme == "https" and address.scheme == "http" and target.hostname == address.host:
        text = f"The server sends http on to https ({reply.status}): it is to be called at {to}."
        return Cause("redirect", text, f"Give https://{address.host} with the right port, and use it in your code.")
    if sign_in:
        return Cause("redirect", text, "A browser signs in there; a program needs a key, or an address without it.")
    return Cause("redirect", text, "If you trust that address, give it instead.")


def no_models(address, reply, signs, key, deadline, report):
    """The Cause when an answer came, but no model list."""
    where, says = address.origin, reply.says
    litellm = report.server == "LiteLLM"
    if not report.server and (name := stranger(reply, *signs.values())):
        text = f"What answers at {where} is not a model server but {name}: GET /v1/models gives {reply.status}.{says}"
        return Cause("not_api", text, "Check the port: the model server is at another one, or not running.")
    if 300 <= reply.status < 400:
        return sends_on(address, reply)
    left = max(0.1, min(1.5, deadline - time.monotonic()))
    wants_tls = reply.status == 400 and (WANTS_TLS.search(reply.text) or speaks_tls(address, left))
    if address.scheme == "http" and wants_tls:
        return mixed_up(address)
    if cause := gateway(reply):
        return cause
    if reply.status in (401, 403) or "No connected db" in reply.text or (litellm and reply.status == 500):
        cause = refused_key(reply, key, litellm)
        if report.server in ELSEWHERE:
            cause.advice.append(f"{report.server} has its API at {report.base_url}.")
        return cause
    if reply.status == 429:
        later = reply.headers.get("retry-after", "")
        wait = f"Wait {later} seconds, and try again." if later.isdigit() else "Wait, and try again."
        return Cause("server_error", f"Too many requests: the server answers 429.{says}", wait)
    if reply.status >= 500:
        text = f"The server answers {reply.status} to GET /v1/models.{says}"
        return Cause("server_error", text, "Look at the server's log: the fault is there, not in your code.")
    advice = neighbours(address, left) if address.is_loopback else []
    tried = f"GET /v1/models gives {reply.status}, {reply.content_type or 'no type'}"
    if report.server:
        text = f"{report.server} answers at {where}, but gives no model list: {tried}.{says}"
        return Cause("not_api", text, "Name your model with --model, and the chat is tried all the same.")
    pages = [r for r in (reply, *signs.values()) if r.is_page]
    if pages or reply.content_type == "text/plain":
        name = f" ({reply.headers['server']})" if reply.headers.get("server") else ""
        title = next((f" Its page is titled {r.title!r}." for r in pages if r.status == 200 and r.title), "")
        own = "" if reply.message.lower() in ("", "not found", "404 page not found") else says  # that adds nothing
        text = f"A plain web server{name} answers at {where}, not a model server: {tried}.{title or own}"
        advice.append("Check the port: the model server is at another one, or not running.")
        return Cause("not_api", text, *advice)
    text = f"What answers at {where} gives no model list (GET /v1/models: {reply.status})."
    tell = "Name your model with --model, and the chat is tried all the same."
    return Cause("not_api", f"{text}{says} {tell}", *advice, "If that fails, check the port and the path.")
