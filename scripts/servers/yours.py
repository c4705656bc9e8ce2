"""A server that somebody already has, named by URL=: what it serves, and our models on it."""

import contextlib
import http.client
import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass

from chatlas_doctor import address, look, report

from scripts.common.problem import Problem
from scripts.content import backends
from scripts.servers import fetch_model, ollama_models, serve


@dataclass(frozen=True)
class Server:
    """What is known of it; it is asked, and neither watched nor restarted.

    Attributes:
        root: its address without a path.
        api_key: API_KEY from the environment, "EMPTY" without one.
        version: what it says of itself, "" where it says nothing.
        model: the id of the model that is asked there.
        kind: which server it is, as backends are titled; "" where nothing tells.
    """

    root: str
    api_key: str
    version: str
    model: str
    kind: str

    def check_alive(self):
        """Nothing: its process is not ours to see, and a request that fails says enough."""


def served_models(root, api_key):
    """The model ids that the server at `root` lists, none for one that has no model.

    Raises:
        Problem: nothing answers there, or not as an OpenAI-compatible server does.
    """
    address = root + "/v1/models"
    try:
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {api_key}"})
        with urllib.request.urlopen(request, timeout=10) as response:
            return [str(entry["id"]) for entry in json.load(response)["data"] or []]  # Ollama without models: null
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise Problem(
            f"No OpenAI-compatible server answers at {root}.",
            f"GET {address} gave: {reason}.",
            "check the address, that the server is up, and API_KEY if it asks for a key.",
        ) from None


def kind_of(url):
    """Which server answers at `url`, as the doctor names it and backends are titled; "" where nothing tells."""
    found = report.Report()
    with contextlib.suppress(look.Cause):  # what is wrong with it shows when it is asked
        look.look(address.read_address(url), os.environ.get("API_KEY", ""), "", found)
    return found.server


def guide_for(url):
    """The name of the backend whose guide is for the server at `url`; the first one's where none is."""
    titles = {backend.title: name for name, backend in backends.load().items()}
    return titles.get(kind_of(url), next(iter(titles.values())))


def is_ours(server, backend):
    """Whether it may answer in the words of our own: the same kind of server, with a model of our model's name."""
    return server.model == backend.serves and server.kind == backend.title


@contextlib.contextmanager
def server(backend, url, model=""):
    """The Server at `url`, with the models that `backend` needs lent to it, for the length of a `with` block.

    Args:
        model: the model that is to be asked, "" for the backend's, else the first that the server lists.

    Raises:
        Problem: nothing answers there, or it does not serve the model.
    """
    root, api_key = url.rstrip("/").removesuffix("/v1"), os.environ.get("API_KEY") or "EMPTY"
    served = served_models(root, api_key)
    with contextlib.ExitStack() as stack:
        if backend.modelfiles:
            gguf = None if model else fetch_model.ensure_gguf()
            stack.enter_context(ollama_models.lent(root, backend.modelfiles, gguf))
            served = served if model else [backend.serves, *served]
        if not served or (model and model not in served):
            raise Problem(
                f"The server at {root} serves no model{f' called {model!r}' if model else ''}.",
                f"it lists {', '.join(served) or 'none'}.",
                "load a model, or name one that it lists: MODEL=…",
            )
        asked = model or (backend.serves if backend.serves in served else served[0])
        yield Server(root, api_key, version_of(backend, root, api_key), asked, kind_of(url))


def version_of(backend, root, api_key):
    """The version that the server says it is, "" where it does not: it may be of another kind than `backend`."""
    try:
        return serve.version_of(backend, root, api_key)
    except (OSError, ValueError, KeyError):
        return ""
