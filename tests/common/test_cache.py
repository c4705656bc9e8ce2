"""Waiting for another run that holds a lock of the cache folder, and what is kept there how long."""

import fcntl
import os
import threading
import time

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


@pytest.fixture
def keep(monkeypatch, tmp_path):
    """A function that keeps "made of PART" in an empty cache folder, and that folder."""
    monkeypatch.setattr(cache, "CACHE", tmp_path)
    monkeypatch.setattr(cache, "hold", lambda: None)  # it would hold the folder as long as the tests run
    monkeypatch.setattr(cache, "prune", cache.prune.__wrapped__)
    return lambda part: cache.kept("texts", ("1.0", part), lambda: f"made of {part}"), tmp_path / "texts"


def test_a_text_is_made_once_for_the_same_parts(keep):
    kept, folder = keep
    assert kept("a") == "made of a"
    (file,) = folder.iterdir()
    file.write_text("as it was kept")
    assert (kept("a"), kept("b")) == ("as it was kept", "made of b")


def test_what_nobody_has_read_for_weeks_goes_and_what_is_read_stays(keep):
    kept, folder = keep
    names = {}
    for part, age in (("unused", cache.UNUSED + 60), ("used", cache.UNUSED - 60)):
        kept(part)
        (names[part],) = set(folder.iterdir()) - set(names.values())
        os.utime(names[part], (time.time() - age,) * 2)
    kept("used")
    kept("new")
    assert names["used"].stat().st_mtime > time.time() - 60
    assert not names["unused"].exists()
