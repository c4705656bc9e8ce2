"""What is derived is written whole, once, and only where it changes."""

import os

import pytest

from scripts.content import variables
from scripts.matrix import compatibility
from scripts.site import derive


@pytest.fixture
def derived(tmp_path, monkeypatch):
    """A folder where a short text is derived instead of the site's pages, beside evidence that nothing makes."""
    evidence = tmp_path / "docs" / "evidence"
    evidence.mkdir(parents=True)
    (evidence / "gone.qmd").write_text("old")
    monkeypatch.setattr(derive, "BUILD", tmp_path / "_build")
    monkeypatch.setattr(variables, "FILE", tmp_path / "_variables.yml")
    monkeypatch.setattr(compatibility, "EVIDENCE", evidence)
    monkeypatch.setattr(compatibility, "texts", lambda: {evidence / "now.qmd": "new"})
    return tmp_path


def test_evidence_that_nothing_makes_any_more_is_removed(derived):
    derive.derive()
    written = {path.relative_to(derived).as_posix() for path in derived.rglob("*") if path.is_file()}
    assert written == {"_variables.yml", "docs/evidence/now.qmd", "_build/derived"}


def test_what_has_not_changed_is_not_written_again(derived):
    derive.derive()
    before = (derived / "_variables.yml").stat().st_mtime_ns
    derive.derive()
    assert (derived / "_variables.yml").stat().st_mtime_ns == before
    (derived / "_variables.yml").write_text("by hand")
    derive.derive()
    assert (derived / "_variables.yml").read_text() == variables.text()


def test_tests_derive_again_only_after_something_changed(derived, monkeypatch):
    monkeypatch.setattr(derive, "ROOT", derived)
    (derived / "results").mkdir()
    (derived / "results" / "a.json").touch()
    assert not derive.is_current()
    derive.derive()
    assert derive.is_current()
    (derived / "docs" / "evidence" / "now.qmd").unlink()
    assert not derive.is_current()
    derive.derive()
    later = (derived / "_build" / "derived").stat().st_mtime + 1
    os.utime(derived / "results" / "a.json", (later, later))
    assert not derive.is_current()
