"""Reads the pages of docs/errors: the header that says what each error is, and what holds the page.

docs/contribute.qmd says how such a page is written ("Add an error").
"""

import ast
import datetime
import functools
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from scripts.common.paths import ROOT
from scripts.common.problem import Broken
from scripts.content import backends, notebooks, pages, sections, shown_errors

FOLDER = "docs/errors"
NO_ERROR = "no error"
SEEN = {  # what a person may see beside an exception or without one, in the order of the index
    "nobody": "Nobody answers",
    "empty": "An empty answer, or one that is cut",
    "ignored": "A setting without effect",
    "wrong": "An answer that is not what you asked for",
    "slow": "It takes very long, or never ends",
}
CONFIRM, WAY_OUT = "How to confirm", "The way out"
NOT_EXECUTED = "not executed"
BEGUN = "2026-11"
SHORTEST = 10  # characters of a pattern that are no gap
GAP = "…"
Name = Annotated[str, pydantic.StringConstraints(min_length=1)]
Version = Annotated[str, pydantic.StringConstraints(pattern=r"^\S+ [\w.+-]+$")]


class Source(pydantic.BaseModel):
    """Where something is known from that was not executed here."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)
    source: Annotated[str, pydantic.StringConstraints(pattern=r"^https://\S+$")]
    date: Annotated[str, pydantic.StringConstraints(pattern=r"^20\d\d-\d\d$")]

    @pydantic.field_validator("date")
    @classmethod
    def of_this_site(cls, date):
        """The month in which it was looked up: none before the first page was written, none to come."""
        if not BEGUN <= date <= datetime.date.today().isoformat()[:7]:
            raise ValueError(f"{date}: nothing of this site was looked up then")
        return date


def held_by(value):
    """`value`, where a cell, a test or a source may stand; a ValueError for what is none of these."""
    if isinstance(value, dict):
        return Source(**value)
    if not isinstance(value, str) or not re.fullmatch(r"notebooks/\S+\.ipynb#\S+|tests/\S+\.py::\w+", value):
        raise ValueError("name a cell (notebooks/NAME.ipynb#label), a test (tests/NAME.py::test_name) or a source")
    return value


Held = Annotated[Any, pydantic.AfterValidator(held_by)]


class Header(pydantic.BaseModel):
    """The block `entry` of a page's header; docs/contribute.qmd says what each field means."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, populate_by_name=True)
    exception: Annotated[str, pydantic.StringConstraints(pattern=r"^(no error|[\w.]+)$")]
    match: list[Name]
    servers: Annotated[list[Name], pydantic.Field(min_length=1)]
    classes: Annotated[list[Name], pydantic.Field(min_length=1)]
    provoked: Held
    way_out: Annotated[Held, pydantic.Field(alias="way-out")]
    seen: list[Literal[tuple(SEEN)]] = []
    since: Version = ""
    until: Version = ""

    @pydantic.field_validator("match")
    @classmethod
    def long_enough(cls, patterns):
        """Patterns that recognise something: text, with … for what differs each time."""
        for pattern in patterns:
            if len(pattern.replace(GAP, "")) < SHORTEST or pattern.strip(GAP) != pattern:
                raise ValueError(f"{pattern!r}: at least {SHORTEST} characters, and no {GAP} at an end")
        return patterns


class Entry(pydantic.BaseModel):
    """A page of docs/errors: its path, title, one-line meaning (`description-meta`) and header."""

    page: str
    title: str
    says: str
    error: Header

    @property
    def name(self):
        """The file's name without its ending."""
        return Path(self.page).stem

    @property
    def plain_title(self):
        """The title without the marks of inline code."""
        return self.title[3:-3] if self.title.startswith("`` ") else self.title.replace("`", "")

    @property
    def address(self):
        """Its address on the site."""
        return f"{FOLDER}/{self.name}.html"

    @property
    def is_executed(self):
        """Whether its way out is executed."""
        return isinstance(self.error.way_out, str)


def faults_of_the_header(page):
    """A line for each thing that is wrong with the form of a page's header."""
    try:
        Header.model_validate(pages.header(page).get("entry"))
    except pydantic.ValidationError as found:
        keys = [(".".join(map(str, ("entry", *fault["loc"]))), fault) for fault in found.errors()]
        return [f"{page}, {key}: {fault['msg'].removeprefix('Value error, ')}" for key, fault in keys]
    return []


def read(page):
    """The Entry of a page; raises Broken where its header has a fault."""
    if wrong := faults_of_the_header(page):
        raise Broken(page, wrong[0].removeprefix(f"{page}, "))
    header = pages.header(page)
    error = Header.model_validate(header["entry"])
    return Entry(page=str(page), title=header["title"], says=header["description-meta"], error=error)


@functools.cache  # the pages do not change while a command runs
def load():
    """All errors, in the order of their files."""
    return [read(page) for page in written()]


