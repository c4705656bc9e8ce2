"""What the Makefile does itself, without a script."""

import json
import os
import shutil
import subprocess
import sys
import threading

import psutil
import pytest

from scripts.common.paths import ROOT
from tests.gone import is_gone


@pytest.fixture
def make(tmp_path):
    """Run `make` on a copy of the Makefile in an empty folder; the folder `bin` there is first on PATH."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "bin").mkdir()

    def run(*arguments):
        environ = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # of `make test`
        environ |= {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "XDG_CACHE_HOME": str(tmp_path)}
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


@pytest.fixture
def noted(tmp_path):
    """A function that notes a process as `make start` does."""

    def note(pid, created):
        (tmp_path / "_build").mkdir()
        state = {"pid": pid, "created": created, "base_url": "", "log": "", "scratch": str(tmp_path / "scratch")}
        (tmp_path / "_build" / "running-vllm.json").write_text(json.dumps(state))

    return note


def test_clean_without_anything_to_remove(make):
    make("clean", "PYTHON=false")


@pytest.mark.parametrize("has_venv", [True, False])
def test_clean_stops_what_start_started(make, noted, tmp_path, has_venv):
    venv = tmp_path / (".venv" if has_venv else "to be .venv")
    (venv / "bin").mkdir(parents=True)
    python = venv / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    for name in ("scripts", "notebooks"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("backends.toml", "notebooks.toml"):
        shutil.copy(ROOT / name, tmp_path)
    bootstrap = tmp_path / "bin" / "bootstrap"  # in place of Python: makes .venv as scripts/common/bootstrap.py does
    bootstrap.write_text('#!/bin/sh\ntest -e .venv || mv "to be .venv" .venv\n')
    bootstrap.chmod(0o755)
    server = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    threading.Thread(target=server.wait, daemon=True).start()  # else a zombie of this test is left
    noted(server.pid, psutil.Process(server.pid).create_time())
    try:
        make("clean", "PYTHON=bootstrap")
        assert is_gone(server.pid)
    finally:
        server.kill()
    assert not (tmp_path / ".venv").exists()


def test_clean_needs_no_venv_for_a_server_that_has_ended(make, noted, tmp_path):
    server = subprocess.Popen(["true"])
    server.wait()
    noted(server.pid, 1.0)
    make("clean", "PYTHON=false")
    assert not (tmp_path / "_build").exists()


def test_clean_keeps_the_cache_folder_as_long_as_another_clone_uses_it(make, tmp_path):
    cache, python = tmp_path / "chatlas-local-models", tmp_path / "bin" / "system-python"
    python.write_text(f'#!/bin/sh\ncd "{ROOT}" && exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    server = "['sleep', '60'], pass_fds=[cache.hold()]"  # as `make start` leaves it running
    program = f"import subprocess; from scripts.common import cache; print(subprocess.Popen({server}).pid)"
    environ = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    # its output is a file, since a pipe would wait for the server
    with (tmp_path / "pid").open("w") as output:
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environ, stdout=output, timeout=60, check=True)
    pid = int((tmp_path / "pid").read_text())
    try:
        assert f"Kept {cache}" in make("clean", "PYTHON=system-python")
        assert cache.exists()
    finally:
        psutil.Process(pid).kill()
        assert is_gone(pid)
    make("clean", "PYTHON=system-python")
    assert not cache.exists()
