"""The client environment, when two commands want to make it at once."""

import fcntl
import hashlib
import os
import subprocess
import sys

from scripts.common import bootstrap
from scripts.common.paths import ROOT


def test_what_another_command_has_made_meanwhile_is_not_made_again(tmp_path):
    for folder in ("_build", ".venv", "requirements"):
        (tmp_path / folder).mkdir()
    for name in bootstrap.FILES:
        (tmp_path / name).touch()
    with (tmp_path / "_build" / "client.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        run = subprocess.Popen(
            [sys.executable, "-S", "-m", "scripts.common.bootstrap"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert "waiting for another run that is preparing the client environment" in run.stdout.readline()
        (tmp_path / bootstrap.MARK).write_text(hashlib.sha256(sys.version.encode()).hexdigest())
    printed, _ = run.communicate(timeout=60)
    assert (run.returncode, printed) == (0, "")
