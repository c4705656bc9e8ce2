"""The icon font has what the site shows, and nothing else."""

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from scripts.site import icons

ICONS = {"arrow-up": 0xF1, "file-richtext": 0xF2, "clipboard": 0xF3, "airplane": 0xF4}
RULES = [f'.bi-{name}::before {{ content: "\\{code:x}"; }}\n' for name, code in ICONS.items()]


@pytest.fixture
def site(tmp_path):
    """A site with four icons: a page shows the first, a script makes the second and third."""
    font = tmp_path / icons.FONT
    font.parent.mkdir(parents=True)
    builder = FontBuilder(unitsPerEm=1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", *ICONS])
    builder.setupCharacterMap({code: name for name, code in ICONS.items()})
    builder.setupGlyf({name: TTGlyphPen(None).glyph() for name in [".notdef", *ICONS]})
    builder.setupHorizontalMetrics({name: (1000, 0) for name in [".notdef", *ICONS]})
    builder.setupHorizontalHeader()
    builder.setupPost()
    builder.font.flavor = "woff"
    builder.save(font)
    (tmp_path / icons.STYLE).write_text("@font-face { }\n" + "".join(RULES))
    (tmp_path / "index.html").write_text('<i class="bi bi-arrow-up"></i>')
    script = tmp_path / "site_libs/quarto-search/search.js"
    script.parent.mkdir()
    script.write_text("const icon = 'file-richtext', link = \"bi-clipboard\";")
    return tmp_path


def test_the_icons_that_pages_and_scripts_show_stay_and_no_other(site):
    for _ in range(2):  # a page that is rendered again finds the reduced ones
        icons.reduce(site)
        assert (site / icons.STYLE).read_text() == "@font-face { }\n" + "".join(RULES[:3])
        assert set(TTFont(site / icons.FONT).getBestCmap()) == {0xF1, 0xF2, 0xF3}


def test_the_preview_has_no_icons(tmp_path):
    icons.reduce(tmp_path)
    assert list(tmp_path.iterdir()) == []
