"""Makes addresses that are gone lead to where their text is now.

docs/moved.txt has a line for each: the old address and the new one.
"""

import html
import json
import os
import shutil
from pathlib import Path

from scripts.common.paths import ROOT
from scripts.common.problem import Problem
from scripts.content import pages

MOVED = ROOT / "docs" / "moved.txt"
LEAD = """<script>
(function () {{
  var moved = {moved};
  function go() {{
    var asked = decodeURIComponent(location.hash.slice(1));
    var to = moved.hasOwnProperty(asked) ? moved[asked] : moved.hasOwnProperty("") ? moved[""] : "";
    if (to) location.replace(to + (to.indexOf("#") < 0 && !moved.hasOwnProperty(asked) ? location.hash : ""));
  }}
  go();
  addEventListener("hashchange", go);
}})();
</script>"""
STUB = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Moved</title>
{lead}
<noscript><meta http-equiv="refresh" content="0; url={target}"></noscript>
</head>
<body><p>This page has moved: <a href="{target}">{target}</a></p></body>
</html>
"""


def load():
    """docs/moved.txt: old addresses with the ones to which they lead now.

    Raises:
        Problem: a line is not two addresses.
    """
    table = {}
    for line in filter(None, MOVED.read_text().splitlines()):
        if not line.startswith("#"):
            old, _, new = line.partition(" ")
            if not new or " " in new:
                raise Problem(
                    "docs/moved.txt has a line that is no move.", repr(line), "write OLD NEW, one space between them."
                )
            table[old] = new
    return table


def now(address, table):
    """Where `address` leads by the `table` of load(): a page takes its anchors along, and moves may follow each other.

    Raises:
        Problem: the moves lead in a circle.
    """
    for _ in range(len(table) + 1):
        page, _, anchor = address.partition("#")
        if address in table:
            address = table[address]
        elif page in table:
            target = table[page]
            address = target if "#" in target or not anchor else f"{target}#{anchor}"
        else:
            return address
    raise Problem("docs/moved.txt leads in a circle.", f"{address} comes back to itself.", "mend its lines.")


def write(site):
    """Make the old addresses of docs/moved.txt lead on, in the finished site in the folder `site`."""
    table = load()
    own = {source.with_suffix(".html").as_posix() for source in pages.sources()}
    for old in dict.fromkeys(address.partition("#")[0] for address in table):
        anchors = [address.partition("#")[2] for address in table if address.partition("#")[0] == old]
        targets = {anchor: relative(now(f"{old}#{anchor}".rstrip("#"), table), old) for anchor in anchors}
        lead = LEAD.format(moved=json.dumps(targets).replace("</", "<\\/"))
        path = site / old
        if (old in own) == ("" in targets):
            raise Problem(
                f"docs/moved.txt is wrong about {old}.",
                "The site has that page, and a line sends it away."
                if old in own
                else "The site has no such page, and only some of its anchors have a line.",
                "take the line out, or add one for the page itself.",
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        if old in own:
            text = path.read_text() if path.exists() else ""
            if text and lead not in text:
                path.write_text(text.replace("</head>", f"{lead}\n</head>", 1))
        elif path.suffix == ".html":
            path.write_text(STUB.format(lead=lead, target=html.escape(targets[""])))
        elif path.suffix == ".md":
            path.write_text(f"This page has moved: [{targets['']}]({targets['']})\n")
        else:
            shutil.copyfile(site / now(old, table), path)


def relative(address, page):
    """A link from `page` to `address`."""
    target, mark, anchor = address.partition("#")
    return ("" if target == page else os.path.relpath(target, Path(page).parent)) + mark + anchor
