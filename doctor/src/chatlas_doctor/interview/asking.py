"""Starts the questions with the reader's Python, a process for each chatlas class, and reads what they find."""

import contextlib
import json
import os
import queue
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from chatlas_doctor.causes import KEY_VARIABLE, Cause
from chatlas_doctor.interview.words import NOT_ASKED

WHOLE = 1200.0  # seconds for all questions
STUCK = 150.0  # seconds without a sign of the process; a question ends itself after 120
FAILURES = 3  # in a row, after which a server is left alone
FAILED = ("unreachable", "too-slow", "too-many")
PACKAGE = Path(__file__).resolve().parents[1]
# Only this package is put before the reader's own: what else lies beside it must not take chatlas' place.
START = """
import importlib.util as u, sys
folder = sys.argv[1]
spec = u.spec_from_file_location("chatlas_doctor", folder + "/__init__.py", submodule_search_locations=[folder])
sys.modules["chatlas_doctor"] = module = u.module_from_spec(spec)
spec.loader.exec_module(module)
from chatlas_doctor.probes.any_server import main
main()
"""


class Column:
    """What one class found: `findings` by probe, `catalog` with the name, title and theme of each probe."""

    def __init__(self, class_name):
        self.class_name, self.findings, self.catalog, self.lacking = class_name, {}, [], False

    def left(self):
        """The names of the probes that have no finding yet."""
        return [name for name, _, _ in self.catalog if name not in self.findings]

    def give_up(self, reason, names=None):
        """Note that these probes, or all that are left, were not asked."""
        for name in self.left() if names is None else names:
            self.findings[name] = {"probe": name, "outcome": NOT_ASKED, "reason": reason, "seconds": 0, "requests": 0}


def environment(settings, key_names):
    """The environment of the questions: no OpenAI setting, no proxy, and the key nowhere but in PROBE_TARGET."""
    away = ("OPENAI_", "PYTHONPATH", "PYTHONHOME")
    kept = {n: v for n, v in os.environ.items() if not n.upper().startswith(away) and n not in key_names}
    return {**kept, "NO_PROXY": "*", "no_proxy": "*", "PYTHONUTF8": "1", "PROBE_TARGET": json.dumps(settings)}


def lines_of(process):
    """A queue with each JSON object that the process prints, then None."""
    lines = queue.Queue()

    def read():
        for line in process.stdout:
            with contextlib.suppress(ValueError):
                found = json.loads(line)
                if isinstance(found, dict):
                    lines.put(found)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return lines


def ask_class(column, python, settings, deadline, tell, key_names=(KEY_VARIABLE,)):
    """Ask all probes through one class, and fill in `column`.

    Args:
        python: the reader's Python, a program.
        settings: what any_server.py is given, but for `only`.
        deadline: when time is over, by time.monotonic().
        tell: a function that is told of each question as it is asked, and of each finding.
        key_names: variables that hold the key and are not handed on.

    Raises:
        Cause: the questions cannot run there.
    """
    failures = 0
    while not column.catalog or column.left():
        asked = settings | {"only": column.left(), "fits": fits(column)}
        with process_of(python, asked, key_names) as process:
            lines, asking = lines_of(process), ""
            while True:
                left = deadline - time.monotonic()
                try:
                    line = lines.get(timeout=max(0.01, min(STUCK, left)))
                except queue.Empty:
                    if left <= STUCK:
                        return column.give_up("out-of-time")
                    column.give_up("too-slow", [asking] if asking else None)
                    failures += 1
                    break
                if line is None:
                    if not column.catalog or column.left():
                        raise broken(process, python)
                    break
                if "catalog" in line:
                    column.catalog, column.lacking = line["catalog"], line["lacking"]
                    if column.lacking:
                        return None
                elif "asking" in line:
                    asking = line["asking"]
                    tell(asking, None)
                else:
                    column.findings[line["probe"]] = line
                    tell(line["probe"], line)
                    failures = failures + 1 if line["reason"] in FAILED else failures if line["seconds"] == 0 else 0
                if failures >= FAILURES:
                    break
        if failures >= FAILURES:
            return column.give_up("gave-up")
    return None


def fits(column):
    """Whether the server took the long prompt whole."""
    return column.findings.get("context-overflow", {}).get("reason") == "fits"


@contextlib.contextmanager
def process_of(python, settings, key_names):
    """The process with the questions, ended at the end. Ctrl-C reaches only the doctor, which ends it."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [python, "-c", START, str(PACKAGE)],
            cwd=folder,
            env=environment(settings, key_names),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
            errors="replace",
            start_new_session=os.name == "posix",
        )
        process.said = errors
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def broken(process, python):
    """The Cause when the questions ended before their end."""
    process.wait(timeout=10)
    process.said.seek(0)
    last = (process.said.read().strip().splitlines() or ["no word"])[-1][:300]
    text = f"The questions do not run with your Python ({python}): {last}"
    return Cause("install", text, f'Run: {python} -m pip install --upgrade "chatlas" "openai>=3"')
