"""The report's server is an old one: what its environment costs is said before it is made."""

from types import SimpleNamespace

import pytest

from scripts.common.problem import Problem
from scripts.content import backends
from scripts.servers import environments, preflight
from scripts.upkeep import original_report

GIB = 2**30


@pytest.fixture
def vllm():
    return backends.get("vllm")


@pytest.fixture
def machine(monkeypatch):
    """A machine on which nothing is installed: its free disk in GiB, and whether it gets torch's CPU build."""

    def having(disk, cpu_build):
        monkeypatch.setattr(preflight, "memory", lambda backend: None)  # this machine may have too little of it
        monkeypatch.setattr(preflight.lacking, "for_vllm", lambda: None)
        monkeypatch.setattr(environments, "is_ready", lambda backend: False)
        monkeypatch.setattr(environments, "cpu_build", lambda python, version: ["pip"] if cpu_build else None)
        monkeypatch.setattr(preflight.psutil, "disk_usage", lambda path: SimpleNamespace(free=disk * GIB))

    return having


@pytest.mark.parametrize(("cpu_build", "costs"), [(True, original_report.SMALL), (False, original_report.LARGE)])
def test_the_cost_is_said_and_an_environment_of_its_own_is_taken(vllm, machine, capsys, cpu_build, costs):
    machine(disk=costs[1] + 1, cpu_build=cpu_build)
    report = original_report.server_of_the_report(vllm)
    said = capsys.readouterr().out
    assert f"{costs[0]} GiB to download, {costs[1]} GiB of disk" in said
    assert ("build for GPUs" in said) is not cpu_build
    assert report.version in said
    assert environments.location(report) != environments.location(vllm)


def test_too_little_disk_for_it_is_a_problem_before_anything_is_installed(vllm, machine):
    machine(disk=original_report.LARGE[1] - 0.1, cpu_build=False)
    with pytest.raises(Problem, match=f"{original_report.LARGE[1]} GiB are needed"):
        original_report.server_of_the_report(vllm)


def test_the_pinned_server_never_gets_the_build_for_gpus(vllm, machine):
    machine(disk=100, cpu_build=False)
    with pytest.raises(Problem, match="for CPU cannot be had here"):
        environments.install_torch("python", vllm)
