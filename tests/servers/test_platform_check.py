"""What is said on machines that cannot run the embedded servers, before any download."""

import collections
import subprocess
import sys

import psutil
import pytest

from scripts.common.paths import ROOT
from scripts.common.problem import Problem
from scripts.content import guides
from scripts.content.backends import get, load
from scripts.servers import platform_check, preflight


@pytest.mark.skipif(sys.platform != "linux", reason="not verified: the embedded servers run on Linux only")
def test_this_machine_passes(monkeypatch):
    monkeypatch.setattr(platform_check.lacking, "for_vllm", lambda: None)  # `make test` does without
    platform_check.check_machine()


def test_macos_is_told_of_the_container_and_of_an_existing_server(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(Problem, match=r"(?s)does not run on.*URL=http://localhost:8000/v1.*container"):
        platform_check.check_machine()


def test_an_existing_server_needs_no_linux(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("URL", "http://localhost:8000/v1")
    platform_check.check_machine()


def test_other_processors_and_libcs_are_refused(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(Problem, match="riscv64"):
        platform_check.check_platform()
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("platform.libc_ver", lambda: ("glibc", "2.17"))
    with pytest.raises(Problem, match=r"glibc 2\.17"):
        platform_check.check_platform()


def test_a_problem_is_one_paragraph_and_exit_status_1():
    program = (
        "import sys; sys.platform = 'darwin'\n"
        "from scripts.servers.platform_check import check_machine; from scripts.common.problem import run_main\n"
        "run_main(check_machine)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr.startswith("\nStopped: The embedded vLLM server does not run on")
    assert "What to do:" in done.stderr
    assert "Traceback" not in done.stderr


def test_too_little_memory(monkeypatch):
    Memory = collections.namedtuple("Memory", "available")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(2**30))
    with pytest.raises(Problem, match=r"(?s)Too little memory.*1\.0 GiB are free, 4\.0 GiB are needed"):
        preflight.check(get("vllm"))


def test_too_little_disk(monkeypatch, tmp_path):
    Disk = collections.namedtuple("Disk", "free")
    monkeypatch.setattr(preflight.lacking, "for_vllm", lambda: None)
    monkeypatch.setattr(preflight, "memory", lambda backend: None)  # this machine may have too little of it, too
    monkeypatch.setattr(preflight, "CACHE", tmp_path)
    monkeypatch.setattr(preflight.environments, "is_ready", lambda backend: False)
    monkeypatch.setattr(psutil, "disk_usage", lambda path: Disk(2**30))
    with pytest.raises(Problem, match=r"(?s)Too little disk.*1\.0 GiB are free.*XDG_CACHE_HOME"):
        preflight.check(get("vllm"))


EVERY = [
    *(f"@{name}" for name in load()),
    *(run.name for guide in guides.load().values() for run in guides.runs(guide)),
]


@pytest.mark.parametrize("only", ["", *EVERY, "ollama,@litellm"])
def test_what_is_asked_before_packages_are_there_is_what_is_started_then(monkeypatch, only):
    monkeypatch.setenv("ON", "embedded")
    monkeypatch.setenv("ONLY", only)
    started = any("vllm" in (run.backend.name, run.backend.upstream) for run in guides.chosen(only))
    assert platform_check.starts_vllm() == started
