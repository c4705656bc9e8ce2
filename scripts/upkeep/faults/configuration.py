"""Tables and configuration: each value of the tables, of what starts servers, of headers and of workflows."""

import re

from scripts.common.paths import ROOT
from scripts.upkeep.faults.fault import Kind, Place
from scripts.upkeep.faults.letters import chosen, digit, replaced, slip, slip_in

FILES = (
    "backends.toml",
    "notebooks.toml",
    "compose.yaml",
    "_quarto.yml",
    ".env.example",
    "containers/*/*",
    "servers/*",
    "servers/*/*",
    "docs/errors/*.qmd",
    ".github/workflows/*.yml",
)
HEADER = re.compile(r"\A---\n(.*?)^---\n", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"(?:^|\s)#.*$|\{#.*?#\}|<!--.*?-->", re.MULTILINE | re.DOTALL)
BOOLEAN = {"true": "false", "false": "true", "True": "False", "False": "True"}


def settings(text):
    """The spans of what sets something: the header of a page, else the lines without their comments."""
    header = HEADER.match(text)
    start, end = header.span(1) if header else (0, len(text))
    kept, spans = start, []
    for comment in COMMENT.finditer(text, start, end):
        spans.append((kept, comment.start()))
        kept = comment.end()
    return [*spans, (kept, end)]


def boolean(text, rng):
    """Yes becomes no."""
    found = chosen((m for s in settings(text) for m in re.compile(r"\b(?:[Tt]rue|[Ff]alse)\b").finditer(text, *s)), rng)
    return found and replaced(text, found.span(), BOOLEAN[found[0]])


def line_taken_out(text, rng):
    """A line is missing."""
    lines = [m for s in settings(text) for m in re.compile(r"^[^\n]*\w[^\n]*\n", re.MULTILINE).finditer(text, *s)]
    found = chosen(lines, rng)
    return found and replaced(text, found.span(), "")


def item_taken_out(text, rng):
    """An item of a list in one line is missing."""
    item = re.compile(r"(?<=\[)[^][,\n]+, ?|, ?[^][,\n]+(?=\])")
    found = chosen((m for s in settings(text) for m in item.finditer(text, *s)), rng)
    return found and replaced(text, found.span(), "")


VALUE = re.compile(r"(?:[=:] ?|- |[\[,] ?)[\"']?(?P<word>[A-Za-z][\w./@-]{2,})")
KEY = re.compile(r"^\s*(?:- )?(?P<word>[A-Za-z][\w-]+)(?=:| =)", re.MULTILINE)
TABLES = {
    "a slip in a value": slip_in(VALUE, slip, settings),
    "a slip in a key": slip_in(KEY, slip, settings),
    "a number changed": slip_in(re.compile(r"(?<![\w@])v?\d[\d.]*\w?"), digit, settings),
    "a yes turned round": boolean,
    "a line taken out": line_taken_out,
    "an item taken out": item_taken_out,
}


def places():
    """The files that these are in; one error page is drawn as often as one table."""
    groups = [sorted(path for path in ROOT.glob(pattern) if path.is_file()) for pattern in FILES]
    return [[Place(str(path.relative_to(ROOT))) for path in group] for group in groups if group]


KIND = Kind("tables and configuration", places, TABLES)
