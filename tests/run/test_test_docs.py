"""Servers that are not there."""

import os
import subprocess
import sys

from scripts.common.paths import ROOT


def test_a_url_where_nobody_answers_is_one_paragraph(port):
    done = subprocess.run(
        [sys.executable, "-m", "scripts.run.test_docs"],
        cwd=ROOT,
        env={**os.environ, "URL": f"http://localhost:{port}/v1", "ONLY": "vllm"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert "No OpenAI-compatible server answers" in done.stderr
    assert "Connection refused" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Nothing is started" in done.stdout
