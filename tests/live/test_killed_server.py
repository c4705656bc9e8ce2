"""A server that is killed while a notebook runs. Starts servers of its own."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import psutil

from scripts.common.paths import ROOT
from scripts.content import backends

STARTED_WITHIN = 400  # seconds, for two servers that may have to be installed
ENDED_WITHIN = 60


def family(process):
    """The processes below `process`, each with its command line."""
    found = {}
    for child in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            found[child] = " ".join(child.cmdline())
    return found


def test_killing_vllm_while_the_litellm_notebook_runs_ends_the_run_and_names_vllm(tmp_path):
    with (tmp_path / "output").open("w") as output:
        run = subprocess.Popen(
            [sys.executable, "-m", "scripts.run.test_docs"],
            cwd=ROOT,
            env={**os.environ, "ONLY": "litellm", "URL": ""},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            limit = time.monotonic() + STARTED_WITHIN
            while "Cell 1 PASSED" not in (tmp_path / "output").read_text():
                assert run.poll() is None, (tmp_path / "output").read_text()
                assert time.monotonic() < limit, (tmp_path / "output").read_text()
                time.sleep(0.1)
            started = family(run)
            entry = backends.get("vllm").command[2]  # the module's name
            vllm = next(process for process, command in started.items() if entry in command)
            vllm.send_signal(signal.SIGKILL)
            run.wait(timeout=ENDED_WITHIN)
        finally:
            run.send_signal(signal.SIGTERM)
            run.wait(timeout=30)
    printed = (tmp_path / "output").read_text()
    assert run.returncode == 1, printed
    assert "The vLLM server died." in printed
    assert "status -9" in printed
    _, alive = psutil.wait_procs(started, timeout=5)
    assert alive == [], [started[process] for process in alive]
