"""The reader's Python: which one it is, and whether chatlas and openai are there."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

from chatlas_doctor.causes import Cause

SECONDS = 20.0  # for a Python to start and say what it has
TELLS = (
    "import importlib.metadata as m, json, platform, sys\n"
    "def v(n):\n"
    "    try: return m.version(n)\n"
    "    except m.PackageNotFoundError: return ''\n"
    "print(json.dumps([sys.executable, platform.python_version(), v('chatlas'), v('openai')]))"
)


@dataclasses.dataclass
class Python:
    """A Python that the printed code can be run with."""

    program: str
    version: str = ""
    chatlas: str = ""
    openai: str = ""

    @property
    def says(self):
        """What it has, in words."""
        have = f"chatlas {self.chatlas or '(not there)'}, openai {self.openai or '(not there)'}"
        return f"{have}, Python {self.version} ({self.program})"


def candidates():
    """Where the reader's Python may be: the active environment's, else the one that the doctor runs in."""
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if folder := os.environ.get(name):
            places = [Path(folder) / "bin/python", Path(folder) / "Scripts/python.exe", Path(folder) / "python.exe"]
            yield from (str(place) for place in places if place.exists())
    yield sys.executable


def find(wanted=None):
    """The reader's Python, asked what it has.

    Args:
        wanted: the program that --python names; the first of the candidates if None.

    Raises:
        Cause: it does not start.
    """
    program = wanted or next(candidates())
    try:
        done = subprocess.run([program, "-c", TELLS], capture_output=True, text=True, timeout=SECONDS)
        return Python(*json.loads(done.stdout))
    except (OSError, ValueError, TypeError, subprocess.TimeoutExpired):
        text = f"{program} does not start as a Python: --python takes the program, such as .venv/bin/python."
        raise Cause("usage", text) from None
