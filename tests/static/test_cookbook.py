"""What every recipe keeps to, so that the index can be made of the pages' headers."""

import re

import pytest
import yaml

from scripts.common.paths import ROOT
from scripts.content import guides, notebooks

LINES = 75  # of code, blank lines apart: a screen and a half
RECIPES = [guide for guide in guides.load().values() if guide.name.startswith("recipes/")]
LAST_HEADING = "What changes on other servers"
EVIDENCE = re.compile(r"\]\(\.\./evidence/(?P<page>[\w-]+)\.qmd#(?P<anchor>[\w-]+)\)")


@pytest.fixture(params=RECIPES, ids=lambda guide: guide.name)
def recipe(request):
    return request.param


def source(recipe):
    return (ROOT / recipe.page).read_text()


def header(page):
    return yaml.safe_load(re.match(r"---\n(.*?\n)---\n", (ROOT / page).read_text(), re.DOTALL)[1])


def test_the_index_lists_every_recipe_by_its_header():
    listing = header("docs/cookbook/index.qmd")["listing"]
    assert listing["contents"] == "*.qmd"
    assert listing["fields"] == ["title", "description", "categories"]
    pages = {f"docs/cookbook/{path.name}" for path in (ROOT / "docs/cookbook").glob("*.qmd")}
    assert pages == {"docs/cookbook/index.qmd", *(recipe.page for recipe in RECIPES)}


def test_a_recipes_page_has_its_name_and_what_the_index_shows(recipe):
    assert recipe.page == f"docs/cookbook/{recipe.name.removeprefix('recipes/')}.qmd"
    shown = header(recipe.page)
    assert {"title", "description", "categories"} <= set(shown)
    assert len(shown["description"]) <= 175, "the index shows it as one line"


def test_a_recipe_fits_a_screen_and_a_half(recipe):
    cells = notebooks.visible_cells(notebooks.read(recipe.notebook))
    assert sum(bool(line.strip()) for cell in cells for line in cell.source.splitlines()) <= LINES


def test_a_recipe_ends_with_what_changes_elsewhere_and_where_that_was_found(recipe):
    heading, last = re.split(r"^## ", source(recipe), flags=re.MULTILINE)[-1].split("\n", 1)
    assert heading == LAST_HEADING
    assert "](../compatibility.qmd)" in last
    assert EVIDENCE.search(last)


def test_the_evidence_a_recipe_links_to_exists(recipe):
    for link in EVIDENCE.finditer(source(recipe)):
        evidence = (ROOT / f"docs/evidence/{link['page']}.qmd").read_text()
        assert f"{{#{link['anchor']}}}" in evidence, link[0]


def test_a_recipe_shows_the_stamp_of_its_run(recipe):
    assert f"{{{{< var {recipe.name.replace('/', '.')}.verified >}}}}" in source(recipe)
