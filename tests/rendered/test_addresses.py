"""Every address that a reader may have kept leads somewhere, whichever renderer made the site."""

from pathlib import Path

import pytest

from scripts.content import pages
from scripts.site import addresses, moved
from scripts.site.build_site import SITE
from tests.rendered.conftest import LANDED, PAGES, ids, served

LISTED = {}
for listed in addresses.listed():
    LISTED.setdefault(listed.partition("#")[0], []).append(listed)
BODY = "<p style='height: 2000px'></p><section id='{0}'><h2>{0}</h2></section><p style='height: 2000px'></p>"


@pytest.fixture(scope="module")
def had():
    """The addresses of the rendered site."""
    return set(addresses.of(SITE))


@pytest.mark.parametrize("page", LISTED)
def test_what_was_there_once_is_still_there_or_leads_on(had, page):
    """That an anchor which is there is also seen is what test_anchors looks at."""
    lost, table = [], moved.load()
    for old in LISTED[page]:
        new, _, anchor = moved.now(old, table).partition("#")
        if new not in had or (anchor and f"{new}#{anchor}" not in had and anchor not in ids(new)):
            lost.append(old)
    assert lost == [], "".join(
        f"\n{old} leads nowhere: add to docs/moved.txt a line `{old} PAGE.html#ANCHOR` with where its text is now, "
        "or what comes nearest to it"
        for old in lost
    )


@pytest.mark.parametrize("old", moved.load())
def test_what_has_moved_lands_where_it_is_now(reused, root, old):
    new = moved.now(old, moved.load())
    page, _, anchor = old.partition("#")
    if not page.endswith(".html"):
        text = (SITE / page).read_text()
        assert Path(new).name in text or text == (SITE / new).read_text()
        return
    assert page not in PAGES or anchor not in ids(page), f"{page} has #{anchor} again"
    reused.goto("about:blank")  # else two anchors of one page are a step within it, and not what a bookmark opens
    reused.goto(f"{root}/{old}")
    reused.wait_for_url(f"{root}/{new}")
    if "#" in new:  # Bootstrap's theme scrolls down a long page slowly
        reused.wait_for_function(f"anchor => ({LANDED})(anchor) === ''", arg=new.partition("#")[2], timeout=10_000)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The address of a small site from which much has moved."""
    folder = tmp_path_factory.mktemp("moved")
    (folder / "docs").mkdir()
    for page, anchor in (("index", "top"), ("docs/a", "here"), ("docs/b", "new")):
        (folder / f"{page}.html").write_text(f"<html><head></head><body>{BODY.format(anchor)}</body></html>")
    (folder / "docs" / "b.md").write_text("# b")
    (folder / "b.ipynb").write_text("{}")
    table = {
        "docs/a.html#renamed": "docs/a.html#here",
        "docs/a.html#went": "docs/b.html#new",
        "docs/a.html#went-twice": "docs/old.html#x",
        "docs/old.html#x": "docs/b.html#new",
        "docs/old.html": "docs/b.html",
        "deep/er/old.html": "docs/old.html",
        "docs/old.md": "docs/b.md",
        "old.ipynb": "b.ipynb",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moved, "load", lambda: table)
        patch.setattr(pages, "sources", lambda: [Path("index.qmd"), Path("docs/a.qmd"), Path("docs/b.qmd")])
        moved.write(folder)
    with served(folder) as address:
        yield address


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("docs/a.html#renamed", "docs/a.html#here"),
        ("docs/a.html#went", "docs/b.html#new"),
        ("docs/a.html#went-twice", "docs/b.html#new"),
        ("docs/a.html#here", "docs/a.html#here"),
        ("docs/old.html#x", "docs/b.html#new"),
        ("docs/old.html#new", "docs/b.html#new"),
        ("docs/old.html", "docs/b.html"),
        ("deep/er/old.html#new", "docs/b.html#new"),
    ],
)
def test_a_browser_is_led_on(tab, small, old, new):
    tab.goto(f"{small}/{old}")
    tab.wait_for_url(f"{small}/{new}")
    if "#" in new:
        tab.wait_for_function(f"anchor => ({LANDED})(anchor) === ''", arg=new.partition("#")[2], timeout=5000)


def test_a_link_that_is_followed_within_the_page_is_led_on_too(tab, small):
    tab.goto(f"{small}/docs/a.html")
    tab.evaluate("location.hash = 'went'")
    tab.wait_for_url(f"{small}/docs/b.html#new")


def test_old_addresses_of_other_files_still_answer(tab, small):
    assert tab.request.get(f"{small}/docs/old.md").text() == "This page has moved: [b.md](b.md)\n"
    assert tab.request.get(f"{small}/old.ipynb").text() == "{}"


def test_all_addresses_are_listed(had, figure):
    known = set(addresses.listed())
    made = "Quarto's output" if 'content="quarto-' in (SITE / "index.html").read_text() else "the preview"
    figure(f"addresses: {len(known)} looked up in {made}")
    assert sorted(had - known) == [], "run `make addresses`: from then on these are kept"
