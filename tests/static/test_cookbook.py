"""What every recipe keeps to, so that the index can be made of the pages' headers."""

import pytest

from scripts.common.paths import ROOT
from scripts.content import guides, notebooks, pages, sections

LINES = 78  # of code, blank lines apart: a screen and a half
RECIPES = [guide for guide in guides.load().values() if guide.name.startswith("recipes/")]
LAST_HEADING = "What changes on other servers"


@pytest.fixture(params=RECIPES, ids=lambda guide: guide.name)
def recipe(request):
    return request.param


def test_the_index_lists_every_recipe_by_its_header():
    listing = pages.header("docs/cookbook/index.qmd")["listing"]
    assert listing["contents"] == "*.qmd"
    assert listing["fields"] == ["title", "description", "categories"]
    there = {f"docs/cookbook/{path.name}" for path in (ROOT / "docs/cookbook").glob("*.qmd")}
    assert there == {"docs/cookbook/index.qmd", *(recipe.page for recipe in RECIPES)}


def test_a_recipes_page_has_its_name_and_what_the_index_shows(recipe):
    assert recipe.page == f"docs/cookbook/{recipe.name.removeprefix('recipes/')}.qmd"
    shown = pages.header(recipe.page)
    assert {"title", "description", "categories"} <= set(shown)
    assert len(shown["description"]) <= 175, "the index shows it as one line"


def test_a_recipe_fits_a_screen_and_a_half(recipe):
    cells = notebooks.visible_cells(notebooks.read(recipe.notebook))
    assert sum(bool(line.strip()) for cell in cells for line in cell.source.splitlines()) <= LINES


def test_a_recipe_ends_with_what_changes_elsewhere_and_where_that_was_found(recipe):
    last = [section for section in sections.of(recipe.page) if section.level == 2][-1]
    assert last.title == LAST_HEADING
    assert "docs/compatibility.qmd" in last.links()
    assert any(link.startswith("docs/evidence/") and "#" in link for link in last.links())


def test_a_recipe_shows_the_stamp_of_its_run(recipe):
    assert f"{{{{< var {recipe.name.replace('/', '.')}.verified >}}}}" in (ROOT / recipe.page).read_text()
