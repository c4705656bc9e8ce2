"""What was found is stored once, comes back as it was, and a diff of it tells what changed."""

import copy
import difflib
import json

import pytest

from scripts.common.problem import Broken
from scripts.matrix import stored

FILES = sorted(stored.ACCEPTED.glob("*.json"))


@pytest.fixture
def result():
    """The accepted result with the most columns, whose findings share exchanges."""
    return max(stored.results().values(), key=lambda found: len(found["columns"]))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_exchange_is_stored_twice_or_for_nothing(path):
    file = json.loads(path.read_text())
    exchanges = [json.dumps(exchange) for exchange in file["exchanges"].values()]
    assert len(set(exchanges)) == len(exchanges)
    assert set(file["exchanges"]) == {name for finding in file["findings"] for name in finding["evidence"]}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_accepted_file_is_as_it_was_written(path):
    assert stored.text(stored.read(path)) == path.read_text()


def test_a_written_result_comes_back_with_its_exchanges_in_their_columns(result, tmp_path):
    (tmp_path / "written.json").write_text(stored.text(result))
    assert stored.read(tmp_path / "written.json") == result


def test_each_finding_and_each_exchange_is_one_line(result):
    findings = [finding for column in result["columns"] for finding in column["findings"]]
    lines = stored.text(result).splitlines()
    assert sum('"probe": ' in line for line in lines) == len(findings)
    assert len(lines) < len(findings) + len(json.loads(stored.text(result))["exchanges"]) + 25


def test_another_answer_changes_its_finding_s_line_and_its_exchange_s(result):
    changed = copy.deepcopy(result)
    finding = next(f for f in changed["columns"][-1]["findings"] if len(f["evidence"]) == 1)
    finding |= {"says": "it says so", "evidence": [finding["evidence"][0] | {"response": "something else"}]}
    texts = [stored.text(found).splitlines() for found in (result, changed)]
    lines = [line for line in difflib.unified_diff(*texts, n=0, lineterm="") if not line.startswith(("---", "+++"))]
    new = [line for line in lines if line.startswith("+")]
    assert len(new) == 2
    assert any(finding["probe"] in line and "it says so" in line for line in new)
    assert any('"response": "something else"' in line for line in new)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"chatlas": "0.0.1"}, r"written.json: \S+: \w+ with chatlas 0\.0\.1 is none of the file's columns"),
        ({"evidence": ["lost"]}, r"written.json: \S+: the exchange lost is none of the file's"),
    ],
)
def test_a_finding_without_its_column_or_exchange_is_named_in_one_line(result, tmp_path, broken, says):
    written = json.loads(stored.text(result))
    written["findings"][0] |= broken
    (tmp_path / "written.json").write_text(json.dumps(written))
    with pytest.raises(Broken, match=says):
        stored.read(tmp_path / "written.json")
