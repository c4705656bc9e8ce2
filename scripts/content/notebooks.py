"""What the runner, the tests and the site need to know about a notebook.

A notebook's first code cell is tagged `parameters` and holds only literals. Cells tagged `check`
hold assertions and are shown on no page. Every other code cell is visible: a reader copies it.
A cell's id is its label on the pages. A visible cell tagged `nbval-check-output` prints facts of client
and server: its output is compared with the stored one. A cell tagged `our-server` depends on the small model's
words, or on how our server was started: a run against another model leaves it out.
"""

import ast
import copy
import functools
import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass

import nbformat
from nbformat.validator import iter_validate

from scripts.common.paths import ROOT
from scripts.common.problem import Broken


def read(path):
    """The notebook at `path` (relative to the repository), as an nbformat v4 node that all who ask share.

    Whoever changes it makes a copy first (copy.deepcopy).

    Raises:
        Broken: it is not there, or is not as the first lines of this file say.
    """
    try:
        return parsed(path, (ROOT / path).read_text())
    except FileNotFoundError:
        raise Broken(path, "there is no such notebook") from None


@functools.cache  # the tests read each notebook often
def parsed(path, text):
    """The notebook with this text; raises Broken as read() does."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise Broken(path, f"this is no JSON: {error}") from None
    for error in iter_validate(content):
        number = next((f", cell {at + 1}" for at in error.absolute_path if isinstance(at, int)), "")
        raise Broken(f"{path}{number}", error.message.splitlines()[0][-200:])
    for name, times in Counter(cell["id"] for cell in content["cells"]).items():
        if times > 1:
            raise Broken(f"{path}, cell {name}", f"{times} cells have this id")
    notebook = nbformat.reads(text, as_version=4)
    for cell in code_cells(notebook):
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            raise Broken(f"{path}, cell {cell.id}, line {error.lineno}", f"this is no Python: {error.msg}") from None
    if not code_cells(notebook) or "parameters" not in tags(parameters_cell(notebook)):
        raise Broken(path, "the first code cell is not tagged `parameters`")
    try:
        parameters(notebook)
    except ValueError as error:
        raise Broken(f"{path}, cell {parameters_cell(notebook).id}", f"it holds no literal: {error}") from None
    return notebook


def write(notebook, path):
    """Write `notebook` to `path`; nbformat keeps the source as a list of lines, as Quarto needs."""
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def code_cells(notebook):
    """The code cells, in order; nbval numbers its tests in this order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell):
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def visible_cells(notebook):
    """The code cells that a page may show, without the parameters cell."""
    return [cell for cell in code_cells(notebook) if not {"check", "parameters"} & set(tags(cell))]


def parameters_cell(notebook):
    """The first code cell, which holds the parameters."""
    return code_cells(notebook)[0]


def parameters(notebook):
    """The names and literal values in the parameters cell.

    Raises:
        ValueError: the cell holds something other than assignments of literals.
    """
    values = {}
    for statement in ast.parse(parameters_cell(notebook).source).body:
        if not isinstance(statement, ast.Assign):
            raise ValueError(f"not an assignment: {ast.unparse(statement)}")
        values[statement.targets[0].id] = ast.literal_eval(statement.value)
    return values


@dataclass(frozen=True)
class FromEnvironment:
    """A value that code reads from the environment variable `name`, so that it is written nowhere."""

    name: str


@dataclass(frozen=True)
class Place:
    """Where code says something of a server: `text[start:end]` is what stands there for `name`.

    `name` is base_url, api_key or model; or "import", a place without a text before the first line, for the
    import that a FromEnvironment needs.
    """

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Code:
    """Code that a reader copies, with the places of their own server, in their order.

    The one list of these places: the runner fills them for a run, the site for a reader's server (docs/your-server.js).
    """

    text: str
    places: tuple[Place, ...]

    def filled(self, values):
        """The text with `values` in the places that they name; what they do not name stays as it is."""
        kept, text = 0, ""
        sources = {name: source_of(value) for name, value in values.items()}
        if any(isinstance(values.get(place.name), FromEnvironment) for place in self.places):
            sources["import"] = IMPORT
        for place in self.places:
            here = self.text[place.start : place.end]
            text += self.text[kept : place.start] + sources.get(place.name, here)
            kept = place.end
        return text + self.text[kept:]


IMPORT = "import os\n\n"
ASKS = re.compile(r"^model = (?!\")(.*)$", re.MULTILINE)  # a snippet asks the server which model it has


