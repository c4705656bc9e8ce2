"""Long steps show signs of life, have a limit, and fail with their log's last lines."""

import sys

import pytest

from scripts.common import progress
from scripts.common.problem import Problem
from tests.gone import is_gone


def run(program, tmp_path, timeout=20):
    return progress.run("doing vLLM things", [sys.executable, "-c", program], tmp_path / "log", timeout, "try again.")


def test_a_failing_step_shows_its_log_and_the_advice(tmp_path):
    with pytest.raises(Problem, match=r"(?s)Doing vLLM things failed.*exit status 4.*disk is full.*try again"):
        run("print('disk is full'); raise SystemExit(4)", tmp_path)


def test_a_step_past_its_limit_is_ended_with_its_children(tmp_path):
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'])\n"
        "print(child.pid, flush=True); time.sleep(99)"
    )
    with pytest.raises(Problem, match="longer than 5 seconds"):
        run(program, tmp_path, timeout=5)
    assert is_gone(int((tmp_path / "log").read_text()))


def test_a_long_step_prints_its_logs_last_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 1)
    run("import time; print('downloading 3 of 9', flush=True); time.sleep(2.5)", tmp_path)
    shown = capsys.readouterr().out
    assert "- doing vLLM things ..." in shown
    assert "downloading 3 of 9" in shown
    assert "done in" in shown
