"""The user's cache folder: server environments and the converted model, shared by all clones."""

import contextlib
import fcntl
import hashlib
import sys
import time
from pathlib import Path

from scripts.common import progress
from scripts.common.paths import CACHE
from scripts.common.problem import Problem

LOCK_LIMIT = 3600  # seconds to wait for another run; what is done under a lock takes minutes


def key(*files):
    """Twelve hex digits that change when any of `files` or the Python version changes."""
    digest = hashlib.sha256("{}.{}".format(*sys.version_info).encode())
    for file in files:
        digest.update(Path(file).read_bytes())
    return digest.hexdigest()[:12]


@contextlib.contextmanager
def lock(name):
    """Hold the lock `name`, so that two runs never install or convert the same thing at once.

    Raises:
        Problem: another run has held it for LOCK_LIMIT.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / f"{name}.lock"
    with open(path, "w") as file:
        ticker = None
        while not locked(file):
            ticker = ticker or progress.Ticker(f"waiting for another run that is preparing {name}", "")
            if ticker.seconds > LOCK_LIMIT:
                raise Problem(
                    f"Another run has been preparing {name} for too long.",
                    f"it still holds {path} after {LOCK_LIMIT} seconds.",
                    f"end that run (`fuser {path}` names its process), and run the same command again.",
                )
            time.sleep(0.2)
            ticker.tick()
        yield


def locked(file):
    """Lock the open `file` unless another run holds it; whether that worked."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
