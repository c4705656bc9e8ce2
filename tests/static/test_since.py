"""What pages say of releases of servers has a dated source."""

import re

import panflute

from scripts.content import sections, tree

VERSION = r"(\d+\.\d+(?:\.\d+)?)"
OF_A_SERVER = re.compile(rf"\b(?:since|until|older than|newer than)\b.*{VERSION}|{VERSION} (?:and|or) (?:newer|older)")
DATED = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December) 20\d\d"
)


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
