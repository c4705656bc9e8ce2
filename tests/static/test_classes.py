"""The class that pages use and advise is the one that the start page's table gives for the server."""

import ast
import functools
import re

import panflute
import pytest

from scripts.common.paths import ROOT
from scripts.content import backends, guides, notebooks, pages, sections, tree

ROW = re.compile(r"^\| \[?(?P<server>[\w. ]+)(?:\]\(\S+\))? \| `(?P<name>Chat\w+)`", re.MULTILINE)
TABLE = {row["server"]: row["name"] for row in ROW.finditer((ROOT / "index.qmd").read_text())}
OTHERS = TABLE["Any other"]
# What advises a class, in the words of a page: "use X", "for Ollama, X", "replace X by Y".
ADVICE = (
    r"(?<![Yy]ou )\b(?:[Uu]se|[Pp]refer|[Cc]hoose|[Tt]ake)\b[^,]*?(?<!not )\b(Chat[A-Z]\w+)",
    r"\b[Ff]or [^,]+, (Chat[A-Z]\w+)",
    r"\b(?:[Rr]eplace|[Cc]hange|[Ss]witch) .*?\b(?:by|with|to|for) (Chat[A-Z]\w+)",
)


@functools.cache
def server_of():
    """The server of each page and notebook that is of one server; a shared notebook is its first server's."""
    found = {guide.notebook: backends.get(guide.on[0]).title for guide in guides.load().values()}
    found |= {backend.page: backend.title for backend in backends.load().values()}
    return {**found, "docs/connect/lm-studio.qmd": "LM Studio"}


def right(place):
    """The class that the site recommends for the server of a page or a notebook."""
    return TABLE.get(server_of().get(str(place)), OTHERS)


def classes(node, code):
    """chatlas' classes of chats that a part of some code uses; other packages have such names, too."""
    other = {
        alias.asname or alias.name
        for each in ast.walk(code)
        if isinstance(each, ast.ImportFrom) and each.module != "chatlas"
        for alias in each.names
    }
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} & set(TABLE.values()) - other


def shown(section):
    """The code that a section shows, as (where it comes from, the classes that it uses, what its cell prints)."""
    for path, label in section.cells():
        cell = pages.cell(section.page, path, label)
        code = ast.parse(cell.source)
        yield path, classes(code, code), "\n".join(pages.outputs(cell))
    for block in section.code("python"):
        code = ast.parse(block)
        yield section.page, classes(code, code), ""


SHOWN = {section.place: list(shown(section)) for section in sections.everywhere()}


@pytest.mark.parametrize("section", [s for s in sections.everywhere() if SHOWN[s.place]], ids=lambda s: s.place)
def test_a_section_that_shows_another_class_names_it(section):
    """In its heading, in its prose or in what the cell prints; a cell that has both classes compares them."""
    named = pages.words([section.heading] if section.heading else []) + "\n" + section.text
    for place, used, printed in SHOWN[section.place]:
        if right(place) not in used:
            assert {name for name in used if not re.search(rf"\b{name}\b", f"{named}\n{printed}")} == set()


@pytest.mark.parametrize("guide", guides.load().values(), ids=lambda guide: guide.name)
def test_functions_that_make_a_chat_make_the_one_that_the_site_recommends(guide):
    """Or the one that the heading above their cell names."""
    headings = {
        label: pages.words([section.heading] if section.heading else [])
        for section in sections.everywhere()
        for path, label in section.cells()
        if section.page == guide.page and path == guide.notebook
    }
    for cell in notebooks.visible_cells(notebooks.read(guide.notebook)):
        code = ast.parse(cell.source)
        for node in ast.walk(code):
            made = classes(node, code) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else set()
            named = set(re.findall(r"\bChat\w+", headings.get(cell.id, "")))
            assert not made or {right(guide.notebook), *named} & made, f"{cell.id}: {node.name}"


def advised(section):
    """The classes that a section advises: (class, the part of the sentence that does so)."""
    for block in tree.found(section.blocks, panflute.Para, panflute.Plain):
        for part in re.split(r"(?<=[.:])\s+(?=[A-Z])|;", panflute.stringify(block)):
            yield from ((name, part) for pattern in ADVICE for name in re.findall(pattern, part))


@pytest.mark.parametrize("section", [s for s in sections.everywhere() if list(advised(s))], ids=lambda s: s.place)
def test_advice_names_the_class_of_its_server_and_leads_to_code_with_it(section):
    """The server is the one that the sentence names, else the one of the section's cells or of the page.

    The code is on the page, or on one that the section links.
    """
    servers = {right(place) for place, *_ in SHOWN[section.place]} | {right(section.page)}
    near = {section.page, *(link.partition("#")[0] for link in section.links())}
    beside = {
        name for place, code in SHOWN.items() if place.partition("#")[0] in near for _, used, _ in code for name in used
    }
    for name, sentence in advised(section):
        named = {TABLE[server] for server in TABLE if re.search(rf"\b{re.escape(server)}\b(?!-)", sentence)}
        assert name in (named or servers), sentence
        assert name in beside, f"no code here uses it: {sentence}"
