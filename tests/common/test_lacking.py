"""What a machine lacks is named with the package that brings it, before anything is installed."""

import os
import subprocess
import sys

import pytest

from scripts.common import lacking
from scripts.common.paths import ROOT
from scripts.common.problem import Problem
from scripts.content.backends import get
from scripts.servers import platform_check, preflight


@pytest.fixture
def on(monkeypatch):
    """A function that makes this machine look like a distribution, by the lines of its os-release."""

    def become(**release):
        monkeypatch.setattr("platform.freedesktop_os_release", lambda: release)

    return become


@pytest.fixture
def no_numa(monkeypatch):
    """A machine without libnuma; nothing is downloaded and nothing asked for."""
    monkeypatch.setattr(lacking, "loads", lambda library: False)
    for name in ("ONLY", "ON", "URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(platform_check, "check_platform", lambda: None)
    monkeypatch.setattr("shutil.which", lambda name: None if name == "nvidia-smi" else f"/usr/bin/{name}")


@pytest.mark.parametrize(
    ("release", "command"),
    [
        ({"ID": "debian"}, "`sudo apt install libnuma1`"),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "`sudo apt install libnuma1`"),
        ({"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, "`sudo dnf install numactl-libs`"),
        ({"ID": "arch"}, "`sudo pacman -S numactl`"),
        ({"ID": "opensuse-leap", "ID_LIKE": "suse opensuse"}, "`sudo zypper install libnuma1`"),
    ],
    ids=lambda value: value["ID"] if isinstance(value, dict) else "",
)
def test_each_distribution_is_given_its_own_command(on, no_numa, release, command):
    on(**release)
    with pytest.raises(Problem) as caught:
        lacking.for_vllm()
    assert "lacks libnuma.so.1" in str(caught.value)
    assert command in str(caught.value)


def test_another_distribution_is_given_every_name(on):
    on(ID="nixos")
    assert lacking.advice(["libatomic.so.1"]) == (
        "install libatomic1 (Debian, Ubuntu), libatomic (Fedora, RHEL), gcc-libs (Arch), libatomic1 (openSUSE)"
    )


def test_what_is_there_is_found_and_what_is_not_is_not():
    assert lacking.loads("libc.so.6")
    assert not lacking.loads("libno-such.so.1")


def test_a_python_without_its_venv_module_and_a_machine_without_git(on, monkeypatch):
    on(ID="debian")
    monkeypatch.setattr(lacking, "find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    venv = "python{}.{}-venv".format(*sys.version_info)
    with pytest.raises(Problem, match=rf"(?s)lacks .*ensurepip and git.*sudo apt install {venv} git"):
        lacking.for_client()


def test_an_error_that_names_a_library_leads_to_its_package(on):
    on(ID="debian")
    text = "ImportError('libnuma.so.1: cannot open shared object file: No such file or directory')\n"
    assert lacking.library_advice(text * 2) == "`sudo apt install libnuma1`"
    other = "chromium: error while loading shared libraries: libnss3.so: cannot open shared object file: No such file"
    assert "the package that has libnss3.so" in lacking.library_advice(other)
    assert lacking.library_advice("ImportError: no") == ""


@pytest.mark.parametrize(
    "asked", [{}, {"ONLY": "vllm"}, {"ONLY": "litellm"}, {"ONLY": "ollama,@vllm"}, {"ON": "embedded"}], ids=str
)
def test_without_libnuma_what_starts_vllm_stops_at_once(no_numa, monkeypatch, asked):
    for name, value in asked.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Problem, match=r"vLLM server cannot start here"):
        platform_check.check_machine()


@pytest.mark.parametrize(
    "asked",
    [{"ONLY": "ollama"}, {"ONLY": "@llama-cpp"}, {"ON": "container"}, {"URL": "http://localhost:8000/v1"}],
    ids=str,
)
def test_without_libnuma_what_starts_no_vllm_goes_on(no_numa, monkeypatch, asked):
    for name, value in asked.items():
        monkeypatch.setenv(name, value)
    platform_check.check_machine()


def test_it_is_asked_again_before_a_server_is_installed(no_numa, monkeypatch):
    monkeypatch.setattr(preflight, "memory", lambda backend: None)
    monkeypatch.setattr(preflight.fetch_model, "is_ready", lambda backend: True)
    monkeypatch.setattr(preflight.environments, "is_ready", lambda backend: True)
    with pytest.raises(Problem, match="libnuma"):
        preflight.check(get("vllm"))
    preflight.check(get("ollama"))


def test_the_paragraph_comes_before_anything_is_installed(tmp_path):
    """The command that `make test-docs` runs first, in a folder without .venv and without any package (-S)."""
    program = (
        "import ctypes\n"
        "def missing(name): raise OSError(name)\n"
        "ctypes.CDLL = missing\n"
        "from scripts.servers.platform_check import check_machine; from scripts.common.problem import run_main\n"
        "run_main(check_machine)"
    )
    environ = {name: value for name, value in os.environ.items() if name not in ("ONLY", "ON", "URL")}
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        cwd=tmp_path,
        env=environ | {"PYTHONPATH": str(ROOT), "ON": "embedded"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("\nStopped: The embedded vLLM server cannot start here.")
    assert list(tmp_path.iterdir()) == []
