"""A broken page, notebook or table gives one line: the file, the place in it, what is wrong."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.common.paths import ROOT
from scripts.common.problem import Broken
from scripts.content import backends, guides, notebooks, pages, results, variables
from scripts.matrix import expected_failures
from scripts.upkeep import copies, mutants

PAGE = "docs/migrating.qmd"
NOTEBOOK = "notebooks/migrating.ipynb"
RESULT = "results/migrating@vllm-embedded.json"
FAILURES = "expected_failures.toml"
PYTEST = ["pytest", "-q", "-p", "no:cacheprovider", "-p", "no:warnings", "-x"]


READERS = {
    PAGE: lambda: pages.check(PAGE),
    NOTEBOOK: lambda: notebooks.read(NOTEBOOK),
    RESULT: lambda: results.accepted(guides.chosen("migrating")[0]),
    "backends.toml": backends.load.__wrapped__,
    "notebooks.toml": guides.load,
    "expected_failures.toml": expected_failures.table.__wrapped__,
    "mutants.toml": mutants.load,
    "results/oldest-chatlas.json": variables.oldest_chatlas,
    "results/original-report.json": variables.original_report,
}


def changed(path, change):
    """The text of a file with a change: (what stands there, what is put there), or a function of its JSON."""
    text = (ROOT / path).read_text()
    if callable(change):
        content = json.loads(text)
        change(content)
        return json.dumps(content)
    before, after = change
    assert before in text
    return text.replace(before, after, 1)


def first(notebook):
    return next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")


@pytest.mark.parametrize(
    ("path", "change", "said"),
    [
        (PAGE, ('title: "', 'title: ["'), f"{PAGE}, header: this is no YAML"),
        (PAGE, ("---\n", "\n"), f"{PAGE}, line 1: there is no header"),
        (PAGE, ("description-meta:", "description-mta:"), f"{PAGE}, header: there is no description-meta"),
        (PAGE, ("{{< var chatlas.", "{{< var chatlass."), rf"{PAGE}, line \d+: there is no variable chatlass\."),
        (PAGE, (".ipynb#", ".ipynbb#"), rf"{PAGE}, embed notebooks/migrating.ipynbb#\S+: there is no such notebook"),
        (PAGE, (".ipynb#", ".ipynb#x-"), rf"{PAGE}, embed \S+#x-\S+: the notebook has no code cell with this id"),
        (PAGE, ("{{< embed", "{{< embedd"), f"{PAGE}: this is no shortcode that the site uses: .*embedd"),
        (PAGE, ("echo=true >}}", "echo=true }}"), f"{PAGE}: this is no shortcode that the site uses: .*embed"),
        (PAGE, ("\n```\n", "\n\n"), f"{PAGE}, .*: a ``` or ::: is opened and not closed"),
        (PAGE, ("\n## ", "\n::: {.box}\n\n## "), rf"{PAGE}: pandoc says: .*Div at line \d+ column 1 unclosed"),
        (PAGE, ("\n## ", "\n:::\n\n## "), f"{PAGE}, .*: a ``` or ::: is opened and not closed, or closed twice"),
        (NOTEBOOK, ("{", "{{"), f"{NOTEBOOK}: this is no JSON: .* line 1"),
        (NOTEBOOK, lambda n: n["cells"][2].pop("id"), f"{NOTEBOOK}, cell 3: 'id' is a required property"),
        (NOTEBOOK, lambda n: n["cells"].append(n["cells"][-1]), f"{NOTEBOOK}, cell .*: 2 cells have this id"),
        (NOTEBOOK, lambda n: first(n).update(metadata={}), f"{NOTEBOOK}: the first code cell is not tagged"),
        (NOTEBOOK, lambda n: first(n).update(source="a = f()"), f"{NOTEBOOK}, cell parameters: it holds no literal"),
        (NOTEBOOK, lambda n: first(n).update(source="a = ("), f"{NOTEBOOK}, cell parameters, line 1: this is no"),
        ("backends.toml", ("[vllm]", "[vllm"), r"backends.toml: this is no TOML: .*line \d+"),
        ("backends.toml", ('title = "vLLM"\n', ""), "backends.toml, vllm.title: Field required"),
        ("backends.toml", ("torch =", "torhc ="), r"backends.toml, vllm.torhc: Unexpected keyword argument"),
        ("backends.toml", ("port = 8000", 'port = "8000"'), "backends.toml, vllm.port: Input should be"),
        ("backends.toml", ('am = "vllm"', 'am = "vlm"'), "backends.toml, litellm.upstream: there is no backend"),
        ("notebooks.toml", ('["vllm"]', '["vlm"]'), "notebooks.toml, which-class.backends.0: there is no backend"),
        ("notebooks.toml", ('needs = "gpu"', 'needs = "tpu"'), "notebooks.toml, gpu.needs: Input should be '' or"),
        (FAILURES, ('= "seed"', '= "sed"'), rf"{FAILURES}, failure.\d+.probe: there is no probe called 'sed'"),
        (FAILURES, ('"llama-cpp"]', '"llama"]'), f"{FAILURES}, failure.0.on.3: there is no backend called 'llama'"),
        (FAILURES, ("[[not_probed]]\npage", "[[not_probed]]\npgae"), f"{FAILURES}, not_probed.0.page: Field required"),
        ("mutants.toml", ("fault =", "falt ="), "mutants.toml, mutant.0.fault: Field required"),
        ("mutants.toml", ("places = [", "places = [3, "), "mutants.toml, mutant.0.places.0: Input should be"),
        (RESULT, ("{", "[{"), f"{RESULT}: this is no JSON"),
        (RESULT, lambda r: r.pop("hardware"), f"{RESULT}, hardware: Field required"),
        (RESULT, lambda r: r.update(backend="vlm"), f"{RESULT}, backend: there is no backend"),
        (RESULT, lambda r: r["cells"][0].update(outcome="ok"), f"{RESULT}, cells.0.outcome: Input should be 'passed'"),
        ("results/oldest-chatlas.json", lambda r: r.pop("oldest"), "results/oldest-chatlas.json, oldest: Field"),
        ("results/original-report.json", lambda r: r.pop("date"), "results/original-report.json, date: Field required"),
    ],
)  # fmt: skip
def test_what_is_broken_is_one_line_with_its_place(path, change, said, monkeypatch):
    READERS[path]()
    text, read_text = changed(path, change), Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda file: text if file == ROOT / path else read_text(file))
    with pytest.raises(Broken) as broken:
        READERS[path]()
    assert re.fullmatch(f"(?:{said}).*", str(broken.value)), str(broken.value)


@pytest.fixture(scope="module")
def copy():
    """A copy of the repository."""
    with copies.copied(copies.files()) as folder:
        yield folder


@pytest.mark.parametrize(
    ("path", "change", "command"),
    [
        ("notebooks.toml", ('["vllm"]', '["vlm"]'), ["scripts.run.test_docs"]),
        ("notebooks.toml", ('["vllm"]', '["vlm"]'), [*PYTEST, "tests/static/test_cookbook.py"]),  # collects nothing
        (PAGE, ("\n```\n", "\n\n"), [*PYTEST, "tests/static/test_pages.py", "-k", "whole and migrating"]),
    ],
)
def test_a_command_and_a_failing_test_show_the_line_alone(copy, path, change, command):
    (copy / path).write_text(changed(path, change))
    done = subprocess.run([sys.executable, "-m", *command], cwd=copy, capture_output=True, text=True, timeout=120)
    (copy / path).write_text((ROOT / path).read_text())
    said = done.stdout.partition("short test summary")[0] + done.stderr
    assert done.returncode
    assert "Traceback" not in said
    assert ".py:" not in said, said
    assert (
        len(
            [
                line
                for line in said.splitlines()
                if line.removeprefix("Stopped: ").removeprefix("ERROR: ").startswith(f"{path}, ")
            ]
        )
        == 1
    )
