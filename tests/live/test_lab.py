"""`make lab`: it opens copies beside a server, and leaves neither a process nor a changed file behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psutil
import pytest

from scripts.common.paths import BUILD, ROOT
from scripts.content import notebooks
from tests.gone import is_gone
from tests.live.test_killed_server import family

STARTED_WITHIN = 500  # seconds, with JupyterLab's installation
STATUS = ["git", "status", "--porcelain"]


def fetched(address):
    with urllib.request.urlopen(address, timeout=10) as response:
        return response.read().decode()


def test_lab_opens_copies_beside_a_server_and_ctrl_c_ends_both(tmp_path):
    before, children = subprocess.check_output(STATUS, cwd=ROOT), set(psutil.Process().children())
    environ = {name: value for name, value in os.environ.items() if name not in ("URL", "DISPLAY", "WAYLAND_DISPLAY")}
    with (tmp_path / "output").open("w") as output:
        lab = subprocess.Popen(
            [sys.executable, "-m", "scripts.run.lab"],
            cwd=ROOT,
            env=environ | {"ONLY": "llama-cpp"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        limit = time.monotonic() + STARTED_WITHIN
        while not (found := re.search(r"JupyterLab: (\S+)", printed := (tmp_path / "output").read_text())):
            assert lab.poll() is None, printed
            assert time.monotonic() < limit, printed
            time.sleep(0.3)
        address = found[1]
        root, _, token = address.partition("/lab?token=")
        assert root.startswith("http://127.0.0.1:")
        assert "JupyterLab" in fetched(address)
        with pytest.raises(urllib.error.HTTPError, match="403"):
            fetched(f"{root}/api/contents")
        listed = json.loads(fetched(f"{root}/api/contents?token={token}"))["content"]
        assert {"llama-cpp.ipynb", "recipes"} <= {entry["name"] for entry in listed}
        specs = json.loads(fetched(f"{root}/api/kernelspecs?token={token}"))["kernelspecs"]
        assert list(specs) == ["docs"]
        copy = notebooks.read(BUILD / "lab" / "llama-cpp.ipynb")
        assert "check" not in {tag for cell in copy.cells for tag in notebooks.tags(cell)}
        assert fetched(notebooks.parameters(copy)["base_url"] + "/models")
        started = family(lab)
    finally:
        lab.send_signal(signal.SIGINT)
        lab.wait(timeout=60)
    assert lab.returncode == 130
    assert len(started) >= 2
    assert all(is_gone(process.pid) for process in started), started
    assert set(psutil.Process().children()) == children  # servers of other tests may run
    assert subprocess.check_output(STATUS, cwd=ROOT) == before
