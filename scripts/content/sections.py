"""The sections of the pages: which one shows a cell, and which one leads to another."""

import functools
import os
import re
from dataclasses import dataclass
from pathlib import Path

import panflute

from scripts.common.paths import ROOT
from scripts.content import pages, tree

DERIVED = ("compatibility", "troubleshooting")  # they link all that they are made of
TITLE = "markdown-smart-header_attributes"


@dataclass(frozen=True)
class Section:
    """A heading of a page and what stands below it, up to the next heading of any level.

    Attributes:
        place: PAGE#anchor, with the anchor that pandoc makes (its auto_identifiers); PAGE alone for
            what stands above the first heading.
        heading: pandoc's element, None above the first heading.
        title: the heading in Markdown; "" above the first one.
        blocks: pandoc's elements below it.
    """

    place: str
    heading: panflute.Header | None
    title: str
    blocks: list[panflute.Block]

    @property
    def page(self):
        """The page, relative to the repository."""
        return self.place.partition("#")[0]

    @property
    def anchor(self):
        """The anchor alone, "" above the first heading."""
        return self.place.partition("#")[2]

    @property
    def level(self):
        """The number of its #; 0 above the first heading."""
        return self.heading.level if self.heading else 0

    @functools.cached_property  # many tests ask for it
    def text(self):
        """The words below the heading, without code blocks."""
        return pages.words(self.blocks)

    def targets(self):
        """The targets of its links and pictures, as they are written."""
        return [element.url for element in tree.found(self.blocks, panflute.Link, panflute.Image)]

    def links(self):
        """The targets of the links to files of this repository, as PAGE#anchor or PAGE."""
        found = []
        for target in self.targets():
            path, _, anchor = target.partition("#")
            if re.match(r"[a-z]+:", target):
                continue  # another site
            start = Path() if path.startswith("/") else Path(self.page).parent  # "/" is the site's root
            path = os.path.normpath(start / path.lstrip("/")) if path else self.page
            found.append(f"{path}#{anchor}" if anchor else path)
        return found

    def code(self, *languages):
        """The texts of its code blocks in one of `languages`."""
        return tree.code(self.blocks, *languages)

    def inline_code(self):
        """The texts of its inline code."""
        return tree.inline(self.blocks)

    def cells(self):
        """The cells that it embeds: a list of (notebook relative to the repository, label)."""
        return [(notebook, label) for notebook, label, _ in pages.embedded(self.text, self.page)]


def of(page):
    """The sections of a page, in its order; the first is what stands above the first heading."""
    return parted((ROOT / page).read_text(), page)


@functools.cache
def parted(text, page):
    """The sections of a page with this text."""
    found, blocks = [Section(str(page), None, "", [])], list(tree.blocks(tree.of(text, str(page))))
    headings = [block for block in blocks if isinstance(block, panflute.Header)]
    written = iter(tree.written(headings, TITLE, str(page)).split("\n\n"))  # at once, since pandoc takes long to start
    for block in blocks:
        if isinstance(block, panflute.Header):
            found.append(Section(f"{page}#{block.identifier}", block, next(written).lstrip("#").strip(), []))
        else:
            found[-1].blocks.append(block)
    return found


def titled(page, title):
    """The section of a page with this title."""
    (section,) = [section for section in of(page) if section.title == title]
    return section


def anchor_of(heading):
    """The anchor that pandoc gives to a heading, the first of its name on the page."""
    return tree.of(f"# {heading}", heading).content[0].identifier


@functools.cache  # the pages do not change while a command runs
def everywhere():
    """The sections of all pages that somebody writes: not of the evidence, its table and the index of errors."""
    return [section for page in pages.written() if page.stem not in DERIVED for section in of(page)]


def showing(notebook, label):
    """The places that show this cell, as PAGE#anchor."""
    return [section.place for section in everywhere() if (notebook, label) in section.cells()]


def leading_to(*places):
    """The places, none of `places` itself, with a link to one of `places` (each PAGE#anchor)."""
    return [s.place for s in everywhere() if set(s.links()) & set(places) and s.place not in places]


def and_see(*places):
    """The places that lead to one of `places`, in brackets for the end of a line; "" if there are none."""
    leading = leading_to(*places)
    return f" (and see {', '.join(leading)})" if leading else ""
