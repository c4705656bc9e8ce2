"""Servers that do not start say what pages on errors quote: a wrong flag, a model too new, a broken file."""

import dataclasses
import hashlib
import os
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest

from scripts.common.paths import ROOT
from scripts.content import backends, errors
from scripts.servers import serve
from tests.doctor.packed import explain

LIMIT = 180  # seconds; the vLLMs read their libraries all at once
UNKNOWN = b"nosuc"  # an architecture; as long as `llama`, so that the rest of the file stays where it is
RENAMED = {
    "architecture": ("LlamaForCausalLM", "NoSuchForCausalLM"),
    "type": ('"model_type": "llama"', '"model_type": "no_such"'),
}
OF_VLLM = {  # the page: the model, and flags
    "unrecognized-arguments": ("", ["--no-such-flag"]),
    "invalid-tool-call-parser": ("", ["--enable-auto-tool-choice", "--tool-call-parser", "no-such"]),
    "reasoning-parser-not-found": ("", ["--reasoning-parser", "no-such"]),
    "model-architectures-not-supported": ("architecture", []),
    "transformers-does-not-recognize": ("type", []),
    "outgoing-traffic-has-been-disabled": ("hub", []),
}


@pytest.fixture(scope="module")
def vllm(tmp_path_factory):
    """What each vLLM of OF_VLLM printed, and its status; and one with --help=all. They start at once: each reads
    libraries for long."""
    backend = backends.get("vllm")
    python, whole, _ = serve.prepare(backend)
    models = {"": whole, "hub": "no-such/model"}
    for name, change in RENAMED.items():
        models[name] = tmp_path_factory.mktemp(name) / "model"
        shutil.copytree(whole, models[name])
        config = models[name] / "config.json"
        assert change[0] in config.read_text()
        config.write_text(config.read_text().replace(*change))
    asked = {page: ["--model", models[model], *flags] for page, (model, flags) in OF_VLLM.items()}
    started = {
        page: subprocess.Popen(
            [python, *backend.command[1:3], "--host", "127.0.0.1", "--port", "0", *flags],
            cwd=ROOT,
            env=os.environ | backend.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for page, flags in {**asked, "help": ["--help=all"]}.items()
    }
    try:
        yield {page: (process.communicate(timeout=LIMIT)[0], process.returncode) for page, process in started.items()}
    finally:
        for process in started.values():
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def llama_server():
    """The program."""
    return serve.prepare(backends.get("llama-cpp"))[0]


@pytest.fixture(scope="module")
def whole():
    """The bytes of the small model's file."""
    return Path(serve.prepare(backends.get("llama-cpp"))[1]).read_bytes()


@pytest.fixture
def fails(llama_server):
    """A function that starts a llama-server that is to fail, and gives what it printed."""

    def start(*flags, cwd=ROOT):
        command = [llama_server, "--host", "127.0.0.1", "--port", "0", *flags]
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=LIMIT)
        assert done.returncode
        return done.stdout + done.stderr

    return start


def assert_finds(page, printed):
    """The box for a pasted text, given what a server printed, has this page first."""
    found = explain.explain(printed, errors.data())
    assert found, printed[-2000:]
    assert found[0].address == f"docs/errors/{page}.html", found


@pytest.mark.parametrize("page", OF_VLLM)
def test_vllm_says_why_it_does_not_start(vllm, page):
    printed, status = vllm[page]
    assert status
    assert_finds(page, printed)
    (entry,) = [each for each in errors.load() if each.name == page]
    if entry.error.exception != errors.NO_ERROR:
        name = entry.error.exception.rpartition(".")[2]
        assert re.search(rf"^(\(.*\) )?([\w.]+\.)?{name}\b", printed, re.MULTILINE), printed[-2000:]


def test_vllm_lists_the_parsers_that_the_pages_name(vllm):
    of_tools = vllm["invalid-tool-call-parser"][0].rpartition("invalid tool call parser")[2]
    assert "hermes" in re.split(r"[ ,]+", of_tools)
    of_reasoning = vllm["reasoning-parser-not-found"][0].rpartition("Available parsers: ")[2]
    assert {"qwen3", "deepseek_r1"} <= set(re.split(r"[\s,\"]+", of_reasoning))


def test_servers_list_the_flags_that_they_know(vllm, llama_server):
    assert "--max-model-len" in vllm["help"][0]
    assert "--ctx-size" in subprocess.check_output([llama_server, "--help"], text=True, timeout=60)


def test_llama_server_names_an_argument_that_it_does_not_know(fails):
    assert_finds("unrecognized-arguments", fails("--no-such-flag"))


def test_llama_server_names_the_architecture_that_it_does_not_know(fails, whole, tmp_path):
    place = whole.index(b"llama", whole.index(b"general.architecture"))
    model = tmp_path / "model.gguf"
    model.write_bytes(whole[:place] + UNKNOWN + whole[place + len(UNKNOWN) :])
    printed = fails("--model", model)
    assert_finds("unknown-model-architecture", printed)
    assert f"unknown model architecture: '{UNKNOWN.decode()}'" in printed


def test_llama_server_sees_that_a_file_is_no_model(fails, tmp_path):
    model = tmp_path / "model.gguf"
    model.write_text("<!DOCTYPE html><html><title>The page of a model</title></html>")
    printed = fails("--model", model)
    assert_finds("invalid-magic-characters", printed)
    assert "'<!DO'" in printed


def test_llama_server_sees_that_a_file_is_cut(fails, whole, tmp_path):
    model = tmp_path / "model.gguf"
    model.write_bytes(whole[: len(whole) // 2])
    printed = fails("--model", model)
    assert_finds("data-is-not-within-the-file-bounds", printed)
    assert "model is corrupted or incomplete" in printed


def test_llama_server_says_that_there_is_no_file_where_it_was_started(fails, whole, tmp_path):
    (tmp_path / "model.gguf").write_bytes(whole)
    printed = fails("--model", "model.gguf", cwd="/")
    assert_finds("failed-to-open-gguf-file", printed)
    assert "(No such file or directory)" in printed


def test_llama_server_starts_with_the_whole_file_at_its_whole_path(llama_server, whole, tmp_path):
    model = tmp_path / "model.gguf"
    model.write_bytes(whole)
    assert whole.startswith(b"GGUF")
    printed = subprocess.check_output(["sha256sum", model], text=True, timeout=60)
    assert printed.split()[0] == hashlib.sha256(whole).hexdigest()
    backend = dataclasses.replace(backends.get("llama-cpp"), port=0)
    with serve.serving(backend, (llama_server, model, {})) as running:
        assert urllib.request.urlopen(f"{running.root}/health", timeout=10).status == 200


def test_a_llama_server_without_openssl_downloads_nothing(fails):
    if shutil.which("llama-server"):
        pytest.skip("NOT VERIFIED: the program on PATH may have OpenSSL, and would download")
    assert_finds("https-is-not-supported", fails("-hf", "no-such/model"))
