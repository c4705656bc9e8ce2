"""The evidence pages, which nobody writes, are held to what the written pages are held to (tests/static)."""

import pytest

from scripts.common.paths import ROOT
from scripts.content import pages
from tests.static.test_links import KEY, broken, broken_outside


@pytest.fixture(params=[page for page in pages.sources() if page not in pages.written()], ids=str)
def page(request):
    return request.param


def test_an_evidence_page_is_whole(page):
    pages.check(page)  # raises what is broken


def test_its_links_lead_to_what_there_is(page):
    assert broken(page) == []
    assert broken_outside(page) == []


def test_it_holds_no_key(page):
    assert KEY.findall((ROOT / page).read_text()) == []
