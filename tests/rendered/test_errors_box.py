"""The box on the index of errors, in a browser: what is pasted finds its page, and stays there."""

import json

import pytest

from scripts.common.paths import ROOT
from scripts.content import errors
from tests.doctor.packed import explain
from tests.static.test_errors import traceback_of

PROVOKED = [entry for entry in errors.load() if entry.error.match]
FOREIGN = json.loads((ROOT / "tests/doctor/foreign.json").read_text())
INDEX = "docs/troubleshooting.html"


@pytest.fixture(scope="module")
def box(chromium, root):
    """A function that pastes a text into the box, and gives the addresses of the pages that it then names."""
    context = chromium.new_context()
    tab = context.new_page()
    asked = []
    tab.goto(f"{root}/{INDEX}")
    tab.wait_for_load_state("networkidle")
    tab.on("request", lambda request: asked.append(request.url))

    def paste(text):
        tab.locator("#pasted").fill(text)
        return tab.locator("#answers a").evaluate_all("links => links.map(link => link.href)")

    yield paste, tab, asked
    context.close()


@pytest.mark.parametrize("entry", PROVOKED, ids=lambda entry: entry.name)
def test_a_pasted_traceback_shows_its_page_first(box, root, entry):
    paste, tab, _ = box
    text = traceback_of(errors.printed(entry))
    found = paste(text)
    known = explain.explain(text, errors.data())
    equal = [match.address for match in known if match.why == known[0].why]  # told apart on their pages
    assert found[: len(equal)] == [f"{root}/{address}" for address in equal]
    assert f"{root}/{entry.address}" in found[: len(equal)]
    assert known[0].why in tab.locator("#answers").text_content()


@pytest.mark.parametrize("text", FOREIGN, ids=range(len(FOREIGN)))
def test_what_is_no_business_of_the_site_is_not_known(box, root, text):
    paste, tab, _ = box
    assert paste(text) == [f"{root}/{INDEX}#let-a-program-look"]
    assert "I don't know this one." in tab.locator("#answers").text_content()


def test_what_is_pasted_is_neither_shown_nor_sent(box):
    paste, tab, asked = box
    paste("<img src=x onerror=\"document.title='run'\"> sk-of-the-reader Request timed out.")
    assert "sk-of-the-reader" not in tab.locator("main").evaluate("main => main.innerHTML")
    assert tab.title() != "run"
    paste("")
    assert tab.locator("#answers").text_content() == ""
    assert asked == []


def test_the_index_has_its_contents_on_a_phone(box):
    _, tab, _ = box
    tab.set_viewport_size({"width": 390, "height": 844})
    assert tab.locator(".contents a").count() >= 6
    assert tab.locator(".contents a").first.is_visible()
    tab.set_viewport_size({"width": 1280, "height": 800})
