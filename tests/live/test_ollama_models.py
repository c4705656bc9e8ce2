"""Our models on an Ollama that the test starts: made over the API, and as the page says."""

import contextlib
import dataclasses
import json
import shutil
import subprocess

import ollama as ollama_client
import openai
import pytest
from chatlas import ChatOllama

from scripts.common.problem import Problem
from scripts.content import backends
from scripts.run import execute
from scripts.servers import ollama_models, serve

pytestmark = pytest.mark.skipif(not shutil.which("ollama"), reason="NOT VERIFIED: there is no program `ollama` on PATH")


@pytest.fixture
def ollama(request):
    """An Ollama of the test's own that has the model of servers/ollama, and the file that it is made from.

    A test that is parametrized with this fixture gives it more environment variables.
    """
    environ = backends.get("ollama").environ | getattr(request, "param", {})
    backend = dataclasses.replace(backends.get("ollama"), port=0, environ=environ)
    prepared = serve.prepare(backend)
    with serve.serving(backend, prepared) as server:
        yield server, prepared[1]


def show(root, name):
    """What the server says of a model, without what differs between two equal ones."""
    body = json.dumps({"model": name}).encode()
    said = json.loads(ollama_models.request("POST", root + "/api/show", body))
    return {key: said.get(key) for key in ("template", "parameters", "capabilities", "details")}


def test_ollama_create_makes_the_same_model(ollama, tmp_path):
    server, gguf = ollama
    shutil.copy(gguf, tmp_path)
    for name, path in ollama_models.modelfiles("servers/ollama").items():
        shutil.copy(path, tmp_path)
        subprocess.run(
            ["ollama", "create", f"{name}-by-command", "-f", path.name],
            cwd=tmp_path,
            env={"OLLAMA_HOST": server.root, "HOME": str(tmp_path), "PATH": "/usr/bin"},
            executable=shutil.which("ollama"),
            capture_output=True,
            check=True,
            timeout=60,
        )
        assert show(server.root, f"{name}-by-command") == show(server.root, name)
    assert "tools" in show(server.root, "chatlas-docs-smollm2")["capabilities"]


def test_a_model_of_our_name_is_never_touched(ollama):
    server, gguf = ollama
    with (
        pytest.raises(Problem, match="has a model called chatlas-docs-smollm2 already"),
        ollama_models.lent(server.root, "servers/ollama", gguf),
    ):
        pass
    assert ollama_models.ours(server.root) == {"chatlas-docs-smollm2"}


def test_lent_models_and_those_that_cells_made_are_gone_afterwards_also_after_an_error(ollama):
    server, gguf = ollama
    client = ollama_client.Client(host=server.root)
    client.copy("chatlas-docs-smollm2", "somebody-elses")
    client.delete("chatlas-docs-smollm2")
    with (
        contextlib.suppress(ZeroDivisionError),
        ollama_models.lent(server.root, "servers/ollama", gguf),
    ):
        client.create(model="chatlas-docs-short", from_="chatlas-docs-smollm2")
        assert ollama_models.ours(server.root) == {"chatlas-docs-smollm2", "chatlas-docs-short"}
        raise ZeroDivisionError
    assert [entry.model for entry in client.list().models] == ["somebody-elses:latest"]


def test_the_first_snippet_takes_whatever_model_is_there(ollama):
    server, _ = ollama
    client = ollama_client.Client(host=server.root)
    client.copy("chatlas-docs-smollm2", "llama3.2")
    client.delete("chatlas-docs-smollm2")
    printed, _ = execute.run_snippet("notebooks/ollama.ipynb", {"base_url": server.root})
    assert "Paris" in printed
    client.delete("llama3.2")
    with pytest.raises(Problem, match="IndexError: list index out of range"):  # as the page says
        execute.run_snippet("notebooks/ollama.ipynb", {"base_url": server.root})


@pytest.mark.parametrize("ollama", [{"OLLAMA_GO_TEMPLATE": "0"}], indirect=True)
def test_a_model_run_with_the_template_in_its_file_refuses_a_long_prompt(ollama):
    server, _ = ollama
    client = ollama_client.Client(host=server.root)
    client.create(model="chatlas-docs-short", from_="chatlas-docs-smollm2", parameters={"num_ctx": 1024})
    chat = ChatOllama(base_url=server.root, model="chatlas-docs-short")
    refusal = r"request \(\d+ tokens\) exceeds the available context size \(1024 tokens\)"
    with pytest.raises(openai.BadRequestError, match=refusal):
        chat.chat("word " * 1500, echo="none")
