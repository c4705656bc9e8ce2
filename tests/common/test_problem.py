"""How every script here gives up."""

import os
import subprocess
import sys

import pytest

from scripts.common.problem import run_main


@pytest.fixture(autouse=True)
def _as_before(monkeypatch):
    """The environment and the signals as they were."""
    monkeypatch.setattr("scripts.common.problem.signal.signal", lambda *handler: None)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "intranet")


def test_a_command_that_fails_is_one_paragraph(capsys):
    def main():
        command = [sys.executable, "-c", "import sys; sys.exit('no space left')"]
        subprocess.run(command, check=True, capture_output=True, text=True)

    with pytest.raises(SystemExit) as ended:
        run_main(main)
    assert ended.value.code == 1
    printed = capsys.readouterr().err
    assert printed.startswith("\nStopped: A command failed.\n  Why: ")
    assert "no space left" in printed
    assert "Traceback" not in printed


def test_no_proxy_of_the_network_is_asked_for_a_server_of_this_machine():
    with pytest.raises(SystemExit):
        run_main(lambda: 0)
    assert os.environ["NO_PROXY"] == os.environ["no_proxy"] == "intranet,localhost,127.0.0.1"
