"""Links inside the site lead somewhere, pages are whole, and none holds a key."""

import os
import re
from pathlib import Path

import pytest
import yaml

from scripts.common.paths import ROOT
from scripts.content import guides, pages, sections

LINK = re.compile(r"\]\((?P<target>[^()\s]*)(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^(```|~~~~?).*?^\1[`~]*$", re.MULTILINE | re.DOTALL)
KEY = re.compile(r"\b(?:sk-(?!your-key\b)[\w-]{12,}|hf_\w{12,})")


@pytest.fixture(params=[*pages.sources(), Path("README.md")], ids=str)
def page(request):
    return request.param


def prose(page):
    """The source of a page without its fenced blocks."""
    return FENCE.sub("", (ROOT / page).read_text())


def broken(page):
    """The links of a page to a file or heading of this repository that there is not."""
    found = []
    for link in LINK.finditer(prose(page)):
        path, _, anchor = link["target"].partition("#")
        if re.match(r"[a-z]+:", path):
            continue  # another site
        start = Path() if path.startswith("/") else Path(page).parent  # "/" is the site's root
        target = Path(os.path.normpath(start / path.lstrip("/"))) if path else page
        if not (ROOT / target).exists() or (
            anchor and anchor not in {section.anchor for section in sections.of(target)}
        ):
            found.append(link["target"])
    return found


def test_links_lead_to_files_and_headings_that_there_are(page):
    assert broken(page) == []


def test_addresses_outside_are_whole(page):
    for target in re.findall(r"\]\(([a-z]+:[^()\s]*)\)", prose(page)):
        assert re.fullmatch(r"https://[\w.-]+\.[a-z]{2,}(/\S*)?", target), target


def test_every_page_has_a_title_and_a_description(page):
    if page.suffix == ".qmd":
        header = yaml.safe_load(re.match(r"---\n(.*?\n)---\n", (ROOT / page).read_text(), re.DOTALL)[1])
        assert header["title"]
        assert header["description-meta"]


def test_fences_and_boxes_are_closed(page):
    source = (ROOT / page).read_text()
    assert not re.search(r"^(```|~~~)", prose(page), re.MULTILINE), "a fence is open"
    opened = re.findall(r"^:::+ *(?:\{.*\}|[\w.-]+) *$", source, re.MULTILINE)
    assert len(opened) == len(re.findall(r"^:::+ *$", source, re.MULTILINE)), "a ::: box is open"


def test_shortcodes_are_known(page):
    if page.suffix == ".qmd":
        source = (ROOT / page).read_text()
        known = re.findall(r"\{\{< (?:var|embed|include|pagebreak|video|meta) [^{}]* ?>\}\}", source)
        assert source.count("{{<") == source.count(">}}") == len(known)


def test_no_page_holds_a_key(page):
    assert KEY.findall((ROOT / page).read_text()) == []


def test_no_file_that_servers_are_given_or_results_hold_a_key():
    for folder in ("servers", "results", "notebooks"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".ipynb", ".json", ".yaml", ".Modelfile", ".jinja"):
                assert KEY.findall(path.read_text()) == [], path.relative_to(ROOT)


def test_every_guide_is_rendered():
    shown = {guide.page for guide in guides.load().values() if not guide.is_not_run_yet}
    assert shown <= {str(page) for page in pages.sources()}


def named_pages(node):
    """Every page that a part of _quarto.yml leads to."""
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list):
        return [page for item in node for page in named_pages(item)]
    return [node] if isinstance(node, str) and node.endswith(".qmd") and "*" not in node else []


def test_what_the_navigation_leads_to_is_rendered():
    config = yaml.safe_load((ROOT / "_quarto.yml").read_text())
    named = named_pages(config["website"])
    assert named
    assert set(named) <= {str(page) for page in pages.sources()}
