"""_quarto.yml: every page is in the navigation, every file that it names is there, both renderers read the same."""

import re
from pathlib import Path

import pytest
import yaml

from scripts.common.paths import ROOT
from scripts.content import pages
from scripts.site import build_site

SETTINGS = yaml.safe_load((ROOT / "_quarto.yml").read_text())
WEBSITE, HTML = SETTINGS["website"], SETTINGS["format"]["html"]
LEFT_OUT = {  # of the navigation
    "404.qmd": "a web host shows it in place of a page that there is not",
    "docs/evidence/*.qmd": "the cells of the table lead there, each to its place",
    "docs/errors/*.qmd": "the index of errors and the search lead there; in the sidebar they would bury the rest",
}
COMMAND = re.compile(r"(?:make --no-print-directory (?P<target>[a-z-]+)|\.venv/bin/python -m (?P<module>[\w.]+))$")


NAMES = (  # of the settings that we use: add one when you use it
    "back-to-top-navigation code-copy collapse-level contents css dark description enabled execute favicon format "
    "highlight-style href html html-math-method include-after-body left light logo logo-alt navbar notebook-links "
    "output-dir page-footer page-navigation post-render pre-render project render resources "
    "respect-user-color-scheme search section sidebar style text theme title toc type website"
)


def keys(part):
    """Every key in a part of the settings."""
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return [*(part if isinstance(part, dict) else ()), *(key for each in inner for key in keys(each))]


def test_every_setting_has_a_name_that_is_known():
    assert set(keys(SETTINGS)) - set(NAMES.split()) == set()


def texts(part):
    """Every text in a part of the settings, but for what a reader sees."""
    if isinstance(part, str):
        return [part]
    if isinstance(part, dict):
        part = [value for name, value in part.items() if name not in ("text", "title", "description")]
    inner = part if isinstance(part, list) else ()
    return [text for each in inner for text in texts(each)]


def files(part):
    """The files that a part of the settings names, with its patterns as they are."""
    return [text for text in texts(part) if re.fullmatch(r"[\w.*-]+(?:/[\w.*-]+)+|[\w-]+\.[a-z]+", text)]


def pages_of(part):
    """The pages that a part of the navigation leads to, relative to the repository."""
    return [str(path.relative_to(ROOT)) for name in files(part) if name.endswith(".qmd") for path in ROOT.glob(name)]


def test_every_page_is_in_the_navigation_or_left_out_for_a_reason():
    left_out = [page for name in LEFT_OUT for page in pages_of(name)]
    assert sorted({*pages_of(WEBSITE), *left_out}) == sorted(map(str, pages.sources()))
    assert set(pages_of(WEBSITE)) & set(left_out) == set()


def test_every_page_that_somebody_wrote_is_rendered():
    written = [path.relative_to(ROOT) for path in [*ROOT.glob("*.qmd"), *ROOT.glob("docs/**/*.qmd")]]
    assert {path for path in written if not path.name.startswith("_")} == set(pages.sources())


@pytest.mark.parametrize("name", files(SETTINGS))
def test_every_file_that_is_named_is_there(name):
    assert list(ROOT.glob(name))


def test_every_file_for_the_look_is_named():
    there = [path for path in (ROOT / "docs").iterdir() if path.suffix in (".scss", ".css", ".html", ".js")]
    assert {str(path.relative_to(ROOT)) for path in there} <= {*files(HTML), *SETTINGS["project"]["resources"]}


def test_what_runs_before_and_after_is_there():
    before, after = (COMMAND.match(SETTINGS["project"][step]) for step in ("pre-render", "post-render"))
    assert f"\n{before['target']}:" in (ROOT / "Makefile").read_text()
    assert (ROOT / after["module"].replace(".", "/")).with_suffix(".py").exists()


def test_the_preview_is_made_of_the_same_pages_files_and_settings(tmp_path):
    """But for what smalldocs cannot do: it compiles no Sass, and what runs before and after works on the project."""
    settings = build_site.write_expanded(tmp_path)
    assert settings == yaml.safe_load((tmp_path / "_quarto.yml").read_text())
    project = {name: value for name, value in SETTINGS["project"].items() if name not in ("pre-render", "post-render")}
    look = {**SETTINGS["format"], "html": {**HTML, "theme": settings["format"]["html"]["theme"]}}
    assert settings == {**SETTINGS, "project": project, "format": look}
    assert {Path(page) for page in map(str, pages.sources())} == {
        path.relative_to(tmp_path) for path in tmp_path.rglob("*.qmd") if not path.name.startswith("_")
    }
    assert [name for name in files(settings) if not list(tmp_path.glob(name))] == []
