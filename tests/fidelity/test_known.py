"""What known.toml explains is still there, and on the site; and the comparison knows a right answer."""

import pytest

from scripts.content import pages, sections
from tests.fidelity import known
from tests.fidelity.compare import disagreements
from tests.fidelity.observe import Room
from tests.fidelity.search import units
from tests.fidelity.strategies import CLIENTS, Answer, Case, Piece


@pytest.fixture(scope="module", params=[False, True], ids=["in this process", "over a socket"])
def room(request):
    with Room(request.param) as opened:
        yield opened


@pytest.mark.parametrize("unit", known.smallest(), ids=" ".join)
def test_what_is_known_is_still_there(unit, room):
    case, place = known.smallest()[unit], known.entry_of(unit)["place"]
    assert unit in units(case, room.observe(case)), f"this now works: remove it from known.toml and {place}"


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_ordinary_answer_has_no_disagreement(client, stream, asynchronous, room):
    pieces = Piece(thinking="Hm"), Piece(thinking=", well"), Piece(text="Paris"), Piece(text=" it is.")
    case = Case(client, stream, asynchronous, answer=Answer(pieces, cached=False))
    assert list(disagreements(case, room.observe(case))) == []


def test_a_case_survives_as_text():
    for case in known.smallest().values():
        assert known.case_of(known.to_text(case)) == case


def test_each_entry_leads_to_a_section():
    for entry in known.entries():
        page, _, anchor = entry["place"].partition("#")
        assert anchor in {section.anchor for section in sections.of(page)}, entry["place"]
        assert pages.text(page)


def test_each_patch_that_an_entry_names_is_there():
    named = {entry["patch"] for entry in known.entries() if "patch" in entry}
    there = {path.stem for path in known.FILE.parents[2].glob("upstream/chatlas/*.patch")}
    assert named == there - {"06-responses-not-found"}  # a wish: nothing is lost without it
