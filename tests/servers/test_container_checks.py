"""What is said when something is missing for containers, with programs that misbehave on purpose."""

import os
import subprocess
import sys

import pytest

from scripts.common.paths import ROOT
from scripts.servers import container_checks, engines, hub
from scripts.servers.engines import Engine, Missing
from tests.imitation import answers, programs
from tests.imitation.server import serving

GIB = 2**30
DOCKER = Engine("docker", "28.2.2", ("docker", "compose"), "2.40.1")
PODMAN = Engine("podman", "4.3.1", ("podman-compose",), "1.6.0")


@pytest.fixture
def fakes(tmp_path, monkeypatch):
    """A function that makes these fake programs the only ones on PATH."""

    def make(*names):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for name in names:
            programs.make(folder, name)
        monkeypatch.setenv("PATH", str(folder))
        return folder

    return make


@pytest.fixture
def model(monkeypatch):
    """A function that sets what Hugging Face says of every model."""

    def say(**facts):
        monkeypatch.setattr(hub, "look_up", lambda name: hub.Facts(**facts))

    return say


def test_no_engine(fakes):
    fakes()
    engine, missing = engines.find()
    assert engine is None
    assert "neither `docker` nor `podman`" in missing[0].what
    assert "install Docker Engine" in missing[0].how


