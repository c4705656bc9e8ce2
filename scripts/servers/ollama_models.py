"""Creates the models of a folder of Modelfiles on an Ollama server, over its API, and deletes what it lent.

A reader does the same with `ollama create NAME -f NAME.Modelfile`; tests/live compares the two.
Over the API it also works for a server in a container or on another machine. Source of the API:
https://docs.ollama.com/api/create (read November 2026).
"""

import contextlib
import json
import re
import urllib.error
import urllib.request

from scripts.common.paths import ROOT
from scripts.common.problem import Problem
from scripts.content.small_model import GGUF_SHA256

INSTRUCTION = re.compile(r'^(FROM|TEMPLATE) (?:"""(.*?)"""|(.*?))$', re.MULTILINE | re.DOTALL)
OURS = "chatlas-docs-"  # begins the names of our models, also of those that the guide's cells make from one


def read(path):
    """What /api/create takes, from a Modelfile with FROM and TEMPLATE: a dict with `files` and `template`."""
    found = {instruction: block or line for instruction, block, line in INSTRUCTION.findall(path.read_text())}
    return {"files": {found["FROM"].removeprefix("./"): f"sha256:{GGUF_SHA256}"}, "template": found["TEMPLATE"]}


def modelfiles(folder):
    """The Modelfiles in `folder` (relative to the repository), by the name of the model that each makes."""
    return {path.stem: path for path in sorted((ROOT / folder).glob("*.Modelfile"))}


def request(method, url, body=None):
    """One request to Ollama; returns the text of its answer.

    Raises:
        Problem: nothing answers, or the answer is an error.
    """
    call = urllib.request.Request(url, data=body, method=method)
    try:
        with urllib.request.urlopen(call, timeout=120) as response:
            return response.read().decode()
    except urllib.error.HTTPError as error:
        why = f"it answered {error.code} to {method} {url}: {error.read(500).decode(errors='replace')}"
    except OSError as error:
        why = f"{method} {url} gave: {getattr(error, 'reason', error)}"
    raise Problem("Ollama did not do what it was asked.", f"{why}.", "see whether it runs, and read its log.")


def has_blob(root, digest):
    """Whether the server has the file with this digest; it resets the connection of one who sends it again."""
    try:
        call = urllib.request.Request(f"{root}/api/blobs/{digest}", method="HEAD")
        with urllib.request.urlopen(call, timeout=120):
            return True
    except OSError:  # a 404, or whatever the upload will then say
        return False


def create(root, folder, gguf):
    """Create every model of `folder` from the file `gguf` on the server at `root`.

    Raises:
        Problem: the server refused.
    """
    digest = f"sha256:{GGUF_SHA256}"
    if not has_blob(root, digest):
        request("POST", f"{root}/api/blobs/{digest}", gguf.read_bytes())
    for name, path in modelfiles(folder).items():
        body = json.dumps({"model": name, "stream": False, **read(path)}).encode()
        request("POST", f"{root}/api/create", body)


def ours(root):
    """The names of our models that the server at `root` has."""
    listed = json.loads(request("GET", f"{root}/api/tags"))["models"]
    return {entry["name"].removesuffix(":latest") for entry in listed if entry["name"].startswith(OURS)}


@contextlib.contextmanager
def lent(root, folder, gguf):
    """The models of `folder` on a server that somebody already has, for the length of a `with` block.

    With `gguf` None none is made; what the guide's cells make there is deleted all the same.

    Raises:
        Problem: a model of that name is there already, which is never touched.
    """
    taken = ours(root)
    if taken:
        raise Problem(
            f"The Ollama at {root} has a model called {', '.join(sorted(taken))} already.",
            "the notebook makes models of these names and deletes them afterwards, and it touches none of yours.",
            "if they are left over from an interrupted run, remove them: `ollama rm NAME`.",
        )
    try:
        if gguf:
            create(root, folder, gguf)
        yield
    finally:
        for name in ours(root):
            request("DELETE", f"{root}/api/delete", json.dumps({"model": name}).encode())
