"""The bare machine: what it is made of, and that nothing of it stays. `make bare` runs it for real."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.common.paths import ROOT
from scripts.common.problem import Problem
from scripts.upkeep import bare


def test_the_readme_names_what_the_checks_before_an_install_look_for():
    assert {"python3", "python3-venv", "make", "git", "libnuma1", "libatomic1"} == set(bare.packages())


@pytest.mark.parametrize("lacks", ["root", "debootstrap"])
def test_where_it_cannot_be_made_it_says_so(monkeypatch, lacks):
    monkeypatch.setattr(bare.os, "geteuid", lambda: 1000 if lacks == "root" else 0)
    monkeypatch.setattr(bare.shutil, "which", lambda name: None if name == lacks else f"/usr/bin/{name}")
    with pytest.raises(Problem, match=rf"(?s)cannot be made here.*{lacks}.*apt install debootstrap"):
        bare.check()


def test_packages_come_from_where_this_machine_gets_them(monkeypatch, tmp_path):
    wheels, index, certificates = tmp_path / "wheels", tmp_path / "an-index" / "simple", tmp_path / "ca.pem"
    wheels.mkdir()
    index.mkdir(parents=True)
    certificates.touch()
    (tmp_path / ".config/pip").mkdir(parents=True)
    (tmp_path / ".config/pip/pip.conf").write_text(f"[global]\nextra-index-url = file://{index}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    variables, files, folders = bare.settings()
    assert variables["SSL_CERT_FILE"] == str(certificates)
    assert "OPENAI_API_KEY" not in variables
    assert files[f"{bare.HOME}/.config/pip/pip.conf"] == tmp_path / ".config/pip/pip.conf"
    assert files[str(certificates)] == certificates
    assert {wheels, index.parent} <= set(folders)  # the packages lie beside the index


def test_what_passed_and_what_was_not_verified_is_repeated(monkeypatch, tmp_path):
    monkeypatch.setattr(bare, "BUILD", tmp_path)
    (tmp_path / "logs").mkdir()
    kept = [
        "SKIPPED [2] tests/rendered/conftest.py:90: not verified: no Quarto",
        "=========== 1885 passed, 3 skipped in 120.11s (0:02:00) ===========",
        "Verified: vllm, litellm.",
        "NOT VERIFIED: notebooks/ollama.ipynb was not executed on Ollama: there is no program.",
    ]
    (tmp_path / "logs" / "bare-test.log").write_text("\n".join(["..... [ 9%]", *kept, "tests/test_x.py passed it"]))
    assert bare.said("test") == kept
    assert bare.said("test-docs") == []


def may_mount():
    """Whether this process may have mounts of its own; root may, but not in every container."""
    return not subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode


@pytest.mark.skipif(not shutil.which("unshare") or not may_mount(), reason="not verified: nothing may be mounted here")
def test_commands_have_mounts_and_processes_of_their_own(tmp_path):
    """In a root file system that is this machine's, mounted read-only; interrupted, it leaves nothing."""
    program = (
        "from scripts.upkeep import bare; from scripts.common.problem import run_main\n"
        "folders = [bare.Path(name) for name in ('/usr', '/lib', '/lib64', '/bin') if bare.Path(name).is_dir()]\n"
        "bare.settings = lambda: ({}, {}, folders)\n"
        f"bare.BUILD = bare.Path({str(tmp_path)!r})\n"
        f"machine = bare.Machine({str(tmp_path)!r})\n"
        "for folder in ('/proc', '/dev', '/sys', *folders): machine.path(folder).mkdir()\n"
        "command = ['sh', '-c', 'echo $$; ls -d /proc/self /dev/null /sys/devices; sleep 60']\n"
        "run_main(lambda: machine.run('sleeping', command, 'sleep', 3))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "Sleeping failed" in done.stderr
    assert "longer than 3 seconds" in done.stderr
    number, *seen = (tmp_path / "logs" / "bare-sleep.log").read_text().splitlines()
    assert int(number) < 50  # its first processes have small numbers
    assert seen[:3] == ["/dev/null", "/proc/self", "/sys/devices"]
    assert str(tmp_path) not in Path("/proc/mounts").read_text()
    assert list((tmp_path / "dev").iterdir()) == []
