"""The user's cache folder: server environments and the converted model, shared by all clones."""

import contextlib
import fcntl
import hashlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"  # ignored by git: logs, results, the rendered site
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chatlas-local-models"


def key(*files):
    """Twelve hex digits that change when any of `files` or the Python version changes."""
    digest = hashlib.sha256("{}.{}".format(*sys.version_info).encode())
    for file in files:
        digest.update(Path(file).read_bytes())
    return digest.hexdigest()[:12]


@contextlib.contextmanager
def lock(name):
    """Hold the lock `name`, so that two runs never install or convert the same thing at once."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"- waiting for another run that is preparing {name} ...", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
