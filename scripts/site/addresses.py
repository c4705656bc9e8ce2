"""The addresses of the site that readers may have kept.

docs/addresses.txt lists every address that the published site has had and is only ever added to.
Where those that are gone lead now is the matter of scripts/site/moved.py.

    python -m scripts.site.addresses    add to the list what the rendered site has and the list has not
"""

import base64
import datetime
import hashlib
import html.parser
import os
import re
import textwrap
from urllib.parse import quote, unquote, urldefrag

from scripts.common.paths import ROOT
from scripts.common.problem import Problem, run_main

LISTED = ROOT / "docs" / "addresses.txt"
SITE = ROOT / "_site"
CATEGORY = "category="  # begins a fragment that is no id: a listing's script shows the pages of that category
KINDS = {".html", ".md", ".ipynb", ".py"}
OTHERS = {"llms.txt", "docs/images/social-card.png"}
NUMBERED = re.compile(r"(cb|tabset-)\d")  # what a renderer counts: lines of code, tabs


class Anchors(html.parser.HTMLParser):
    """Reads the anchors of a page (of sections, headings and categories of a listing), all its ids, and its links."""

    def __init__(self, text):
        super().__init__()
        self.named, self.ids, self.links, self.within, self.quarto = [], set(), [], False, False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.within |= tag == "main"
        if "id" in found:
            self.ids.add(found["id"])
            if self.within and (tag == "section" or re.fullmatch("h[1-6]", tag)):
                self.named.append(found["id"])
        if tag == "meta" and found.get("name") == "generator":
            self.quarto = found["content"].startswith("quarto-")
        if found.get("class") == "category" and found.get("data-category"):
            category = found["data-category"]  # Quarto wraps it up
            category = unquote(base64.b64decode(category).decode()) if self.quarto else category
            self.named.append(f"{CATEGORY}{quote(category)}")
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])

    def handle_endtag(self, tag):
        self.within &= tag != "main"


def of(site):
    """The addresses of the rendered site in the folder `site`: pages, each followed by its anchors, and other files."""
    files = [path.relative_to(site) for path in sorted(site.rglob("*")) if path.is_file()]
    kept = [path.as_posix() for path in files if path.suffix in KINDS or path.as_posix() in OTHERS]
    kept = [path for path in kept if not path.startswith("site_libs/")]
    read = {path: Anchors((site / path).read_text()) for path in kept if path.endswith(".html")}
    linked = {path: [] for path in read}
    for path, page in read.items():
        for link in page.links:
            target, anchor = urldefrag(link)
            target = os.path.normpath(os.path.join(os.path.dirname(path), unquote(target))) if target else path
            target = target if target in read else f"{target}/index.html"
            anchor = unquote(anchor)
            if target in read and anchor in read[target].ids:
                linked[target].append(anchor)
    found = []
    for path in kept:
        anchors = dict.fromkeys([*read[path].named, *sorted(linked[path])] if path in read else [])
        found += [path, *(f"{path}#{anchor}" for anchor in anchors if not NUMBERED.match(anchor))]
    return found


def listed():
    """The addresses in docs/addresses.txt.

    Raises:
        Problem: a line was taken out or changed there since it was written.
    """
    found, page, above = [], "", ""
    for line in LISTED.read_text().splitlines(keepends=True):
        if line.startswith("sealed "):
            check_seal(line, above)
        elif line.startswith(" "):
            found += [f"{page}#{anchor}" for anchor in line.split()]
        elif not line.startswith("#"):
            page = line.strip()
            found.append(page)
        above += line
    check_seal(line, above.removesuffix(line))
    return list(dict.fromkeys(found))


def check_seal(line, above):
    """Raise Problem if `line` does not seal the text `above` it."""
    if line != seal(above):
        raise Problem(
            "docs/addresses.txt was changed above one of its seals, or after its last one.",
            f"{line.strip()!r} does not fit what stands above it. The list is only ever added to, by `make addresses`.",
            "restore it (git checkout docs/addresses.txt). An address that is gone gets a line in docs/moved.txt.",
        )


def seal(text):
    """The line that ends what was added at once: it depends on all text above it."""
    return f"sealed {hashlib.sha256(text.encode()).hexdigest()[:16]}\n"


def add(site, today):
    """Add to docs/addresses.txt what the rendered site has and the list has not; returns what was added."""
    known = set(listed())
    new = [address for address in of(site) if address not in known]
    if new:
        text = f"{LISTED.read_text()}# {today}\n{as_lines(new)}"
        LISTED.write_text(text + seal(text))
    return new


def as_lines(addresses):
    """Addresses as docs/addresses.txt has them: a page alone on its line, its anchors indented below."""
    by_page = {}
    for address in addresses:
        page, _, anchor = address.partition("#")
        by_page.setdefault(page, []).append(anchor)
    lines = []
    for page, anchors in by_page.items():
        lines.append(page)
        lines += textwrap.wrap(
            " ".join(filter(None, anchors)),
            width=110,
            initial_indent="  ",
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines) + "\n"


def main():
    if not (SITE / "index.html").exists():
        raise Problem("There are no addresses to add.", "the site has not been rendered yet.", "run `make site` first.")
    for address in add(SITE, datetime.date.today()):
        print(address)


if __name__ == "__main__":
    run_main(main)
