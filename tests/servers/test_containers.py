"""Containers that stop or cannot be had or removed, with fake engines that misbehave on purpose."""

import os
import signal

import pytest

from scripts.common.problem import Problem
from scripts.content import backends, guides
from scripts.run import test_docs
from scripts.servers import containers, preflight
from scripts.servers.engines import Engine
from tests.imitation import programs

DOCKER = Engine("docker", "28.2.2", ("docker", "compose"), "2.40.1")


@pytest.fixture
def fake(tmp_path, monkeypatch, build):
    """A function that puts a fake docker on PATH."""
    monkeypatch.setattr(containers, "BUILD", build)
    monkeypatch.setattr(preflight, "memory", lambda backend: None)
    monkeypatch.setenv("GONE", str(tmp_path / "gone"))

    def make(name):
        folder = tmp_path / "bin"
        folder.mkdir()
        programs.make(folder, name)
        monkeypatch.setenv("PATH", str(folder))

    return make


def test_a_container_that_stops_shows_its_last_lines_and_is_removed(fake, tmp_path):
    fake("docker_whose_container_stops")
    with (
        pytest.raises(Problem, match=r"(?s)vLLM container stopped.*container-vllm-cpu\.log.*no such model"),
        containers.project(DOCKER, "container") as project,
    ):
        project.ensure_running(backends.get("vllm"))
    assert (tmp_path / "gone").exists()  # it was removed, though `compose down` left it
    assert project.containers() == []


def test_an_image_that_cannot_be_pulled_is_unavailable_and_ours_is_a_problem(fake):
    fake("docker_that_cannot_pull")
    with containers.project(DOCKER, "container") as project:
        with pytest.raises(containers.Unavailable, match=r"ollama:0\S+ cannot be had here \(Error: no route"):
            project.ensure_running(backends.get("ollama"))
        with pytest.raises(
            Problem, match=r"(?s)Building the image localhost/chatlas-docs-vllm-cpu\S+ failed.*no route"
        ):
            project.ensure_running(backends.get("litellm"))  # its upstream comes first


def test_what_cannot_be_had_is_not_verified_with_the_reason_and_fails_when_it_was_named(fake, capsys):
    fake("docker_that_cannot_pull")
    for only in ("ollama", "llama-cpp", "gpu"):
        assert test_docs.on_containers(guides.chosen(only), only, "container", DOCKER) == 1
        out = capsys.readouterr().out
        assert "Verified: nothing." in out
        assert f"NOT VERIFIED: notebooks/{only}.ipynb was not executed on" in out
    test_docs.on_containers(guides.chosen("ollama,llama-cpp,gpu"), "", "container", DOCKER)
    out = capsys.readouterr().out
    assert "cannot be had here (Error: no route" in out
    assert "it needs a GPU" in out
    test_docs.on_containers(guides.chosen("llama-cpp"), "", "gpu", DOCKER)
    assert "no service for ON=gpu" in capsys.readouterr().out


def test_what_cannot_be_removed_is_said(fake, capsys):
    fake("docker_that_cannot_remove")
    with containers.project(DOCKER, "container"):
        pass
    assert "STILL THERE: c0ffee; docker could not remove it." in capsys.readouterr().out


def test_taking_down_is_not_interrupted():
    before = signal.getsignal(signal.SIGINT)
    with containers.uninterrupted():
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_no_key_of_the_person_reaches_a_container(monkeypatch):
    monkeypatch.setenv("VLLM_API_KEY", "secret")
    monkeypatch.setenv("LLAMA_API_KEY", "secret")
    monkeypatch.setenv("HF_TOKEN", "for gated models")
    project = containers.Project(DOCKER, "container", "p")
    environ = project.environ({"VLLM_PORT": "1"})
    assert "secret" not in environ.values()
    assert (environ["HF_TOKEN"], environ["VLLM_PORT"], environ["RESTART"]) == ("for gated models", "1", "no")


@pytest.mark.parametrize(
    ("name", "given"),
    [("llama-cpp", {"LLAMA_API_KEY", "GGUF", "GGUF_FOLDER", "LLAMA_CPP_PORT"}), ("ollama", {"OLLAMA_PORT"})],
)
def test_a_container_is_given_a_port_a_key_and_the_file_that_it_serves(monkeypatch, tmp_path, name, given):
    """Whatever the person at the terminal has set."""
    for variable in given:
        monkeypatch.setenv(variable, "of the person")
    monkeypatch.setattr(preflight, "memory", lambda backend: None)
    monkeypatch.setattr(containers.fetch_model, "ensure_gguf", lambda: tmp_path / "some.gguf")
    monkeypatch.setattr(containers.Project, "obtain", lambda project, backend: ("image:1", {}))
    started = []

    def stops_here(*arguments, env, **options):
        started.append(env)
        raise Problem("It", "stops", "here.")

    monkeypatch.setattr(containers.progress, "run", stops_here)
    with pytest.raises(Problem, match="stops"):
        containers.Project(DOCKER, "container", "p").start(backends.get(name))
    (environ,) = started
    assert {variable for variable in given if environ[variable] == "of the person"} == set()
    if name == "llama-cpp":
        assert environ["LLAMA_API_KEY"].startswith("sk-")
        assert (environ["GGUF_FOLDER"], environ["GGUF"]) == (str(tmp_path), "some.gguf")


def test_settings_come_from_the_example_and_then_from_the_environment(monkeypatch):
    monkeypatch.setenv("MODEL", "")  # make exports it empty
    assert containers.settings()["MODEL"] == "Qwen/Qwen3.5-4B"
    monkeypatch.setenv("MODEL", "owner/name")
    assert containers.settings()["MODEL"] == "owner/name"
