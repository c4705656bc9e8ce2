"""What a set-up is, and the few parts that imitated servers are put together from."""

import dataclasses
from collections.abc import Callable

from tests.imitation.openai_like import openai_like
from tests.imitation.server import reply

CANARY = "sk-canary-7f3a9b51d2"  # the key that each set-up is given; it may be found at the given address alone
GOOD = openai_like()
WORKS = "work|answer"


@dataclasses.dataclass
class Setup:
    """A server, how the doctor is called on it, and what its first line has to say.

    Attributes:
        name: what is so in this set-up.
        source: where it was read or seen what the server answers, with a date.
        behave: the server's behaviour; None for no server.
        names: regular expressions, each of which the first line has to match.
        misleads: regular expressions that the first line must not match.
        call: the arguments; {url} and {port} stand for the server's.
        key: the key in the environment, or None.
        works: whether status 0 is right; None where either is.
        raw: what the server writes on a connection instead of speaking HTTP.
        tls: whether it speaks TLS with a certificate that nobody trusts.
        host: the loopback address that it listens on.
        port: 0 for one that is free.
        within: seconds that the doctor may take.
        environment: further variables, in which {url} stands for the server's.
        files: what lies in the folder that the doctor is called in, by name.
    """

    name: str
    source: str
    behave: Callable | None = GOOD
    names: tuple[str, ...] = ()
    misleads: tuple[str, ...] = ()
    call: tuple[str, ...] = ("{url}/v1",)
    key: str | None = CANARY
    works: bool | None = False
    raw: bytes | None = None
    tls: bool = False
    host: str = "127.0.0.1"
    port: int = 0
    within: int = 40
    environment: dict = dataclasses.field(default_factory=dict)
    files: dict = dataclasses.field(default_factory=dict)


def answers(status, body, content_type="application/json", server="uvicorn", **headers):
    """A behaviour that says the same to every request, by the name of this server."""

    def behave(handler):
        handler.version_string = lambda: server
        reply(handler, status, body, content_type, **headers)

    return behave


def page(status, title, server="nginx/1.27.3", **headers):
    """A page as web servers make them for an error."""
    html = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
    html += f"<hr><center>{server}</center>\r\n</body>\r\n</html>\r\n"
    return answers(status, html, "text/html", server=server, **headers)


def site(routes, otherwise=None):
    """A server with these routes, by path or by method and path; the others are not found, as FastAPI says it."""
    otherwise = otherwise or answers(404, {"detail": "Not Found"})

    def behave(handler):
        path = handler.path.partition("?")[0]
        (routes.get(f"{handler.command} {path}") or routes.get(path) or otherwise)(handler)

    return behave


def models(*ids, owner="organization", **more):
    """A model list."""
    data = [{"id": name, "object": "model", "created": 1700000000, "owned_by": owner, **more} for name in ids]
    return answers(200, {"object": "list", "data": data})


def chats(answer, *ids, owner="organization", **routes):
    """A server that lists models (`m` if none is named) and answers each chat so."""
    return site({"/v1/models": models(*(ids or ("m",)), owner=owner), "/v1/chat/completions": answer, **routes})


def refuses(status, body, *ids, **options):
    """A server that lists models and refuses each chat."""
    return chats(answers(status, body), *ids, **options)


def asks_for(key, answer, public=()):
    """A whole server that wants this key, but for the paths that are public."""

    def behave(handler):
        if handler.path in public or handler.headers["Authorization"] == f"Bearer {key}":
            GOOD(handler)
        else:
            answer(handler)

    return behave