def source_of(value):
    """`value` as Python source, in double quotes as the notebooks are formatted: the rules are JSON's."""
    if isinstance(value, FromEnvironment):
        return f"os.environ[{json.dumps(value.name)}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def code(text, places):
    """The Code of a text with these places, and one for an import where it needs one."""
    needs_import = any(place.name == "api_key" for place in places) and not re.search("^import os$", text, re.MULTILINE)
    return Code(text, ((Place("import", 0, 0),) if needs_import else ()) + tuple(places))


def parameters_code(notebook):
    """The parameters cell as Code: the place of each value."""
    text = parameters_cell(notebook).source
    lines = [0, *(match.end() for match in re.finditer("\n", text))]
    values = [(statement.targets[0].id, statement.value) for statement in ast.parse(text).body]
    return code(
        text,
        [
            Place(name, lines[v.lineno - 1] + v.col_offset, lines[v.end_lineno - 1] + v.end_col_offset)
            for name, v in values
        ],
    )


def snippet_code(notebook):
    """The cell `quickstart` as one complete program, as Code: its parameters written out as literals."""
    cell = next(cell for cell in code_cells(notebook) if cell.id == "quickstart")
    named = parameters(notebook)
    # as an argument, whatever that is called there; an assignment has spaces
    arguments = rf"(?<==)({'|'.join(named)})\b"
    text, places, kept = "", [], 0
    for match in re.finditer(f"{arguments}|{ASKS.pattern}", cell.source, re.MULTILINE):
        name, asks = match.groups()
        text += cell.source[kept : match.start(match.lastindex)]
        shown = asks or source_of(named[name])
        places.append(Place(name or "model", len(text), len(text) + len(shown)))
        text, kept = text + shown, match.end()
    return code(text + cell.source[kept:], places)


def with_parameters(notebook, values, chosen=False):
    """A copy of `notebook` in which the parameters named in `values` have these values.

    Args:
        chosen: whether the model was chosen, so that the cell `quickstart` takes it instead of asking the server.
    """
    changed = copy.deepcopy(notebook)
    parameters_cell(changed).source = parameters_code(notebook).filled(values)
    for cell in code_cells(changed):
        if chosen and cell.id == "quickstart":
            cell.source = ASKS.sub(lambda _: f"model = {source_of(values['model'])}", cell.source)
    return changed


OURS = "our-server"
NOT_ASKED = "not asked: it depends on our model's words, or on how our server was started"


def for_any_model(notebook):
    """A copy of `notebook` in which cells that depend on our server only define what later cells use."""
    changed = copy.deepcopy(notebook)
    for cell in code_cells(changed):
        if OURS in tags(cell):
            kept = [statement for statement in ast.parse(cell.source).body if defines(statement)]
            cell.source = "# not asked\n" + "\n".join(map(ast.unparse, kept))
    return changed


def defines(statement):
    """Whether a statement only names something: an import, a function, a class, or a literal text or number."""
    literal = isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
    return literal or isinstance(
        statement, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    )


def without_comparison(notebook):
    """A copy of `notebook` of which no output is compared with what is stored."""
    changed = copy.deepcopy(notebook)
    for cell in code_cells(changed):
        cell.metadata["tags"] = [tag for tag in tags(cell) if tag != "nbval-check-output"]
    return changed


def for_download(notebook):
    """A copy of `notebook` as a page offers it: the parameters and the visible cells, without the checks."""
    offered = copy.deepcopy(notebook)
    offered.cells = [cell for cell in offered.cells if "check" not in tags(cell)]
    return offered


def snippet(notebook, values=None, chosen=False):
    """The snippet as a text, with `values` for the parameters; `chosen` as for with_parameters()."""
    known = {name: value for name, value in (values or {}).items() if chosen or name in parameters(notebook)}
    return snippet_code(notebook).filled(known)


def source_hash(cell):
    """A short hash of a cell's source, to tell whether a stored result is of this very cell."""
    return hashlib.sha256(cell.source.encode()).hexdigest()[:16]


def output_mark(cell):
    """A short hash of a cell's source and outputs: `make update-outputs` leaves it in the metadata `stored`.

    Where it does not fit, somebody changed the source without running it, or the outputs by hand.
    """
    return hashlib.sha256((cell.source + json.dumps(cell.outputs, sort_keys=True)).encode()).hexdigest()[:16]
