"""The workflows do only what a person can do, with no more rights than they need."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scripts.common.paths import ROOT
from scripts.content import backends
from scripts.upkeep import bare, newest_issue

FOLDER = ROOT / ".github" / "workflows"
CONFIG = ROOT / ".github/actionlint.yaml"
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.fixture(params=sorted(FOLDER.glob("*.yml")), ids=lambda path: path.name)
def workflow(request):
    return yaml.load(request.param.read_text(), Loader=yaml.BaseLoader)  # where `on` is a word, not True


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_actionlint_finds_nothing():
    done = subprocess.run(
        # named, since it looks for its settings only where there is a .git: not in a copy of `make mutants`
        [Path(sys.executable).with_name("actionlint"), "-config-file", CONFIG, *FOLDER.glob("*.yml")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


INSTALL = f"apt-get update && apt-get install --yes {' '.join(bare.packages())}"


def test_every_command_is_a_make_target_or_installs_what_the_readme_asks_for(workflow):
    for step in steps(workflow):
        assert "run" not in step or step["run"] == INSTALL or re.match(r"make ([a-z-]+)", step["run"])[1] in TARGETS, (
            step
        )
        assert "\n" not in step.get("run", "")


def test_every_action_is_pinned_by_its_commit_and_names_its_version(workflow):
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"]) for step in steps(workflow) if "uses" in step)
    for path in FOLDER.glob("*.yml"):
        lines = [line for line in path.read_text().splitlines() if "uses: " in line]
        assert all(re.search(r" # v\d+\.\d+\.\d+$", line) for line in lines), path.name


def test_what_is_compiled_is_cached_by_the_machine_that_compiled_it(workflow):
    for job in workflow["jobs"].values():
        keys = [step["with"]["key"] for step in job["steps"] if step.get("uses", "").startswith("actions/cache@")]
        # the runner's image stands for its compiler and its libc
        assert all(f"-{job['runs-on']}-${{{{ runner.arch }}}}-" in key for key in keys)


def test_one_action_has_one_commit():
    commits = {}
    for path in FOLDER.glob("*.yml"):
        for name, commit in re.findall(r"uses: ([\w/-]+)@(\w+)", path.read_text()):
            commits.setdefault(name, set()).add(commit)
    assert {name: len(found) for name, found in commits.items()} == dict.fromkeys(commits, 1)


def test_rights_are_reading_but_for_the_job_that_needs_more(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    writing = [name for name, job in workflow["jobs"].items() if "write" in job.get("permissions", {}).values()]
    assert len(writing) <= 1
    assert "concurrency" in workflow
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())
    checkouts = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)


def test_no_pull_request_runs_on_a_machine_of_yours(workflow):
    own = any("self-hosted" in job["runs-on"] for job in workflow["jobs"].values())
    assert not (own and {"pull_request", "pull_request_target"} & set(workflow["on"]))


def test_the_nightly_names_every_backend_pinned_and_newest():
    jobs = yaml.safe_load((FOLDER / "nightly.yml").read_text())["jobs"]
    for kind, target in (("pinned", "test-docs"), ("newest", "newest")):
        named = set(jobs[kind]["strategy"]["matrix"]["servers"])
        assert jobs[kind]["steps"][-1]["run"] == f'make {target} ONLY="${{{{ matrix.servers }}}}"'
        named |= set(re.findall(r"@[\w-]+", commands(jobs[f"{kind}-ollama"])))
        assert named == {f"@{name}" for name in backends.load()}


def commands(job):
    """What a job runs, a line each."""
    return "\n".join(step["run"] for step in job["steps"] if "run" in step)


def test_the_nightly_asks_the_newest_of_every_backend_whether_what_was_broken_works_again():
    jobs = yaml.safe_load((FOLDER / "nightly.yml").read_text())["jobs"]
    asked = re.findall(r"make newest TARGET=matrix ONLY=([\w,-]+)", "\n".join(map(commands, jobs.values())))
    assert set(",".join(asked).split(",")) == set(backends.load())
    assert "make newest TARGET=test-servers" in commands(jobs["newest-matrix"])
    assert {name for name in jobs if name.startswith("newest")} == set(jobs["report"]["needs"])
    for name in ("pinned-ollama", "newest-ollama", "newest-matrix"):
        *_, first, second = jobs[name]["steps"]
        assert "if" not in first
        assert second["if"] == "${{ !cancelled() }}"  # the first one's failure hides nothing


def test_the_nightly_runs_both_commands_with_nothing_but_the_readmes_packages():
    bare_job = yaml.safe_load((FOLDER / "nightly.yml").read_text())["jobs"]["bare"]
    assert commands(bare_job).splitlines() == [INSTALL, *(f"make {target}" for target in bare.TARGETS)]
    assert bare_job["container"] == "${{ matrix.image }}"
    assert all(
        re.fullmatch(r"docker\.io/library/\S+:\d\S+", image) for image in bare_job["strategy"]["matrix"]["image"]
    )


def test_the_nightly_pins_the_image_that_compose_pins():
    jobs = yaml.safe_load((FOLDER / "nightly.yml").read_text())["jobs"]
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["ollama"]["image"]
    assert jobs["pinned-ollama"]["services"]["ollama"]["image"] == compose
    assert jobs["newest-ollama"]["services"]["ollama"]["image"] == f"{compose.rpartition(':')[0]}:latest"


def test_the_nightly_reports_when_the_newest_fail():
    jobs = yaml.safe_load((FOLDER / "nightly.yml").read_text())["jobs"]
    assert set(jobs["report"]["needs"]) == {name for name in jobs if name.startswith("newest")}
    assert jobs["report"]["if"] == "failure()"


def test_there_is_one_issue_and_what_comes_later_is_a_comment():
    text = newest_issue.body("https://example.org/run/1")
    assert "https://example.org/run/1" in text
    other = {"number": 3, "title": "The newest releases fail on my machine"}
    assert newest_issue.command([other], text)[:4] == ["issue", "create", "--title", newest_issue.TITLE]
    mine = [{"number": number, "title": newest_issue.TITLE} for number in (9, 7)]
    assert newest_issue.command([other, *mine], text) == ["issue", "comment", "7", "--body", text]


def test_without_gh_it_says_so(monkeypatch):
    monkeypatch.setattr(newest_issue.shutil, "which", lambda name: None)
    with pytest.raises(newest_issue.Problem, match="no program `gh` on PATH"):
        newest_issue.main()
