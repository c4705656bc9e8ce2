"""The list of addresses only grows, and what has moved is followed to its end."""

import re

import pytest

from scripts.common.problem import Problem
from scripts.site import addresses, moved

FIRST = "sealed 362563d44956737d"  # ends what was frozen first; made anew, the list would have another
PAGE = """<html><head></head><body><nav><h2 id="toc-title">On this page</h2></nav><main><h1>x</h1>
<section id="seed"><h2>Seed</h2><div id="matrix"><a id="cb1-1" href="#cb1-1"></a></div></section>
<h3 id="own">Own</h3><a href="b.html#chosen">b</a> <a href="#cb1-1">1</a> <a href="https://x.example/#y">y</a>
</main></body></html>"""
OTHER = '<main><p id="chosen">c</p><a href="./">a</a><div class="category" data-category="two words">t</div></main>'


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A rendered site of two pages, and a list that is still empty."""
    files = {"index.html": PAGE, "b.html": OTHER, "b.md": "b", "llms.txt": "l", "search.json": "{}"}
    files |= {"site_libs/x/readme.md": "", "x.css": ""}
    for name, text in files.items():
        path = tmp_path / "_site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(addresses, "LISTED", tmp_path / "addresses.txt")
    addresses.LISTED.write_text("# head\n" + addresses.seal("# head\n"))
    return tmp_path / "_site"


def test_addresses_are_pages_with_the_anchors_that_a_reader_meets_and_downloads(site):
    assert addresses.of(site) == [
        "b.html",
        "b.html#category=two%20words",
        "b.html#chosen",
        "b.md",
        "index.html",
        "index.html#seed",
        "index.html#own",
        "llms.txt",
    ]


def test_what_is_new_is_added_below_and_the_rest_stays_as_it_was(site):
    first = addresses.add(site, "2030-01-01")
    before = addresses.LISTED.read_text()
    assert addresses.add(site, "2030-01-02") == []
    (site / "b.html").write_text(OTHER + '<main><h2 id="new">n</h2></main>')
    assert addresses.add(site, "2030-01-02") == ["b.html#new"]
    assert addresses.LISTED.read_text().startswith(before)
    assert addresses.listed() == [*first, "b.html#new"]


@pytest.mark.parametrize("gone", ["index.html\n", "seed ", "b.md\n", r"sealed .*\n\Z"])
def test_an_address_that_is_taken_out_is_missed(site, gone):
    addresses.add(site, "2030-01-01")
    addresses.LISTED.write_text(re.sub(gone, "", addresses.LISTED.read_text(), count=1))
    with pytest.raises(Problem, match="changed above one of its seals"):
        addresses.listed()


def test_the_list_is_whole_and_the_one_that_was_begun():
    assert addresses.listed()
    assert FIRST in addresses.LISTED.read_text().splitlines()


def test_every_move_is_one_of_an_address_that_was_there():
    assert set(moved.load()) - set(addresses.listed()) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a.html", "c.html"),
        ("a.html#x", "c.html#x"),
        ("a.html#y", "d.html#z"),
        ("b.html#y", "c.html#y"),
        ("e.html#y", "c.html#whole"),
        ("c.html", "c.html"),
    ],
)
def test_moves_are_followed_to_their_end(old, new):
    table = {"a.html": "b.html", "b.html": "c.html", "a.html#y": "d.html#z", "e.html": "c.html#whole"}
    assert moved.now(old, table) == new


def test_moves_in_a_circle_are_a_problem():
    with pytest.raises(Problem, match="in a circle"):
        moved.now("a.html#x", {"a.html": "b.html", "b.html": "a.html"})


@pytest.mark.parametrize("line", ["a.html", "a.html b.html c.html"])
def test_a_line_that_is_no_move_is_named(tmp_path, monkeypatch, line):
    monkeypatch.setattr(moved, "MOVED", tmp_path / "moved.txt")
    moved.MOVED.write_text(f"# head\n{line}\n")
    with pytest.raises(Problem, match=f"no move.\n.*{line}"):
        moved.load()
