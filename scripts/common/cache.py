"""The user's cache folder: server environments, the converted model and what takes long to read, for all clones."""

import contextlib
import fcntl
import functools
import hashlib
import os
import shutil
import sys
import time
from pathlib import Path

from scripts.common import progress
from scripts.common.paths import CACHE
from scripts.common.problem import Problem, run_main

UNUSED = 21 * 24 * 3600  # seconds after which a kept text that nobody has read goes
LOCK_LIMIT = 3600  # seconds to wait for another run; what is done under a lock takes minutes


def key(*files):
    """Twelve hex digits that change when any of `files` or the Python version changes."""
    digest = hashlib.sha256("{}.{}".format(*sys.version_info).encode())
    for file in files:
        digest.update(Path(file).read_bytes())
    return digest.hexdigest()[:12]


def kept(kind, parts, make):
    """The text that `make` returns, kept in the folder `kind` by the digest of `parts` while somebody reads it."""
    file = CACHE / kind / hashlib.sha256("\0".join(parts).encode()).hexdigest()
    with contextlib.suppress(FileNotFoundError):
        text = file.read_text()
        if time.time() - file.stat().st_mtime > UNUSED / 2:
            file.touch()
        return text
    text = make()
    hold()
    file.parent.mkdir(exist_ok=True)
    prune(file.parent)
    part = file.with_suffix(f".{os.getpid()}")
    part.write_text(text)
    part.rename(file)  # another run may write the same
    return text


@functools.cache  # once a process
def prune(folder):
    """Remove the kept texts that have been of no use for UNUSED seconds."""
    for file in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another run may remove the same
            if time.time() - file.stat().st_mtime > UNUSED:
                file.unlink()


@contextlib.contextmanager
def lock(name):
    """Hold the lock `name`, so that two runs never install or convert the same thing at once.

    Raises:
        Problem: another run has held it for LOCK_LIMIT.
    """
    hold()
    with open(CACHE / f"{name}.lock", "w") as file:
        wait_for(file, name)
        yield


def wait_for(file, name):
    """Lock the open `file` as soon as no other run holds it; closing it gives it free.

    Raises:
        Problem: another run has held it for LOCK_LIMIT.
    """
    ticker = None
    while not locked(file, fcntl.LOCK_EX):
        ticker = ticker or progress.Ticker(f"waiting for another run that is preparing {name}", "")
        if ticker.seconds > LOCK_LIMIT:
            raise Problem(
                f"Another run has been preparing {name} for too long.",
                f"it still holds {file.name} after {LOCK_LIMIT} seconds.",
                f"end that run (`fuser {file.name}` names its process), and run the same command again.",
            )
        time.sleep(0.2)
        ticker.tick()


def locked(file, way):
    """Lock the open `file`, with others (LOCK_SH) or alone (LOCK_EX), unless one is in the way; whether that worked."""
    try:
        fcntl.flock(file, way | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@functools.cache
def hold():
    """Keep the cache folder from being removed as long as this process runs, and what inherits the descriptor given."""
    CACHE.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(CACHE / "in-use", os.O_CREAT | os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_SH)  # who holds it alone is removing the folder, a matter of seconds
    return descriptor


def remove():
    """Remove the cache folder, unless another run or a server of another clone uses it."""
    with contextlib.suppress(FileNotFoundError), open(CACHE / "in-use", "a") as file:
        if not locked(file, fcntl.LOCK_EX):
            print(f"Kept {CACHE}: another run or server on this machine uses it. Run `make clean` again after that.")
            return
        shutil.rmtree(CACHE)


if __name__ == "__main__":
    run_main(remove)