def written():
    """The pages of docs/errors, relative to the repository."""
    return [path.relative_to(ROOT) for path in sorted((ROOT / FOLDER).glob("*.qmd"))]


@functools.cache
def data():
    """What the box of the index and the doctor look errors up in (doctor/hatch_build.py packs the same)."""
    return [
        {
            "name": entry.name,
            "title": entry.plain_title,
            "says": entry.says,
            "exception": entry.error.exception,
            "match": entry.error.match,
        }
        for entry in load()
        if entry.error.match
    ]


def cell_of(place):
    """The notebook and the label of a cell that a header names, None for what is no cell."""
    return tuple(place.split("#")) if isinstance(place, str) and "#" in place else None


def printed(entry):
    """What a person pastes: the last line of the traceback, or what the provoking cell printed; the title without one.

    A line that a cell prints may begin with a word of the cell's own, which is left out.
    """
    cell = cell_of(entry.error.provoked)
    texts = [entry.plain_title]
    if cell:
        texts = pages.outputs(pages.cell(entry.page, *cell))
    text = "\n".join(texts).strip()
    if entry.error.exception == NO_ERROR:
        return text
    return f"{entry.error.exception.removeprefix('builtins.')}: {text}"


def faults(entry):
    """A line for each thing that is wrong with a page beyond the form of its header."""
    page, error, found = entry.page, entry.error, []

    def fault(key, what):
        found.append(f"{page}, {key}: {what}")

    headings = [section.title for section in sections.of(page) if section.level == 2]
    if headings[:2] != [CONFIRM, WAY_OUT]:
        fault("headings", f'the first two are "{CONFIRM}" and "{WAY_OUT}", here {headings[:2]}')
        return found
    shown = {(path, label): echo for path, label, echo in pages.embeds(page)}
    way_out = sections.titled(page, WAY_OUT)
    for key, place in (("provoked", error.provoked), ("way-out", error.way_out)):
        if isinstance(place, Source):
            if place.source not in {target for section in sections.of(page) for target in section.targets()}:
                fault(key, f"the page has no link to {place.source}")
            continue
        path, mark, name = re.split("(#|::)", place, maxsplit=1)
        if not (ROOT / path).exists():
            fault(key, f"there is no file {path}")
        elif mark == "::" and f"def {name}(" not in (ROOT / path).read_text():
            fault(key, f"{path} has no {name}")
        elif mark == "#" and name not in {cell.id for cell in notebooks.visible_cells(notebooks.read(path))}:
            fault(key, f"{path} has no visible cell {name}")
        elif mark == "#" and (path, name) not in shown:
            fault(key, f"the page does not embed {place}")
        elif mark == "#" and key == "way-out" and ((path, name) not in way_out.cells() or not shown[path, name]):
            fault(key, f'{place} is to stand below "{WAY_OUT}" with echo=true')
    if found:
        return found
    if not entry.is_executed and NOT_EXECUTED not in way_out.text:
        fault("way-out", f'"{WAY_OUT}" has to say "{NOT_EXECUTED}", since nothing executes it')
    if entry.is_executed and NOT_EXECUTED in way_out.text and cell_of(error.way_out):
        fault("way-out", f'a cell executes it, and "{WAY_OUT}" says "{NOT_EXECUTED}"')
    if error.exception != NO_ERROR and not error.match:
        fault("match", "an exception needs a pattern")
    if error.exception == NO_ERROR and not error.seen:
        fault("seen", "without an exception the index needs to know what a person sees")
    found += [
        f"{page}, entry.servers: {name!r} is no server of this site" for name in error.servers if not known_server(name)
    ]
    found += faults_of_the_cell(entry)
    return found


def faults_of_the_cell(entry):
    """The same for the cell that provokes it: its class, its check and its text."""
    cell = cell_of(entry.error.provoked)
    if not cell:
        return []
    page, found, name = entry.page, [], entry.error.exception.rpartition(".")[2]
    source = pages.cell(page, *cell).source
    handlers = [node.type for node in ast.walk(shown_errors.parsed(source)) if isinstance(node, ast.ExceptHandler)]
    parts = [part for handler in handlers for part in ast.walk(handler)]
    caught = {part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "") for part in parts}
    warned = name.endswith("Warning") and "catch_warnings" in source
    if entry.error.exception != NO_ERROR and name not in caught and not warned:
        found.append(f"{page}, entry.exception: the cell {cell[1]} catches {', '.join(sorted(caught)) or 'nothing'}")
    plain = printed(entry).replace("`", "")
    title = entry.plain_title.replace("`", "")
    if entry.error.exception != NO_ERROR and title not in plain:
        found.append(f"{page}, title: {title!r} is not in what {cell[1]} printed: {plain[:200]!r}")
    return found


def known_server(name):
    """Whether a header may name this server."""
    return name in {"any", "LM Studio", "llama-cpp-python", *(each.title for each in backends.load().values())}
