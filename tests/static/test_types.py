"""A type checker reads the Python that readers copy, as it would read theirs.

Reported is what a reader would call a mistake: a wrong value of a right argument, arguments in the
wrong order, an attribute or a key that there is not. What only annoys in a cell is passed over, by
rule (NO_MISTAKE); where the types of a package are wrong, it is named in WRONG_TYPES.
"""

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from scripts.common import cache
from scripts.content import guides, notebooks, pages

# Messages that are no mistake in a cell: it has been executed, and shows one way that things can go.
NO_MISTAKE = (
    r"^Object of class `NoneType` has no attribute",  # there may be no last turn, and here there is
    r"Argument `[^`]*\| None` is not assignable",
    r"between `None` and",
    r"Argument `str` is not assignable to .* with type `Literal\[",  # a text whose value the checker does not know
    r"Unpacked keyword argument",  # of a dict whose values have several types
    r"Cannot set item in `dict\[",  # a dict that began with other values
    r"may be uninitialized",  # a name that one branch sets
    r"overrides parent class",  # a handler's method that has other parameters than its base
)
# A dict, or a list of them, that was made before the call: which keys it has, the checker does not know.
MADE_BEFORE = re.compile(r"Argument `(?:list\[)?dict\[")
WRONG_TYPES = {
    "`Model` has no attribute `max_model_len`": "vLLM's own field; openai's objects keep what they do not know",
    "`Model` has no attribute `meta`": "llama.cpp's own field, kept likewise",
    "attribute `record_mode` with type `RecordMode`": "VCR takes the texts of its enumeration, as it documents",
}
RAISED = {"TypeError", "AttributeError"}  # by what is reported here: who catches one shows the mistake

FAULTS = """
from chatlas import ChatOpenAICompletions


def local_chat(**options):
    return ChatOpenAICompletions(base_url="http://localhost:8000/v1", model="smollm2", **options)


chat = local_chat()
chat.chat("What is the capital of France?", echo="silent")
chat.chat_structured(str, data_model="Ada is 36 years old.")
print(chat.get_last_turn().finished)
answer = chat.chat_async("What is the capital of France?")
print(await answer.get_contents(), answer.text)
ChatOpenAICompletions(model="smollm2", kwargs={"max_retry": 0})
"""


def copied():
    """What readers copy, as notebooks: a guide's without its checks, and the Python of pages that have none."""
    found = {guide.notebook: notebooks.for_download(notebooks.read(guide.notebook)) for guide in guides.load().values()}
    with_notebook = {Path(guide.page) for guide in guides.load().values() if guide.page}
    for page in pages.written():
        blocks = [] if page in with_notebook else pages.code_blocks(page, "python")
        if blocks:
            cells = [nbformat.v4.new_code_cell(block, id=f"block-{n}") for n, block in enumerate(blocks)]
            found[str(page)] = nbformat.v4.new_notebook(cells=cells)
    return found


@pytest.fixture(scope="module")
def errors(tmp_path_factory):
    """What the checker reports, in order: (place, error, whether it is a mistake).

    One process reads all. What it says is kept, because it takes as long as a quarter of all these tests.
    """
    folder, read = tmp_path_factory.mktemp("types"), copied()
    read["FAULTS"] = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(FAULTS, id="faults")])
    files = {f"{number}.ipynb": place for number, place in enumerate(read)}
    for name, place in files.items():
        nbformat.write(read[place], folder / name)
    command = [sys.executable, "-m", "pyrefly", "check", "--preset", "default", "--output-format", "json"]
    command += ["--python-interpreter-path", sys.executable, *files]

    def checked():
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    installed = sorted(f"{each.name} {each.version}" for each in importlib.metadata.distributions())
    parts = [" ".join(map(str, command)), *installed, *((folder / name).read_text() for name in files)]
    found = []
    for error in json.loads(cache.kept("types", parts, checked))["errors"]:
        place = files[Path(error["path"]).name]
        cell = read[place].cells[error["cell"] - 1]
        found.append((place, {**error, "id": cell.id}, is_mistake(error, cell.source)))
    return found


def is_mistake(error, source):
    """Whether a reader would call what the checker reports of a cell a mistake."""
    text = error["description"]
    if error["severity"] != "error" or any(wrong in text for wrong in WRONG_TYPES):
        return False
    written_here = source.splitlines()[error["line"] - 1][error["column"] - 1] in "{["
    if any(re.search(pattern, text) for pattern in NO_MISTAKE) or (MADE_BEFORE.search(text) and not written_here):
        return False
    return not any(error["line"] in lines for lines in caught(source))


def caught(source):
    """The lines of a cell's `try` blocks whose handler takes what a mistake raises."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Try) and RAISED & {ast.unparse(h.type) for h in node.handlers if h.type}:
            yield range(node.lineno, node.handlers[0].lineno)


def test_the_checker_finds_mistakes_of_each_kind(errors):
    first = FAULTS.splitlines().index("chat = local_chat()") + 2
    lines = {error["line"] for place, error, is_one in errors if place == "FAULTS" and is_one}
    assert lines == {first, first + 1, first + 2, first + 4, first + 5}


@pytest.mark.parametrize("place", copied(), ids=str)
def test_what_readers_copy_has_no_mistake_of_type(place, errors):
    mistakes = [error for where, error, is_one in errors if where == place and is_one]
    assert [f"cell {e['id']}, line {e['line']}: {e['description']}" for e in mistakes] == []


def test_each_wrong_type_is_still_met(errors):
    """An exception that nothing needs any more hides a mistake."""
    met = "\n".join(error["description"] for _, error, _ in errors)
    assert [wrong for wrong in WRONG_TYPES if wrong not in met] == []
