"""Makes .venv, the client environment, for `make`. Runs on the system's Python, without packages."""

import hashlib
import os
import shutil
import sys

from scripts.common.problem import run_main
from scripts.common.python_version import check_python

FILES = ["requirements/uv.txt", "requirements/client.txt", "requirements/dev.txt"]
MARK = os.path.join(".venv", ".complete")


def main():
    check_python()
    from scripts.common import cache, lacking  # only now: newer syntax than an old Python reads

    digest = hashlib.sha256(sys.version.encode())
    for name in FILES:
        with open(name, "rb") as file:
            digest.update(file.read())
    if made_of() == digest.hexdigest():
        return
    lacking.for_client()
    os.makedirs("_build", exist_ok=True)
    with open(os.path.join("_build", "client.lock"), "w") as file:
        cache.wait_for(file, "the client environment")
        if made_of() != digest.hexdigest():
            make(digest.hexdigest())


def made_of():
    """The digest of what .venv was made of, None while it is not complete."""
    if not os.path.exists(MARK):
        return None
    with open(MARK) as file:
        return file.read()


def make(digest):
    """Make .venv anew, and leave `digest` in it when it is complete."""
    from scripts.common import progress

    shutil.rmtree(".venv", ignore_errors=True)
    advice = "if it was the network, run the same command again."
    progress.run(
        "creating the client environment .venv",
        [sys.executable, "-m", "venv", ".venv"],
        "_build/logs/venv-client.log",
        timeout=120,
        advice=advice,
    )
    python = os.path.join(".venv", "bin", "python")
    progress.run(
        "installing uv, which installs the rest",
        [python, "-m", "pip", "install", "--quiet", "--requirement", FILES[0]],
        "_build/logs/install-uv.log",
        timeout=600,
        advice=advice,
    )
    progress.run(
        "installing the client environment (chatlas, nbval and what they need)",
        [python, "-m", "uv", "pip", "install", "--python", python, "--require-hashes", "--compile-bytecode"]
        + [argument for name in FILES[1:] for argument in ("-r", name)],
        "_build/logs/install-client.log",
        timeout=900,
        advice=advice,
    )
    with open(MARK, "w") as file:
        file.write(digest)


if __name__ == "__main__":
    run_main(main)
