"""The table says what was found, and what was not asked never looks like a yes."""

import json
import re

import pytest

from probes import catalog
from scripts import accept_results, backends, compatibility, expected_failures, sections

PINNED = backends.pinned("chatlas", "client")


def result(outcome="supported", **changes):
    """What `make matrix` would write of vLLM if every probe had this outcome."""
    findings = [
        {"probe": name, "outcome": outcome, "says": "it says", "model": None, "seconds": 1.0, "evidence": []}
        for name in catalog.load()
    ]
    columns = [
        {"class": name, "chatlas": PINNED, "openai": "3", "python": "3", "findings": findings}
        for name in backends.get("vllm").classes
    ]
    return {
        "backend": "vllm",
        "version": "1",
        "model": "m",
        "hardware": "h",
        "date": "2026-01-01",
        "columns": columns,
        **changes,
    }


def test_generated_files_are_up_to_date():
    wanted = compatibility.texts()
    assert {path for path in compatibility.EVIDENCE.glob("*.qmd")} == set(wanted) - {compatibility.TABLE}
    for path, text in wanted.items():
        assert path.read_text() == text, f"{path.name}: run `make accept-results`"


def test_a_backend_that_was_not_asked_shows_not_run_everywhere():
    lines = [line for line in compatibility.table({}).splitlines() if line.startswith("|")]
    cells = {cell.strip() for line in lines[2:] if "**" not in line for cell in line.split("|")[2:-1]}
    assert cells == {"? not run"}


def test_only_a_supported_finding_reads_yes():
    for outcome in compatibility.WORDS:
        found = compatibility.table({"vllm": result(outcome)})
        assert ("✓ yes" in found) is (outcome == "supported")


def test_a_model_that_is_not_good_enough_gets_a_star():
    assert compatibility.mark({"outcome": "supported", "model": False}) == "✓ yes \\*"
    assert compatibility.mark({"outcome": "supported", "model": None}) == "✓ yes"


def test_every_cell_leads_to_its_evidence():
    for path, text in compatibility.texts().items():
        for target, where in re.findall(r"\]\((evidence/[\w-]+\.qmd)#([\w-]+)\)", text):
            anchors = {section.anchor for section in sections.of(f"docs/{target}")}
            assert where in anchors, f"{path.name} leads to {target}#{where}"


def test_accepted_results_are_those_of_the_pins_and_of_today_s_probes():
    found = compatibility.results()
    assert {"vllm", "litellm"} <= set(found)
    for accepted in found.values():
        assert accept_results.matrix_refusal(accepted) is None
        assert accepted["version"] == (backends.get(accepted["backend"]).version or accepted["version"])


def test_what_the_site_calls_broken_is_still_found_broken():
    for accepted in compatibility.results().values():
        assert expected_failures.changes(accepted) == []


def test_older_chatlas_releases_were_asked_on_vllm():
    asked = {column["chatlas"] for column in compatibility.results()["vllm"]["columns"]}
    assert asked == {PINNED, "0.18.0", "0.16.0"}


@pytest.mark.parametrize("failure", expected_failures.load(), ids=lambda f: f"{f.probe}-{f.classes[0]}-{f.on[0]}")
def test_every_expected_failure_leads_to_a_place_on_the_site(failure):
    for place in failure.places:
        assert place in {section.place for section in sections.of(place.partition("#")[0])}
    assert set(failure.on) <= set(backends.load())


def test_a_failure_that_is_mended_names_the_page_to_change():
    (line, *_) = [line for line in expected_failures.changes(result()) if line.startswith("CHANGED: seed with")]
    assert "this now works: remove the workaround in docs/which-class.qmd#seed, docs/troubleshooting.qmd#" in line


def test_a_failure_that_is_mended_names_the_other_pages_that_lead_to_it():
    (line, *_) = [line for line in expected_failures.changes(result()) if line.startswith("CHANGED: seed with")]
    assert "docs/cookbook/testing.qmd#what-changes-on-other-servers" in line  # links the evidence


def test_a_failure_that_does_not_apply_any_more_names_the_page_to_change():
    (line, *_) = [line for line in expected_failures.changes(result("not applicable")) if "seed with" in line]
    assert "is not applicable (it says): remove the workaround in docs/which-class.qmd#seed" in line


def test_a_star_covers_every_probe_and_is_held_by_chat():
    broken = result("unsupported", backend="llama-cpp")
    assert expected_failures.changes(broken) == []
    for column in broken["columns"]:
        for finding in column["findings"]:
            finding["outcome"] = "supported" if finding["probe"] in ("chat", "list-models") else "unsupported"
    lines = expected_failures.changes(broken)
    assert [line.split(" with ")[0] for line in lines] == ["CHANGED: chat"] * 2
    assert all("docs/connect/llama-cpp.qmd#" in line for line in lines)


def test_a_failure_that_no_page_names_is_told():
    broken = result("unsupported")
    assert any("chat with ChatOpenAI on vllm 1: unsupported" in line for line in expected_failures.changes(broken))


def test_older_chatlas_may_fail():
    broken = result("unsupported")
    for column in broken["columns"]:
        column["chatlas"] = "0.1.0"
    assert expected_failures.changes(broken) == []


def test_a_matrix_of_other_probes_is_refused():
    accepted = json.loads(json.dumps(next(iter(compatibility.results().values()))))
    accepted["columns"][0]["findings"].pop()
    assert "probes have changed" in accept_results.matrix_refusal(accepted)


def test_no_key_and_no_personal_path_in_the_findings():
    for path in compatibility.ACCEPTED.glob("*.json"):
        assert not re.search(r"sk-\w{12,}|/(?:home|Users|root|tmp)/\w", path.read_text()), path.name