@pytest.mark.parametrize(
    ("names", "what", "how"),
    [
        (["docker_without_daemon"], "does not answer: Cannot connect to the Docker daemon", "systemctl start docker"),
        (["docker_not_permitted"], "does not answer: permission denied", "join the group docker"),
        (
            ["docker_without_compose"],
            "`docker compose` does not work: docker: unknown command",
            "docker-compose-plugin",
        ),
        (["docker_with_old_compose"], "its version is 'v2.5.0'; 2.20.2 or newer is needed", "docker-compose-plugin"),
        (["docker_with_silent_compose"], "its version is ''; 2.20.2", "docker-compose-plugin"),
        (["podman_that_is_broken"], "does not work: cannot clone", "podman info"),
        (["podman"], "`podman-compose` does not work: [Errno 2]", "pip install podman-compose"),
        (["podman", "podman-compose_too_old"], "its version is '1.0.3'; 1.6.0 or newer", "pip install podman-compose"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_an_engine_that_does_not_work_is_named_with_the_way_to_mend_it(fakes, names, what, how):
    fakes(*names)
    engine, missing = engines.find()
    assert engine is None
    assert what in missing[0].what
    assert how in missing[0].how
    assert all("\n" not in line for one in missing for line in (one.what, one.how))


def test_an_engine_that_hangs_is_given_up(fakes, monkeypatch):
    monkeypatch.setattr(engines, "LIMIT", 0.5)
    fakes("docker_that_hangs")
    assert "no answer within 0.5 seconds" in engines.find()[1][0].what


def test_both_engines_broken_are_both_named(fakes):
    fakes("docker_without_daemon", "podman_that_is_broken")
    assert [one.what.split()[0] for one in engines.find()[1]] == ["Docker", "Podman"]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        (None, "there is no `nvidia-smi` on PATH"),
        ("nvidia-smi_without_driver", "couldn't communicate with the NVIDIA driver"),
        ("nvidia-smi_without_gpu", "lists no GPU"),
        ("nvidia-smi_with_words", "says of the GPU's memory: 'Tesla, [N/A], [N/A]'"),
    ],
)
def test_no_usable_gpu(fakes, name, what):
    fakes(*([name] if name else []))
    found = container_checks.gpu()
    assert isinstance(found, Missing)
    assert what in found.what


def test_no_nvidia_runtime(fakes, monkeypatch):
    fakes("docker_without_nvidia")
    monkeypatch.setattr(container_checks, "CDI", ("/nonexistent/*",))
    assert "nvidia-ctk runtime configure" in container_checks.runtime(DOCKER).how
    assert "nvidia-ctk cdi generate" in container_checks.runtime(PODMAN).how


def test_too_little_gpu_memory(fakes):
    fakes("nvidia-smi_busy")
    found = container_checks.memory(container_checks.gpu(), hub.Facts(weights=8 * GIB), 0.9)
    assert found.what == "1.5 GiB of NVIDIA L4 (22 GiB)'s memory are free; vLLM takes 20.2 GiB."
    fakes("nvidia-smi_small")
    found = container_checks.memory(container_checks.gpu(), hub.Facts(weights=8 * GIB), 0.9)
    assert found.what == "the model needs 11.0 GiB of GPU memory; vLLM has 3.6 GiB of NVIDIA T400 (4 GiB)."
    assert "MODEL=" in found.how
    fakes("nvidia-smi_free")
    assert container_checks.memory(container_checks.gpu(), hub.Facts(weights=8 * GIB), 0.9) is None


def test_the_first_of_several_gpus_is_checked_since_vllm_takes_it(fakes):
    fakes("nvidia-smi_first_busy")
    found = container_checks.memory(container_checks.gpu(), hub.Facts(weights=8 * GIB), 0.9)
    assert found.what == "1.5 GiB of NVIDIA L4 (22 GiB)'s memory are free; vLLM takes 20.2 GiB."


def test_too_little_disk(fakes):
    fakes("docker_without_nvidia")
    assert container_checks.disk(DOCKER, 0) is None
    assert "are free in /; 1000000.0 GiB are needed" in container_checks.disk(DOCKER, 1e6).what


def test_every_missing_thing_is_said_in_two_lines(fakes, model, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    model(weights=10**16, gated=True)
    fakes("docker_without_nvidia", "nvidia-smi_busy")
    missing = container_checks.for_gpu("owner/name", "image:1", 0.9, all_of_them=True)
    words = container_checks.in_words(missing)
    assert len(words.splitlines()) == 2 * len(missing) == 8
    for part in (
        "no NVIDIA runtime",
        "owner/name asks for HF_TOKEN",
        "memory are free",
        "for the image and the weights",
    ):
        assert part in words
    first = container_checks.for_gpu("owner/name", "image:1", 0.9, all_of_them=False)
    assert [one.what for one in first] == ["docker knows no NVIDIA runtime."]


def test_a_token_is_asked_for_only_where_it_is_needed(monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    assert container_checks.token("m", hub.Facts(gated=False)) is None
    assert container_checks.token("m", hub.Facts(gated=None)) is None
    assert "HF_TOKEN" in container_checks.token("m", hub.Facts(gated=True)).what
    monkeypatch.setenv("HF_TOKEN", "t")
    assert container_checks.token("m", hub.Facts(gated=True)) is None


@pytest.mark.parametrize(
    ("behave", "gated", "unknown"),
    [
        (answers.unauthorized, True, "there is no such model, or it asks for a token (401)"),
        (answers.broken, None, "Hugging Face answered 500"),
        (answers.html_page, None, "Hugging Face could not be asked"),
        (answers.no_models, None, "Hugging Face could not be asked"),
        (answers.closes, None, "Hugging Face could not be asked"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_hub_that_misbehaves_leaves_the_size_unknown(monkeypatch, behave, gated, unknown):
    with serving(behave) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        facts = hub.look_up("owner/name")
    assert (facts.weights, facts.gated) == (None, gated)
    assert facts.unknown.startswith(unknown)
    assert server.seen[0][1] == "/api/models/owner/name?blobs=true"


def test_large_downloads_are_announced_with_size_and_place(fakes, capsys):
    fakes("docker_without_nvidia")
    gpu = container_checks.Gpu("NVIDIA L4", 22.5, 22)
    facts = hub.Facts(weights=9 * 10**9, gated=False)
    container_checks.announce(container_checks.Ready(DOCKER, gpu, facts), "o/n", "image:1")
    out = capsys.readouterr().out
    assert "o/n needs no HF_TOKEN" in out
    assert "the image image:1, up to 30 GiB unpacked, into /" in out
    assert "o/n, 9.0 GB, into a volume in /" in out
    container_checks.announce(container_checks.Ready(DOCKER, gpu, hub.Facts(unknown="no network")), "o/n", "image:1")
    assert "the size of o/n is not known (no network)" in capsys.readouterr().out


def run_test_docs(folder, **environ):
    return subprocess.run(
        [sys.executable, "-m", "scripts.run.test_docs"],
        cwd=ROOT,
        env={
            **os.environ,
            "URL": "",
            "ONLY": "gpu",
            "ON": "",
            "PATH": str(folder),
            "XDG_CACHE_HOME": str(folder),
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_plain_run_says_first_that_it_is_embedded_and_why(fakes):
    done = run_test_docs(fakes("docker_without_daemon"))
    first = done.stdout.splitlines()[0]
    assert first.startswith("Using embedded servers (")
    assert "the GPU container cannot run here: no NVIDIA GPU is visible: there is no `nvidia-smi`" in first
    done = run_test_docs(fakes("docker_without_daemon"), ON="embedded")
    assert "since ON=embedded asks for them." in done.stdout.splitlines()[0]


def test_a_plain_run_chooses_the_gpu_when_nothing_is_missing_and_says_what_it_downloads(fakes):
    folder = fakes("docker_with_nvidia_that_cannot_pull", "nvidia-smi_free")
    done = run_test_docs(folder, ONLY="vllm,gpu", HF_ENDPOINT="http://127.0.0.1:9")
    first, image, size, *_ = done.stdout.splitlines()
    assert first.startswith("Using containers on NVIDIA L4 (22 GiB) (docker 28.2.2 with docker compose 2.40.1), since")
    assert "nothing is missing for them" in first
    assert "the image docker.io/vllm/vllm-openai:v" in image
    assert "up to 30 GiB unpacked, into docker's storage" in image
    assert "the size of Qwen/Qwen3.5-4B is not known (Hugging Face could not be asked" in size
    assert done.returncode == 1
    for notebook in ("vllm", "gpu"):
        assert f"NOT VERIFIED: notebooks/{notebook}.ipynb was not executed on vLLM: its image docker.io" in done.stdout


def test_on_gpu_without_one_names_all_that_is_missing_and_fails(fakes):
    done = run_test_docs(fakes("docker_without_daemon"), ON="gpu", HF_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "The GPU container cannot run here." in done.stderr
    assert "- no NVIDIA GPU is visible" in done.stderr
    assert "- Docker is installed, and its engine does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_on_container_without_an_engine_fails_in_words(fakes):
    done = run_test_docs(fakes("podman_that_is_broken"), ON="container", ONLY="vllm")
    assert done.returncode == 1
    assert "No container can run here." in done.stderr
    assert "Operation not permitted" in done.stderr


@pytest.mark.parametrize("environ", [{"ON": "cloud"}, {"ON": "container", "URL": "http://localhost:1/v1"}])
def test_an_on_that_cannot_be_followed_is_refused(fakes, environ):
    done = run_test_docs(fakes(), **environ)
    assert done.returncode == 1
    assert "cannot be followed" in done.stderr
