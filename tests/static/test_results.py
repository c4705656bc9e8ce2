"""What results say agrees with itself: an outcome, a version or a date that was changed in one place stands out."""

import datetime
import functools
import json
import re
from collections import defaultdict

import pytest
from packaging.version import Version

from scripts.common.paths import ROOT
from scripts.content import backends, errors

BEGUN = datetime.date.fromisoformat(f"{errors.BEGUN}-01")  # nothing was run before
FILES = sorted(path.relative_to(ROOT) for path in (ROOT / "results").glob("**/*.json"))
CHOSEN = {("max-tokens", "partly"), ("token-count", "supported")}  # by the numbers that a finding names


@functools.cache
def read(path):
    """The result at `path`."""
    return json.loads((ROOT / path).read_text())


def named(part, name):
    """Every value of a key, at any depth of a result."""
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    found = [part[name]] if isinstance(part, dict) and name in part else []
    return found + [value for each in inner for value in named(each, name)]


def of_notebooks():
    """The results of notebooks, by path."""
    return {path: read(path) for path in FILES if "cells" in read(path)}


def matrices():
    """The results of the matrix, by path."""
    return {path: read(path) for path in FILES if "findings" in read(path)}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_every_date_is_one_on_which_something_can_have_been_run(path):
    tomorrow = datetime.date.today() + datetime.timedelta(days=1)  # of another time zone
    for date in (date for date in named(read(path), "date") if isinstance(date, str)):
        assert BEGUN <= datetime.date.fromisoformat(date) <= tomorrow


def test_accepted_results_of_notebooks_hold_no_failure():
    failed = {path: [c for c in result["cells"] if c["outcome"] != "passed"] for path, result in of_notebooks().items()}
    assert not {str(path): cells for path, cells in failed.items() if cells}


def test_results_of_notebooks_from_one_place_name_one_version_of_each_package():
    found = defaultdict(lambda: defaultdict(list))
    for path, result in of_notebooks().items():
        for package, version in result["versions"].items():
            found[result["where"], package][version].append(str(path))
    assert {where: dict(by) for where, by in found.items() if len(by) > 1} == {}


def test_results_of_notebooks_name_the_server_that_the_matrix_was_asked_on():
    asked = {result["package"]: result["version"] for result in matrices().values()}
    for path, result in of_notebooks().items():
        if result["where"] == "embedded":
            assert {name: asked[name] for name in result["versions"] if name in asked}.items() <= result[
                "versions"
            ].items()
        assert result["cells"], path


def test_a_matrix_is_of_the_version_in_its_name_and_its_findings_are_of_its_columns():
    pairs = defaultdict(set)
    for path, result in matrices().items():
        assert f"-{result['version']}-" in path.name
        columns = {(column["class"], column["chatlas"]) for column in result["columns"]}
        assert {(finding["class"], finding["chatlas"]) for finding in result["findings"]} == columns
        for column in result["columns"]:
            pairs[column["chatlas"]].add((column["openai"], column["python"]))
    assert {chatlas: versions for chatlas, versions in pairs.items() if len(versions) > 1} == {}
    assert len({python for versions in pairs.values() for _, python in versions}) == 1


def test_findings_that_say_the_same_of_one_probe_have_one_outcome():
    found = defaultdict(lambda: defaultdict(list))
    for path, result in matrices().items():
        for finding in result["findings"]:
            if (finding["probe"], finding["outcome"]) not in CHOSEN:
                says = finding["probe"], re.sub(r"\d+", "N", finding["says"])
                found[says][finding["outcome"]].append(f"{path.name}: {finding['class']} {finding['chatlas']}")
    assert {says: dict(by) for says, by in found.items() if len(by) > 1} == {}


@pytest.mark.parametrize(("name", "key"), [("oldest-chatlas.json", "tried"), ("releases.json", "releases")])
def test_releases_were_asked_one_after_the_other_on_a_server_that_there_is(name, key):
    result = read(next(path for path in FILES if path.name == name))
    asked = [Version(each["chatlas"]) for each in result[key]]
    assert asked == sorted(set(asked), reverse=True)
    servers = {f"{each['package']} {each['version']}" for each in matrices().values()}
    assert result["server"] in servers
    newest = read(next(path for path in FILES if path.name == "vllm-embedded.json"))["versions"]
    assert newest["chatlas"] == result[key][0]["chatlas"]
    openai = [each["openai"] for each in result[key] if each.get("openai")]
    assert openai[0] == newest["openai"]
    assert set(openai) <= {column["openai"] for each in matrices().values() for column in each["columns"]}


def test_every_server_of_the_tables_has_a_matrix():
    assert {result["backend"] for result in matrices().values()} == set(backends.load())
