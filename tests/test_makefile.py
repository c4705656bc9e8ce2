"""What the Makefile does itself, without a script."""

import os
import shutil
import subprocess

import pytest

from scripts.cache import ROOT


@pytest.fixture
def make(tmp_path):
    """Run `make` on a copy of the Makefile in an empty folder; the folder `bin` there is first on PATH."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "bin").mkdir()

    def run(*arguments):
        environ = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "XDG_CACHE_HOME": str(tmp_path)}
        done = subprocess.run(
            ["make", *arguments], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_help_lists_the_commands_also_with_the_sed_of_macos(make, tmp_path):
    sed = shutil.which("sed")
    fake = tmp_path / "bin" / "sed"  # in a replacement, \t is a t to it
    fake.write_text(
        "#!/bin/sh\n"
        f'for word; do shift; set -- "$@" "$(printf %s "$word" | {sed} \'s/[\\]t/t/g\')"; done\n'
        f'exec {sed} "$@"\n'
    )
    fake.chmod(0o755)
    lines = make("help").splitlines()
    assert "help              list these commands" in lines
    assert "test-docs         execute the notebooks against real servers" in "\n".join(lines)
    assert all(line[17] == " " != line[18] for line in lines)
