"""Run the doctor's tests in an environment of their own, with the package installed: `make test-doctor`.

It uses nothing of this repository, so that it runs wherever readers run the doctor.
"""

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "_build" / "test-doctor"
NEEDED = ("pytest", "trustme", "chatlas", "openai")  # with the versions that requirements/ names


def pinned():
    """What the tests need, as requirements."""
    text = "\n".join((ROOT / "requirements" / f"{name}.in").read_text() for name in ("client", "dev"))
    return [found[0] for name in NEEDED if (found := re.search(rf"^{name}[=<>!~][^\s#]*", text, re.MULTILINE))]


def main():
    """Make the environment anew, install, and run the tests; returns pytest's exit status."""
    venv.create(PLACE, clear=True, with_pip=True)
    python = PLACE / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", ROOT / "doctor", *pinned()], check=True, timeout=900)
    return subprocess.run([python, "-m", "pytest", ROOT / "doctor/tests", *sys.argv[1:]], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
