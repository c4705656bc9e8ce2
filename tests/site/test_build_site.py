"""The offline preview: whole, honest about itself, without raw source or made-up addresses."""

import html
import re

import pytest

from scripts.content import notebooks, pages
from scripts.site import build_site, site_settings


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The preview, rendered once for this module, away from _site."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_site, "SITE", folder / "_site")
        patch.setattr(build_site, "BUILD", folder)
        build_site.render_preview()
        build_site.check_nothing_raw()
    return folder / "_site"


def plain(page):
    """The text of an HTML page, without tags, white space folded."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page.read_text())).split())


@pytest.mark.parametrize("source", pages.sources(), ids=str)
def test_every_page_is_there_and_says_that_it_is_a_preview(site, source):
    assert "Offline preview, rendered without Quarto." in plain(site / source.with_suffix(".html"))


@pytest.mark.parametrize("source", pages.sources(), ids=str)
def test_every_embedded_cell_and_its_output_is_on_the_page(site, source):
    shown = plain(site / source.with_suffix(".html"))
    for path, label, echo in pages.embeds(source):
        cell = next(cell for cell in notebooks.code_cells(notebooks.read(path)) if cell.id == label)
        for output in pages.outputs(cell):
            assert " ".join(output.split()) in shown
        for image in pages.images(cell):
            assert f"data:image/png;base64,{image}" in (site / source.with_suffix(".html")).read_text()
        if echo:
            assert " ".join(cell.source.split()) in shown


def test_raw_source_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(build_site, "SITE", tmp_path)
    monkeypatch.setattr(build_site, "ROOT", tmp_path)
    (tmp_path / "page.html").write_text("<p>{{&lt; var chatlas.version &gt;}}</p>")
    with pytest.raises(build_site.Problem, match=r"page\.html shows raw source"):
        build_site.check_nothing_raw()


def test_an_address_that_is_not_set_leaves_nothing_behind(site):
    assert "site-url" not in site_settings.read()
    text = (site / "index.html").read_text()
    assert "Edit this page" not in text
    assert 'rel="canonical"' not in text


def test_a_preview_does_not_pass_for_the_site_where_quarto_is_required(monkeypatch):
    monkeypatch.setattr(build_site, "quarto", lambda: None)
    monkeypatch.setattr(build_site, "render_preview", lambda: pytest.fail("a preview was rendered"))
    monkeypatch.setenv("QUARTO", "required")
    with pytest.raises(build_site.Problem, match="there is no Quarto here"):
        build_site.build()
