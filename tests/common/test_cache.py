"""Waiting for another run that holds a lock of the cache folder."""

import fcntl
import threading

import pytest

from scripts.common import cache, progress
from scripts.common.problem import Problem


@pytest.fixture
def held(monkeypatch, tmp_path):
    """The lock "model", held by another run; signs of life come often."""
    monkeypatch.setattr(cache, "CACHE", tmp_path)
    monkeypatch.setattr(progress, "EVERY", 0.1)
    with open(tmp_path / "model.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def test_waiting_shows_signs_of_life_and_ends_with_the_other_run(held, capsys):
    timer = threading.Timer(1, fcntl.flock, (held, fcntl.LOCK_UN))
    timer.start()
    with cache.lock("model"):
        out = capsys.readouterr().out
    timer.join()
    first, *signs = out.splitlines()
    assert first == "- waiting for another run that is preparing model ..."
    assert len(signs) >= 2


def test_waiting_has_a_limit(held, monkeypatch):
    monkeypatch.setattr(cache, "LOCK_LIMIT", 0.5)
    timer = threading.Timer(5, fcntl.flock, (held, fcntl.LOCK_UN))  # so that a lock without limit fails, not hangs
    timer.start()
    with pytest.raises(Problem, match=r"(?s)preparing model for too long.*model\.lock"), cache.lock("model"):
        pass
    timer.cancel()


def test_a_free_lock_is_had_without_a_word(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(cache, "CACHE", tmp_path)
    with cache.lock("model"):
        pass
    assert capsys.readouterr().out == ""
