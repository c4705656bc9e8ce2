"""What pages say of releases: of chatlas it is what `make releases` found, of servers it has a dated source."""

import itertools
import re

import panflute
import pytest

from scripts.content import pages, results, sections, tables, tree

FOUND = tables.read("results/releases.json", results.Releases)["releases"][::-1]  # the oldest first
VERSION = r"(\d+\.\d+(?:\.\d+)?)"
FROM = rf"(?:since|from|since:) chatlas {VERSION}|chatlas {VERSION} (?:and|or) newer"
UNTIL = rf"(?:until|until:) chatlas {VERSION}|chatlas {VERSION} (?:and|or) older"
# What a statement on a release may be about: the words by which it is known, and what each release does.
ABOUT = {
    r"httpx|openai 3": lambda release: release["openai>=3"] == "",
    r"openai 2|AnnotationURLCitation|openai package 3": lambda release: release["openai<3"] == "",
    r"warn|Responses API": lambda release: release["warns"],
    r"reasoning": lambda release: release["reads_reasoning"],
    r"second question|without an id": lambda release: release["sends_ids"],
    r"ollama at": lambda release: release["says_where_ollama_is"],
}
WRITTEN = [page for page in pages.written() if page.stem != "compatibility"]
OF_A_SERVER = re.compile(rf"\b(?:since|until|older than|newer than)\b.*{VERSION}|{VERSION} (?:and|or) (?:newer|older)")
DATED = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December) 20\d\d"
)


def changes(does):
    """Where the releases begin to differ in something: (the last before, the first after) each."""
    pairs = itertools.pairwise(FOUND)
    return [(before["chatlas"], after["chatlas"]) for before, after in pairs if does(before) != does(after)]


def statements(page):
    """What a page says of releases of chatlas: (0 for the last before a change or 1, the release, the line)."""
    text = pages.text(page)
    header = pages.HEADER.match(text)
    for line in text.splitlines():
        for side, pattern in enumerate((UNTIL, FROM)):
            for match in re.finditer(pattern, line):
                in_header = header and line in header[1].splitlines()
                yield side, next(filter(None, match.groups())), text if in_header else line


@pytest.mark.parametrize("page", WRITTEN, ids=str)
def test_what_is_said_of_releases_of_chatlas_is_what_they_did(page):
    """The release is the one with which something changed that the line speaks of; 0.18 is 0.18.0."""
    wrong = []
    for side, release, text in statements(page):
        about = [does for words, does in ABOUT.items() if re.search(words, text)]
        those = {change[side] for does in about for change in changes(does)}
        if release not in those | {each.removesuffix(".0") for each in those}:
            wrong.append(f"{release}, but `make releases` found {sorted(those) or 'nothing of this'}: {text[:100]}")
    assert wrong == []


def test_no_release_keeps_repeated_text():
    """docs/which-class.qmd says so of older ones."""
    assert [release["chatlas"] for release in FOUND if release["keeps_repeats"]] == []


def test_statements_on_releases_are_seen():
    assert sum(1 for page in WRITTEN for _ in statements(page)) >= 4


def said_of_servers(section):
    """The paragraphs that speak of a release of a server, and the rows of a table with a column "since"."""
    for table in tree.found(section.blocks, panflute.Table):
        heads = map(panflute.stringify, tree.found([table.head], panflute.TableCell))
        if any(re.search(r"\bsince\b", head) for head in heads):
            yield from tree.found([table.content[0]], panflute.TableRow)
    for block in tree.found(section.blocks, panflute.Para, panflute.Plain):
        words = panflute.stringify(block)
        if OF_A_SERVER.search(words) and not re.search(r"chatlas|openai|Python", words):
            yield block


def test_what_is_said_of_releases_of_servers_has_a_dated_source():
    """It links who says so, or the evidence; its section has the month."""
    said = [(section, part) for section in sections.everywhere() for part in said_of_servers(section)]
    assert len(said) >= 8
    wrong = [
        f"{section.place}: {panflute.stringify(part)[:80]}"
        for section, part in said
        if not tree.found([part], panflute.Link) or not DATED.search(section.text)
    ]
    assert wrong == []
