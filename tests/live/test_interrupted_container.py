"""Ctrl-C while a container loads, and while a notebook runs against it, leaves no container."""

import os
import signal
import subprocess
import sys
import time

import pytest

from scripts.common.paths import ROOT
from scripts.servers import container_checks, containers, engines

STARTED_WITHIN = 600  # seconds; the image is there, but the machine may be busy
ENDED_WITHIN = 120
ENGINE, _ = engines.find()
IMAGE = containers.service("container", "vllm-cpu")["image"]
pytestmark = pytest.mark.skipif(
    not (ENGINE and container_checks.has_image(ENGINE, IMAGE)),
    reason=f"NOT VERIFIED: no container engine here has {IMAGE}; `make test-docs ON=container` builds it",
)


def left(project):
    """What the engine still has of a project: containers, volumes, networks."""
    label = ("--filter", f"label=com.docker.compose.project={project}")
    lists = (("ps", "--all"), ("volume", "ls"), ("network", "ls"))
    return [engines.ask(ENGINE.program, *words, "--quiet", *label)[1] for words in lists]


@pytest.mark.parametrize("moment", ["waiting for vLLM", "Cell 1 PASSED"])
def test_an_interrupt_leaves_nothing(moment, tmp_path):
    with (tmp_path / "output").open("w") as output:
        run = subprocess.Popen(
            [sys.executable, "-m", "scripts.run.test_docs"],
            cwd=ROOT,
            env={**os.environ, "ON": "container", "ONLY": "vllm", "URL": ""},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        project = f"chatlas-docs-{run.pid}"
        try:
            limit = time.monotonic() + STARTED_WITHIN
            while moment not in (tmp_path / "output").read_text():
                assert run.poll() is None, (tmp_path / "output").read_text()
                assert time.monotonic() < limit, (tmp_path / "output").read_text()
                time.sleep(0.1)
            assert left(project)[0]
        finally:
            run.send_signal(signal.SIGINT)
            run.wait(timeout=ENDED_WITHIN)
    printed = (tmp_path / "output").read_text()
    assert run.returncode == 130, printed
    assert "Stopped: interrupted." in printed
    assert left(project) == ["", "", ""]
