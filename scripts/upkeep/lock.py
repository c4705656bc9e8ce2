"""Resolves requirements/*.in into requirements/*.txt, with hashes, for all supported systems.

Names in requirements/<name>-excludes.txt are left out: see the comments in the .in files.
"""

import subprocess
import sys

from scripts.common.paths import ROOT
from scripts.common.problem import run_main
from scripts.common.python_version import OLDEST

FOLDER = ROOT / "requirements"
AGREE = {"client": "dev.in", "dev": "client.txt", "upstream": "client.txt"}  # they go into one environment


def command(name):
    """The uv command that makes requirements/<name>.txt."""
    arguments = ["pip", "compile", f"{name}.in", "--universal", "--python-version", "{}.{}".format(*OLDEST)]
    arguments += ["--generate-hashes", "--no-annotate", "--quiet", "--output-file", f"{name}.txt"]
    arguments += ["--custom-compile-command", "make lock"]
    if (FOLDER / f"{name}-excludes.txt").exists():
        arguments += ["--excludes", f"{name}-excludes.txt"]
    if name in AGREE:
        arguments += ["--constraint", AGREE[name]]
    return [sys.executable, "-m", "uv", *arguments]


def main():
    # client before dev, which is resolved to agree with it
    for path in sorted(FOLDER.glob("*.in")):
        print(f"- resolving {path.name} ...", flush=True)
        subprocess.run(command(path.stem), cwd=FOLDER, check=True, timeout=600)


if __name__ == "__main__":
    run_main(main)
