"""Makes .venv, the client environment, for `make`. Runs on the system's Python, without packages."""

import hashlib
import os
import shutil
import sys

from scripts.common.problem import run_main
from scripts.common.python_version import check_python

FILES = ["requirements/uv.txt", "requirements/client.txt", "requirements/dev.txt"]


def main():
    check_python()
    from scripts.common import lacking, progress  # only now: newer syntax than an old Python reads

    digest = hashlib.sha256(sys.version.encode())
    for name in FILES:
        with open(name, "rb") as file:
            digest.update(file.read())
    mark = os.path.join(".venv", ".complete")
    if os.path.exists(mark):
        with open(mark) as file:
            if file.read() == digest.hexdigest():
                return
    lacking.for_client()
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
    with open(mark, "w") as file:
        file.write(digest.hexdigest())


if __name__ == "__main__":
    run_main(main)
