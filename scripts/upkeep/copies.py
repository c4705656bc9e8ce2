"""A throw-away copy of the repository, for what must not touch the working tree."""

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from scripts.common.paths import ROOT
from scripts.common.problem import Problem


def files():
    """What git knows of or would add, relative to the repository; nothing that .gitignore names."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise Problem(
            "The repository cannot be copied.",
            f"git does not list its files: {done.stderr.strip()}",
            "run this in a clone of the repository, with git on PATH.",
        )
    names = sorted(set(done.stdout.split("\0")) - {""})
    return [Path(name) for name in names if (ROOT / name).is_file()]


@contextlib.contextmanager
def copied(names, source=ROOT):
    """A folder with a copy of the files `names` of the folder `source`; it is removed at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="chatlas-copy-") as folder:
        for name in names:
            target = Path(folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target)
        yield Path(folder)
