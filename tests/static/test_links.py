"""Links inside the site lead somewhere, pages are whole, and none holds a key."""

import functools
import os
import re
from pathlib import Path

import panflute
import pytest

from scripts.common.paths import ROOT
from scripts.content import backends, guides, pages, sections, tree

KEY = re.compile(r"\b(?:sk-(?!your-key\b)[\w-]{12,}|hf_\w{12,})")


@pytest.fixture(params=[*pages.written(), Path("README.md")], ids=str)
def page(request):
    return request.param


def broken(page):
    """The links of a page to a file or heading of this repository that there is not."""
    found = []
    for link in (link for section in sections.of(page) for link in section.links()):
        path, _, anchor = link.partition("#")
        if not (ROOT / path).exists() or (anchor and anchor not in {section.anchor for section in sections.of(path)}):
            found.append(link)
    return found


def test_links_lead_to_files_and_headings_that_there_are(page):
    assert broken(page) == []


@functools.cache
def titled():
    """The pages by their titles, without the marks of inline code; two pages may have one title."""
    marks, found = re.compile(r"^`` | ``$|`"), {}
    for page in pages.written():
        found.setdefault(marks.sub("", pages.header(page)["title"]), []).append(str(page))
    return found


def test_a_link_that_is_called_like_a_page_leads_there(page):
    there, found = titled(), []
    for link in tree.found([tree.of(pages.text(page), str(page))], panflute.Link):
        path, name = link.url.partition("#")[0], panflute.stringify(link)
        if name in there and path.endswith(".qmd"):
            target = os.path.normpath(page.parent / path)
            found += [f"{name}: {target}"] if target not in there[name] else []
    assert found == []


def test_a_link_that_is_called_like_a_server_leads_to_its_page(page):
    there = {backend.title: name for name, backend in backends.load().items()}
    links = tree.found([tree.of(pages.text(page), str(page))], panflute.Link)
    named = [(panflute.stringify(link), Path(link.url.partition("#")[0])) for link in links]
    of_servers = [(name, path) for name, path in named if path.parent.name in ("connect", "evidence")]
    assert [(name, str(path)) for name, path in of_servers if there.get(name, path.stem) != path.stem] == []


def broken_outside(page):
    """The links of a page to other sites that are no whole https address."""
    targets = [target for section in sections.of(page) for target in section.targets()]
    outside = filter(re.compile("[a-z]+:").match, targets)
    return [target for target in outside if not re.fullmatch(r"https://[\w.-]+\.[a-z]{2,}(/\S*)?", target)]


def test_addresses_outside_are_whole(page):
    assert broken_outside(page) == []


def test_no_file_that_servers_are_given_or_results_hold_a_key():
    for folder in ("servers", "results", "notebooks"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".ipynb", ".json", ".yaml", ".Modelfile", ".jinja"):
                assert KEY.findall(path.read_text()) == [], path.relative_to(ROOT)


def test_every_guide_is_rendered():
    shown = {guide.page for guide in guides.load().values() if guide.page}
    assert shown <= {str(page) for page in pages.sources()}


def test_the_readmes_fences_are_closed():
    tree.check(tree.of((ROOT / "README.md").read_text(), "README.md"), "README.md")
