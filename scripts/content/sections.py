"""The sections of the pages: which one shows a cell, and which one leads to another."""

import functools
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from scripts.common.paths import ROOT
from scripts.content import pages

FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
HEADING = re.compile(r"(#+) (.*)")
FENCE = re.compile(r"(`{3,}|~{3,})")
LINK = re.compile(r"\]\(([^()\s]+)")


@dataclass(frozen=True)
class Section:
    """A heading of a page and what stands below it, up to the next heading of any level.

    Attributes:
        place: PAGE#anchor, with the anchor that pandoc makes (its auto_identifiers); PAGE alone for
            what stands above the first heading.
        level: the number of its #; 0 above the first heading.
        title: the heading as it is written; "" above the first one.
        source: the text as it is written, without the heading and without fenced blocks.
    """

    place: str
    level: int
    title: str
    source: str

    @property
    def page(self):
        """The page, relative to the repository."""
        return self.place.partition("#")[0]

    @property
    def anchor(self):
        """The anchor alone, "" above the first heading."""
        return self.place.partition("#")[2]

    def links(self):
        """The targets of the links to files of this repository, as PAGE#anchor or PAGE."""
        found = []
        for target in LINK.findall(self.source):
            path, _, anchor = target.partition("#")
            if re.match(r"[a-z]+:", target):
                continue  # another site
            start = Path() if path.startswith("/") else Path(self.page).parent  # "/" is the site's root
            path = os.path.normpath(start / path.lstrip("/")) if path else self.page
            found.append(f"{path}#{anchor}" if anchor else path)
        return found

    def cells(self):
        """The cells that it embeds: a list of (notebook relative to the repository, label)."""
        return [(notebook, label) for notebook, label, _ in pages.embedded(self.source, self.page)]


def of(page):
    """The sections of a page, in its order; the first is what stands above the first heading."""
    found, taken, fence = [(str(page), 0, "", [])], Counter(), ""
    for line in FRONT_MATTER.sub("", (ROOT / page).read_text()).splitlines():
        mark = FENCE.match(line)
        if fence:
            fence = "" if mark and line.startswith(fence) and not line.strip("`~ ") else fence
        elif mark:
            fence = mark[1]
        elif heading := HEADING.match(line):
            anchor = anchor_of(heading[2])
            place = f"{page}#{anchor}-{taken[anchor]}" if taken[anchor] else f"{page}#{anchor}"
            taken[anchor] += 1
            found.append((place, len(heading[1]), heading[2], []))
        else:
            found[-1][3].append(line)
    return [Section(place, level, title, "\n".join(lines)) for place, level, title, lines in found]


def anchor_of(heading):
    """The anchor that pandoc gives to a heading, the first of its name on the page."""
    heading, _, attributes = heading.partition("{") if heading.endswith("}") else (heading, "", "")
    if explicit := re.search(r"#([\w.-]+)", attributes):
        return explicit[1]
    text = re.sub(r"[^\w\s.-]", "", heading.lower())
    return re.sub(r"^[^a-z]+", "", re.sub(r"\s+", "-", text.strip()))


@functools.cache  # the pages do not change while a command runs
def everywhere():
    """The sections of all pages that somebody writes: not of the evidence and of the table, which links all of it."""
    written = [page for page in pages.sources() if page.parent.name != "evidence" and page.stem != "compatibility"]
    return [section for page in written for section in of(page)]


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
