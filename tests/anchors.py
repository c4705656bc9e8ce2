"""The anchors of a page, as pandoc makes them."""

import re

from scripts.cache import ROOT


def heading_anchors(page):
    """The anchors that pandoc gives to a page's headings (its auto_identifiers)."""
    found = set()
    for line in (ROOT / page).read_text().splitlines():
        if heading := re.match(r"#+ (.*)", line):
            explicit = re.search(r"\{#([\w.-]+)\}$", heading[1])
            text = re.sub(r"[^\w\s.-]", "", heading[1].lower())
            found.add(explicit[1] if explicit else re.sub(r"\s+", "-", text.strip()))
    return found
