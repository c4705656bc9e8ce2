"""Choosing what is run, and servers that are not there."""

import os
import subprocess
import sys

import pytest

from scripts import test_docs
from scripts.cache import ROOT
from scripts.problem import Problem


def test_only_chooses(monkeypatch):
    assert [backend.name for backend in test_docs.chosen("vllm")] == ["vllm"]
    assert "vllm" in [backend.name for backend in test_docs.chosen("")]


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(Problem, match=r"(?s)no backend called 'vlm'.*choose one of: vllm"):
        test_docs.chosen("vlm")


def test_a_url_where_nobody_answers_is_one_paragraph(port):
    done = subprocess.run(
        [sys.executable, "-m", "scripts.test_docs"],
        cwd=ROOT,
        env={**os.environ, "URL": f"http://localhost:{port}/v1", "ONLY": "vllm"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert "No OpenAI-compatible server answers" in done.stderr
    assert "Connection refused" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Nothing is installed or started" in done.stdout
