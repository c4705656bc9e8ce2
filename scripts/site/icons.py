"""Reduces Quarto's icon font to the icons that the site shows.

Quarto gives each page Bootstrap's 2,000 icons, 180 KB that do not compress, where the site shows a dozen.
"""

import logging
import re

from fontTools import subset
from fontTools.ttLib import TTFont

logging.getLogger("fontTools").setLevel(logging.ERROR)  # it warns of two bytes too many in this font
STYLE = "site_libs/bootstrap/bootstrap-icons.css"
FONT = "site_libs/bootstrap/bootstrap-icons.woff"
RULE = re.compile(r'\.bi-(?P<name>[a-z0-9-]+)::before \{ content: "\\(?P<code>[0-9a-f]+)"; \}\n')


def reduce(site):
    """Leave the icons that a page or a script of the folder `site` names in the font and in its style sheet."""
    style, font = site / STYLE, site / FONT
    if not font.exists():  # the offline preview has none
        return
    text, named = style.read_text(), names(site)
    kept = [rule for rule in RULE.finditer(text) if rule["name"] in named]
    codes = [int(rule["code"], 16) for rule in kept]
    style.write_text(RULE.sub(lambda rule: rule[0] if rule["name"] in named else "", text))
    glyphs = TTFont(font, recalcTimestamp=False)
    reducer = subset.Subsetter()
    reducer.populate(unicodes=codes)
    reducer.subset(glyphs)
    glyphs.save(font)


def names(site):
    """The names that may be an icon's: classes of the pages, and each text in quotes in a script that may make one."""
    found = set()
    for page in site.rglob("*.html"):
        found |= set(re.findall(r"\bbi-([a-z0-9-]+)", page.read_text()))
    for script in site.rglob("site_libs/quarto-*/*.js"):
        found |= set(re.findall(r"""["' ](?:bi-)?([a-z][a-z0-9-]+)["' ]""", script.read_text()))
    return found
