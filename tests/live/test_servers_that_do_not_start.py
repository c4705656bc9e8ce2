"""Servers that do not start say what pages on errors quote: a wrong flag, a model too new, a broken file."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.common.paths import ROOT
from scripts.content import backends, errors
from scripts.servers import serve

LIMIT = 180  # seconds; five vLLMs read their libraries at once
ARCHITECTURE = b"general.architecture"
UNKNOWN = b"nosuc"  # as long as `llama`, so that the rest of the file stays where it is
RENAMED = {
    "architecture": ("LlamaForCausalLM", "NoSuchForCausalLM"),
    "type": ('"model_type": "llama"', '"model_type": "no_such"'),
}
OF_VLLM = {
    "unrecognized-arguments": ("", ["--no-such-flag"]),
    "invalid-tool-call-parser": ("", ["--enable-auto-tool-choice", "--tool-call-parser", "no-such"]),
    "reasoning-parser-not-found": ("", ["--reasoning-parser", "no-such"]),
    "model-architectures-not-supported": ("architecture", []),
    "transformers-does-not-recognize": ("type", []),
    "outgoing-traffic-has-been-disabled": ("hub", []),
}


@pytest.fixture(scope="module")
def vllm(tmp_path_factory):
    """What each vLLM of OF_VLLM printed, by the name of its page. They start at once: each reads libraries for long."""
    backend = backends.get("vllm")
    python, whole, _ = serve.prepare(backend)
    models = {"": whole, "hub": "no-such/model"}
    for name, change in RENAMED.items():
        models[name] = tmp_path_factory.mktemp(name) / "model"
        shutil.copytree(whole, models[name])
        config = models[name] / "config.json"
        assert change[0] in config.read_text()
        config.write_text(config.read_text().replace(*change))
    started = {
        page: subprocess.Popen(
            [python, *backend.command[1:3], "--host", "127.0.0.1", "--port", "0", "--model", models[model], *flags],
            cwd=ROOT,
            env=os.environ | backend.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for page, (model, flags) in OF_VLLM.items()
    }
    try:
        yield {page: process.communicate(timeout=LIMIT)[0] for page, process in started.items()}
    finally:
        for process in started.values():
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    """A function that starts a llama-server with a model's file and flags, and gives what it printed until it ended."""
    program, _, _ = serve.prepare(backends.get("llama-cpp"))

    def start(model, *flags):
        command = [program, "--host", "127.0.0.1", "--port", "0", "--model", model, *flags]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
        assert done.returncode
        return done.stdout + done.stderr

    return start


@pytest.fixture(scope="module")
def whole():
    """The bytes of the small model's file."""
    _, model, _ = serve.prepare(backends.get("llama-cpp"))
    return Path(model).read_bytes()


def patterns(page):
    """What recognises the error of a page, as the parts between its gaps."""
    (entry,) = [each for each in errors.load() if each.name == page]
    return [pattern.split(errors.GAP) for pattern in entry.error.match]


def assert_recognised(page, printed):
    """The page has a pattern that is in what a server printed."""
    assert any(all(part in printed for part in pattern) for pattern in patterns(page)), printed[-2000:]


@pytest.mark.parametrize("page", OF_VLLM)
def test_vllm_says_why_it_does_not_start(vllm, page):
    assert_recognised(page, vllm[page])


def test_vllm_lists_the_parsers_that_it_has(vllm):
    assert "hermes" in vllm["invalid-tool-call-parser"].rpartition("invalid tool call parser")[2]
    assert "qwen3" in vllm["reasoning-parser-not-found"].rpartition("Available parsers")[2]


def test_llama_server_names_an_argument_that_it_does_not_know(llama, tmp_path):
    assert_recognised("unrecognized-arguments", llama(tmp_path / "any.gguf", "--no-such-flag"))


def test_llama_server_lists_the_arguments_that_it_knows():
    program, _, _ = serve.prepare(backends.get("llama-cpp"))
    assert "--ctx-size" in subprocess.check_output([program, "--help"], text=True, timeout=60)


def test_llama_server_names_the_architecture_that_it_does_not_know(llama, whole, tmp_path):
    place = whole.index(b"llama", whole.index(ARCHITECTURE))
    model = tmp_path / "model.gguf"
    model.write_bytes(whole[:place] + UNKNOWN + whole[place + len(UNKNOWN) :])
    assert_recognised("unknown-model-architecture", llama(model))


def test_llama_server_sees_that_a_file_is_no_model(llama, tmp_path):
    model = tmp_path / "model.gguf"
    model.write_text("<!DOCTYPE html><html><title>The page of a model</title></html>")
    assert_recognised("invalid-magic-characters", llama(model))


def test_llama_server_sees_that_a_file_is_cut(llama, whole, tmp_path):
    model = tmp_path / "model.gguf"
    model.write_bytes(whole[: len(whole) // 2])
    assert_recognised("data-is-not-within-the-file-bounds", llama(model))


def test_llama_server_says_that_there_is_no_file(llama, tmp_path):
    assert_recognised("failed-to-open-gguf-file", llama(tmp_path / "model.gguf"))


def test_a_whole_file_begins_with_the_letters_on_the_page(whole):
    assert whole.startswith(b"GGUF")
