"""What `make words` refuses: to write down words that are not those of the pinned server."""

import pytest

from scripts.common.problem import Problem
from scripts.content import backends
from scripts.servers import llama_server
from scripts.upkeep import words


def test_what_has_no_pin_is_not_asked(monkeypatch):
    monkeypatch.setenv("ONLY", "ollama")
    with pytest.raises(Problem, match="it has no pin"):
        words.main()


def test_a_llama_server_of_another_commit_is_not_asked(monkeypatch, tmp_path):
    program = tmp_path / "llama-server"
    program.write_text("#!/bin/sh\necho 'version: 1.0 (build 1, commit abcdef012)'\n")
    program.chmod(0o755)
    monkeypatch.setattr(llama_server, "ensure", lambda backend: (program, 0.0))
    with pytest.raises(Problem, match="is not of the pinned commit"):
        words.of_llama_server(backends.get("llama-cpp"))
