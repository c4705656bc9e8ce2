"""One fault: a text before and after it, where that text stands, and what seeds it into a copy."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import nbformat

from scripts.common.paths import ROOT
from scripts.content import notebooks


@dataclass(frozen=True)
class Place:
    """A text that operators change: a file, or the source of a notebook's cell."""

    path: str
    cell: str = ""

    def __str__(self):
        return f"{self.path}#{self.cell}" if self.cell else self.path

    def text(self):
        """What stands there."""
        if not self.cell:
            return (ROOT / self.path).read_text()
        return next(cell.source for cell in notebooks.read(self.path).cells if cell.id == self.cell)


@dataclass(frozen=True)
class Kind:
    """A kind of faults.

    Attributes:
        places: returns the places whose texts the operators change, in groups; each group is drawn as often.
        operators: by name; each returns the changed text, None where there is nothing to change.
        has_target: whether tests can see faults of this kind at all.
    """

    name: str
    places: Callable[[], Sequence[Sequence[Place]]]
    operators: Mapping[str, Callable]
    has_target: bool = True


@dataclass(frozen=True)
class Fault:
    """A text as it is and as the fault leaves it."""

    kind: str
    operator: str
    place: Place
    before: str
    after: str

    def edges(self):
        """How many characters at the start, and how many at the end, the two texts share."""
        start, shorter = 0, min(len(self.before), len(self.after))
        while start < shorter and self.before[start] == self.after[start]:
            start += 1
        end = 0
        while end < shorter - start and self.before[-1 - end] == self.after[-1 - end]:
            end += 1
        return start, end

    @property
    def size(self):
        """How many characters it changes: the smallest is the hardest to see."""
        start, end = self.edges()
        return max(len(self.before), len(self.after)) - start - end

    def shown(self):
        """What differs, before and after, with some characters around it, in one line."""
        start, end = self.edges()
        parts = (text[max(0, start - 25) : len(text) - max(0, end - 25)] for text in (self.before, self.after))
        before, after = (" ".join(part.split()) for part in parts)
        return f"{before!r} -> {after!r}"

    def __str__(self):
        return f"{self.place}, {self.operator}: {self.shown()}"


def seed(fault, folder):
    """Put the fault into the copy of the repository in `folder`, also where a page repeats the changed cell."""
    path = folder / fault.place.path
    if not fault.place.cell:
        path.write_text(fault.after)
        return
    notebook = nbformat.read(path, as_version=4)
    shown = said(notebook)
    change_cell(notebook, fault.place, fault.after, folder)
    for old, new in zip(shown, said(notebook), strict=True):
        for page in [*folder.glob("*.qmd"), *folder.glob("docs/**/*.qmd")] if old != new else ():
            page.write_text(page.read_text().replace(f"\n{old}\n```", f"\n{new}\n```"))


def said(notebook):
    """What a page repeats of a notebook by hand: the parameters, and the snippet where it has one."""
    sources = {cell.id: cell.source for cell in notebooks.code_cells(notebook)}
    parts = [notebooks.parameters_cell(notebook).source]
    try:
        return [*parts, notebooks.snippet(notebook) if "quickstart" in sources else ""]
    except (SyntaxError, ValueError):  # the fault is in the parameters, which are no literals any more
        return [*parts, sources.get("quickstart", "")]


def change_cell(notebook, place, source, folder):
    """Give a cell another source, and make it look as if that had been run and accepted."""
    cell = next(cell for cell in notebook.cells if cell.id == place.cell)
    before, cell.source = notebooks.source_hash(cell), source
    if cell.outputs:
        cell.metadata["stored"] = notebooks.output_mark(cell)
    notebooks.write(notebook, folder / place.path)
    for result in (folder / "results").glob("*.json"):
        text = result.read_text()
        if json.loads(text).get("notebook") == place.path:
            result.write_text(text.replace(before, notebooks.source_hash(cell)))
