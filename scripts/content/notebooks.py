"""What the runner, the tests and the site need to know about a notebook.

A notebook's first code cell is tagged `parameters` and holds only literals. Cells tagged `check`
hold assertions and are shown on no page. Every other code cell is visible: a reader copies it.
A cell's id is its label on the pages.
"""

import ast
import copy
import hashlib
import json
import re

import nbformat

from scripts.common.paths import ROOT


def read(path):
    """The notebook at `path` (relative to the repository), as an nbformat v4 node."""
    return nbformat.read(ROOT / path, as_version=4)


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


def with_parameters(notebook, values):
    """A copy of `notebook` in which the parameters named in `values` have these values."""
    changed = copy.deepcopy(notebook)
    merged = parameters(notebook) | {name: value for name, value in values.items() if name in parameters(notebook)}
    # JSON's double quotes are also Python's; repr would prefer single ones.
    parameters_cell(changed).source = "\n".join(f"{name} = {literal(value)}" for name, value in merged.items())
    return changed


def literal(value):
    """`value` as Python source with double quotes, as the notebooks are formatted."""
    return '"' + repr(value)[1:-1].replace('"', '\\"') + '"' if isinstance(value, str) else repr(value)


def for_download(notebook):
    """A copy of `notebook` as a page offers it: the parameters and the visible cells, without the checks."""
    offered = copy.deepcopy(notebook)
    offered.cells = [cell for cell in offered.cells if "check" not in tags(cell)]
    return offered


def snippet(notebook):
    """The cell `quickstart` as one complete program: its parameters written out as literals."""
    source = next(cell.source for cell in code_cells(notebook) if cell.id == "quickstart")
    for name, value in parameters(notebook).items():
        # as an argument, whatever that is called there; an assignment has spaces
        source = re.sub(rf"={name}\b", f"={literal(value)}".replace("\\", r"\\"), source)
    return source


def source_hash(cell):
    """A short hash of a cell's source, to tell whether a stored result is of this very cell."""
    return hashlib.sha256(cell.source.encode()).hexdigest()[:16]


def output_mark(cell):
    """A short hash of a cell's source and outputs: `make update-outputs` leaves it in the metadata `stored`.

    Where it does not fit, somebody changed the source without running it, or the outputs by hand.
    """
    return hashlib.sha256((cell.source + json.dumps(cell.outputs, sort_keys=True)).encode()).hexdigest()[:16]
