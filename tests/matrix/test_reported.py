"""What other people report: which files are taken, and how they are shown. The samples here are made up."""

import copy
import datetime
import json

import pytest
from chatlas_doctor.interview import report, words
from chatlas_doctor.interview.advice import RULES

from scripts.common.paths import ROOT
from scripts.common.problem import Problem
from scripts.content import sections
from scripts.matrix import compatibility, reported

FINDINGS = [
    {"probe": "chat", "outcome": "yes", "reason": "", "seconds": 1.0},
    {"probe": "seed", "outcome": "no", "reason": "ignored", "seconds": 1.0},
]
MADE_UP = {
    "kind": report.KIND,
    "date": "2026-01-02",
    "contributor": "made-up-by-a-test",
    "server": {"name": "SGLang", "version": "0.0"},
    "model": "made/up",
    "versions": {"chatlas-doctor": "0", "chatlas": "0", "openai": "0", "python": "3"},
    "requests": 2,
    "seconds": 2.0,
    "columns": [{"class": "ChatOpenAI", "findings": FINDINGS}],
}


def changed(path, value):
    """MADE_UP with another value at this path; without what is there for None."""
    made = copy.deepcopy(MADE_UP)
    *parents, last = path
    place = made
    for name in parents:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return made


FINDING = ("columns", 0, "findings", 0)
BAD = {
    "no contributor": changed(("contributor",), None),
    "a contributor who writes HTML": changed(("contributor",), "<b>me</b>"),
    "words from the wire": changed((*FINDING, "says"), "Error code: 400"),
    "a reason of its own": changed((*FINDING, "reason"), "it said so"),
    "an outcome of its own": changed((*FINDING, "outcome"), "probably"),
    "a probe that there is not": changed((*FINDING, "probe"), "no-such-probe"),
    "a probe twice": changed((*FINDING, "probe"), "seed"),
    "an address": changed(("url",), "http://10.0.0.1"),
    "another server": changed(("server", "name"), "Mine | <script>"),
    "a model with markup": changed(("model",), "[m](http://x)"),
    "a day that there is not": changed(("date",), "2026-02-30"),
    "a day to come": changed(("date",), "2099-01-01"),
}


def test_a_good_report_is_taken():
    assert reported.fault(MADE_UP) == ""


@pytest.mark.parametrize("what", BAD)
def test_a_bad_report_is_refused(what):
    assert reported.fault(BAD[what])


@pytest.mark.parametrize("text", ["{", json.dumps(BAD["no contributor"])])
def test_a_bad_file_stops_the_site_and_is_named(tmp_path, text):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(Problem, match=r"bad\.json"):
        reported.reports(tmp_path)


def test_every_report_that_is_here_is_good():
    assert [reported.fault(found) for found in reported.reports()] == [""] * len(reported.reports())


def test_a_report_names_its_contributor_and_is_greyed_with_age():
    today = datetime.date.today()
    fresh = reported.text([changed(("date",), today.isoformat())])
    old = reported.text([changed(("date",), (today - datetime.timedelta(reported.OLD + 1)).isoformat())])
    assert "made-up-by-a-test" in fresh
    assert "not run here" in fresh
    assert ("{.old}" in fresh, "{.old}" in old) == (False, True)


def test_without_a_report_the_page_says_so():
    assert reported.text([]) == reported.NOBODY
    page = compatibility.texts()[compatibility.PAGE]
    assert reported.text() in page
    assert "made-up-by-a-test" not in page


def test_the_schema_lists_the_programs_words():
    schema = json.loads(reported.SCHEMA.read_text())["properties"]
    finding = schema["columns"]["items"]["properties"]["findings"]["items"]["properties"]
    assert finding["outcome"]["enum"] == list(words.SIGNS)
    assert finding["reason"]["enum"] == list(words.REASONS)
    assert schema["server"]["properties"]["name"]["enum"] == list(report.SERVERS)
    assert schema["model"]["pattern"] == f"^{report.MODEL_NAME}$"


@pytest.mark.parametrize("place", sorted({rule[-1] for rule in RULES}))
def test_every_advice_leads_to_a_place_on_the_site(place):
    page, _, anchor = place.partition("#")
    source = page.replace(".html", ".qmd")
    assert (ROOT / source).exists()
    assert not anchor or f"{source}#{anchor}" in {section.place for section in sections.of(source)}
