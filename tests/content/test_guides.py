"""Choosing what is executed."""

import ast

import pytest

from scripts.common.problem import Problem
from scripts.content import backends, guides, notebooks
from scripts.content.shown_errors import parsed
from scripts.run import test_docs
from scripts.servers import llama_server, ollama_models, serve, yours
from tests.imitation import answers
from tests.imitation.server import serving


def names(only):
    return [run.name for run in guides.chosen(only)]


def test_only_chooses():
    assert names("vllm") == ["vllm"]
    assert names("litellm,vllm") == ["litellm", "vllm"]


def test_a_backend_names_all_that_runs_on_it():
    every = [run.name for guide in guides.load().values() for run in guides.runs(guide) if run.backend.name == "vllm"]
    assert names("@vllm") == every
    assert {"vllm", "which-class@vllm"} <= set(every)
    assert "llama-cpp" in names("@llama-cpp")
    with pytest.raises(Problem, match="no notebook called '@vlm'"):
        guides.chosen("@vlm")


def test_a_plain_run_names_everything_and_leaves_out_what_would_have_to_be_built(monkeypatch, tmp_path):
    monkeypatch.setattr(llama_server, "CACHE", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    selected, lines = test_docs.startable(guides.chosen(""), "")
    assert "vllm" in [run.name for run in selected]
    assert "llama-cpp" not in [run.name for run in selected]
    (line,) = [line for line in lines if "notebooks/llama-cpp.ipynb" in line]
    assert line.startswith("NOT VERIFIED: ")
    assert "built once" in line
    assert "`make test-docs ONLY=llama-cpp`" in line
    named, lines = test_docs.startable(guides.chosen("llama-cpp"), "llama-cpp")
    assert [run.name for run in named] == ["llama-cpp"]
    assert lines == []


def test_a_program_on_path_is_taken_and_needs_no_build(monkeypatch, tmp_path):
    monkeypatch.setattr(llama_server, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "llama-server").touch(mode=0o755)
    assert llama_server.program() == tmp_path / "llama-server"
    assert serve.unavailable(backends.get("llama-cpp")) is None


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(Problem, match=r"(?s)no notebook called 'vlm'.*choose from: vllm, litellm"):
        guides.chosen("vlm")


def test_a_backend_that_is_not_there_is_said_to_be_not_verified(monkeypatch):
    monkeypatch.setattr(serve.shutil, "which", lambda name: None)
    selected, lines = test_docs.startable(guides.chosen(""), "")
    assert "ollama" not in [run.name for run in selected]
    assert "vllm" in [run.name for run in selected]
    assert "NOT VERIFIED: notebooks/ollama.ipynb was not executed on Ollama: there is no program" in "\n".join(lines)


def test_a_notebook_that_needs_a_gpu_is_left_out_of_embedded_runs_and_said_to_be(capsys):
    for only in ("", "gpu", "gpu@vllm"):
        selected, lines = test_docs.startable(guides.chosen(only), only)
        assert "gpu@vllm" not in [run.name for run in selected]
        assert "NOT VERIFIED: notebooks/gpu.ipynb was not executed on vLLM: it needs a GPU" in "\n".join(lines)
    assert test_docs.on_embedded_servers(selected, lines, "a test asks for them.") == 1
    assert "Verified: nothing." in capsys.readouterr().out


def test_a_backend_that_is_named_has_to_be_there(monkeypatch):
    monkeypatch.setattr(serve.shutil, "which", lambda name: None)
    everything = guides.chosen("@ollama")
    assert test_docs.startable(everything, "@ollama") == (everything, [])
    selected, lines = test_docs.startable(guides.chosen("ollama"), "ollama")
    assert lines == []
    with pytest.raises(Problem, match=r"(?s)Ollama cannot be started.*no program `ollama` on PATH.*URL="):
        serve.prepare(selected[0].backend)


def test_a_backend_is_given_the_address_that_its_class_wants():
    own, vllm = guides.chosen("ollama,vllm")
    assert own.parameters("http://h:1", "k")["base_url"] == "http://h:1"
    assert vllm.parameters("http://h:1", "k")["base_url"] == "http://h:1/v1"


def test_modelfiles_become_what_the_api_takes():
    files = ollama_models.modelfiles("servers/ollama")
    assert list(files) == [backends.get("ollama").serves]  # alone there, it is the one that the snippet finds
    made = ollama_models.read(files["chatlas-docs-smollm2"])
    assert list(made["files"]) == ["SmolLM2-135M-Instruct.Q4_1.gguf"]
    assert made["template"].startswith("{{-")
    assert made["template"].endswith("<|im_start|>assistant\n")


def test_what_the_ollama_guide_makes_is_named_so_that_it_is_deleted_from_your_server():
    cells = notebooks.code_cells(notebooks.read("notebooks/ollama.ipynb"))
    calls = [node for cell in cells for node in ast.walk(parsed(cell.source)) if isinstance(node, ast.Call)]
    made = [call for call in calls if getattr(call.func, "attr", "") in ("create", "copy", "pull")]
    assert made
    for call in made:
        (name,) = [keyword.value.value for keyword in call.keywords if keyword.arg == "model"]
        assert name.startswith(ollama_models.OURS)


@pytest.mark.parametrize(("served", "model"), [(["qwen3"], "qwen"), ([], "")])
def test_a_model_that_your_server_lacks_is_no_failure_of_the_notebooks(monkeypatch, served, model):
    monkeypatch.setattr(yours, "served_models", lambda *address: served)
    with pytest.raises(Problem, match=r"(?s)serves no model.*it lists"):
        test_docs.on_your_server(guides.chosen("vllm"), "http://localhost:9/v1", model)


@pytest.mark.parametrize(
    ("served", "model", "asked"),
    [(["qwen3", "smollm2"], "", ""), (["qwen3", "llama"], "", "qwen3"), (["smollm2", "llama"], "llama", "llama")],
)
def test_your_server_is_asked_our_model_else_the_chosen_or_its_first(monkeypatch, capsys, served, model, asked):
    monkeypatch.setattr(yours, "served_models", lambda *address: served)
    monkeypatch.setattr(yours, "kind_of", lambda url: "vLLM")
    seen = []
    result = {"cells": [{"id": "a", "outcome": "passed"}], "notebook": "n", "snippet": "passed"}
    monkeypatch.setattr(test_docs, "execute_run", lambda *rest, model: seen.append(model) or result)
    assert test_docs.on_your_server(guides.chosen("vllm"), "http://localhost:9/v1", model) == 0
    assert seen == [asked]
    assert "n: 1 of 1 cells passed" in capsys.readouterr().out


@pytest.mark.parametrize("root", ["gpu-box", "http://localhost:8000x"])
def test_an_address_that_is_none_is_said_to_be_one(root):
    with pytest.raises(Problem, match="No OpenAI-compatible server answers at"):
        yours.served_models(root, "k")


def test_what_has_no_gpu_container_is_executed_on_embedded_servers(monkeypatch):
    monkeypatch.setattr(test_docs, "check_machine", lambda: None)
    monkeypatch.setattr(test_docs, "gpu_checks", lambda all_of_them: pytest.fail("nobody asked for a GPU"))
    monkeypatch.setattr(test_docs, "on_embedded_servers", lambda runs, lines, why: why)
    monkeypatch.setattr(test_docs, "startable", lambda selected, only: (selected, []))
    monkeypatch.setenv("ONLY", "litellm")
    for name in ("URL", "ON"):
        monkeypatch.delenv(name, raising=False)
    assert test_docs.main() == "what ONLY= names has no GPU container."


def test_a_url_goes_with_one_backend(monkeypatch):
    monkeypatch.setenv("URL", "http://localhost:9/v1")
    monkeypatch.setenv("ONLY", "@vllm,ollama")
    with pytest.raises(Problem, match=r"(?s)URL= goes with one backend.*which-class@vllm.*ONLY=@vllm"):
        test_docs.main()


def test_a_notebook_for_a_gpu_is_left_out_of_a_backends_run_on_your_server(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(test_docs, "execute_run", lambda run, *rest, model: asked.append(run.name) or {})
    monkeypatch.setattr(test_docs.report, "passed", lambda result: True)
    monkeypatch.setattr(test_docs.report, "coverage", lambda results, url: "")
    monkeypatch.setattr(yours, "served_models", lambda *address: ["smollm2"])
    monkeypatch.setattr(yours, "kind_of", lambda url: "vLLM")
    selected = guides.chosen("@vllm")
    needing = [run for run in selected if run.guide.needs == "gpu"]
    assert test_docs.on_your_server(selected, "http://localhost:9/v1", "") == 0
    assert asked == [run.name for run in selected if run not in needing]
    assert capsys.readouterr().out.count("NOT VERIFIED") == len(needing)


def test_a_server_without_models_lists_none():
    with serving(answers.no_list_of_models) as server:
        assert yours.served_models(server.url, "k") == []
