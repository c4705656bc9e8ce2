"""What a site gets after rendering: downloads, folded outputs, addresses, redirects, Markdown twins, llms.txt."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nbformat
import pytest

from scripts.common.paths import ROOT
from scripts.content import guides, notebooks, pages
from scripts.site import finish_site, markdown_twins, moved, site_settings

PAGE = Path("docs/connect/vllm.qmd")
OUTPUT = f'<div class="cell-output"><pre><code>{chr(10) * 40}</code></pre></div>'
HTML = f"<html><head><title>x</title></head><body><main><h1>x</h1>{OUTPUT}</main></body></html>"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site of pages with a title and a long output, with an address, finished."""
    folder = tmp_path_factory.mktemp("site")
    for source in pages.sources():
        page = folder / source.with_suffix(".html")
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(HTML)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site_settings, "read", lambda: {"site-url": "https://a.example/docs/"})
        finish_site.finish(folder)
    return folder


@pytest.fixture
def with_address(monkeypatch):
    monkeypatch.setattr(site_settings, "read", lambda: {"site-url": "https://a.example/docs/"})


def contents(folder):
    return {path: path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_page_that_is_finished_already_stays_as_it_is(site, with_address):
    before = contents(site)
    finish_site.finish(site)
    assert contents(site) == before


def test_a_page_that_was_rendered_alone_is_finished_alone(site, with_address, tmp_path):
    (tmp_path / PAGE.parent).mkdir(parents=True)
    (tmp_path / PAGE.with_suffix(".html")).write_text(HTML)
    finish_site.finish(tmp_path)
    assert (tmp_path / PAGE.with_suffix(".html")).read_text() == (site / PAGE.with_suffix(".html")).read_text()
    assert not (tmp_path / "docs/deploy.html").exists()


def test_the_doctor_is_offered_as_one_file_that_runs_alone(site, tmp_path):
    alone = tmp_path / "doctor.py"
    alone.write_bytes((site / "scripts/doctor.py").read_bytes())
    command = [sys.executable, "-I", alone, "http://no-such-host.invalid:8000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "is not known here" in done.stdout) == (3, True), done.stderr


def test_a_clone_starts_the_doctors_package():
    command = [sys.executable, "-I", ROOT / "scripts/doctor.py", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "exit status" in done.stdout) == (0, True)


def test_a_notebook_that_has_not_run_is_not_offered(site):
    assert not (site / "notebooks/gpu.ipynb").exists()


@pytest.mark.parametrize("guide", [g for g in guides.load().values() if not g.is_not_run_yet], ids=lambda g: g.name)
def test_the_download_is_the_parameters_and_the_visible_cells(site, guide):
    offered = notebooks.code_cells(nbformat.read(site / guide.notebook, as_version=4))
    whole = notebooks.read(guide.notebook)
    wanted = [notebooks.parameters_cell(whole), *notebooks.visible_cells(whole)]
    assert [cell.source for cell in offered] == [cell.source for cell in wanted]
    assert not [cell for cell in offered if "check" in notebooks.tags(cell)]


def test_a_page_links_its_notebook_and_its_markdown(site):
    text = (site / PAGE.with_suffix(".html")).read_text()
    assert '<a href="../../notebooks/vllm.ipynb" download>' in text
    assert '<a href="vllm.md"' in text


def test_a_page_has_its_address_and_what_other_sites_show_of_it(site):
    text = (site / PAGE.with_suffix(".html")).read_text()
    assert '<link rel="canonical" href="https://a.example/docs/docs/connect/vllm.html">' in text
    assert '<meta property="og:title" content="Connecting to vLLM">' in text
    assert '<meta property="og:image" content="https://a.example/docs/docs/images/social-card.png">' in text
    assert '<link rel="canonical" href="https://a.example/docs/">' in (site / "index.html").read_text()


def test_the_sitemap_lists_every_page_but_the_one_for_missing_ones(site):
    found = {entry.text for entry in ElementTree.parse(site / "sitemap.xml").iter() if entry.tag.endswith("loc")}
    expected = {source.with_suffix(".html").as_posix() for source in pages.sources()} - {"404.html"}
    assert found == {f"https://a.example/docs/{page}" for page in expected}


def test_without_an_address_none_is_made_up(tmp_path, monkeypatch):
    (tmp_path / "404.html").write_text(HTML)
    monkeypatch.setattr(pages, "sources", lambda: [Path("404.qmd")])
    monkeypatch.setattr(moved, "load", dict)
    finish_site.finish(tmp_path)
    assert "canonical" not in (tmp_path / "404.html").read_text()
    assert not (tmp_path / "sitemap.xml").exists()


def test_a_long_output_is_folded_and_a_short_one_is_not():
    def output(lines):
        printed = "\n".join(["line"] * lines)
        return f'<div class="cell-output cell-output-stdout">\n<pre><code>{printed}</code></pre>\n</div>'

    assert finish_site.folded(output(5)) == output(5)
    assert finish_site.folded(output(40)).startswith('<details class="long-output"><summary>What it prints')


MARKED = """<div class="sourceCode" id="cb1" data-highlight="Chat("><pre><code class="sourceCode python">\
<span id="cb1-1"><a href="#cb1-1"></a><span class="im">import</span> Chat</span>
<span id="cb1-2"><a href="#cb1-2"></a>chat <span class="op">=</span> Chat<span class="op">(</span></span>
</code></pre></div>"""


def test_the_line_that_holds_what_a_block_names_is_highlighted():
    text = finish_site.highlighted(MARKED)
    assert text.count("highlighted") == 1
    assert '<span class="highlighted" id="cb1-2">' in text


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ('```{.yaml filename="a.yaml" highlight="b"}\nb: c\n```', "``` yaml\nb: c\n```"),
        ("```{.default .output}\nPrinted.\n```", "``` text\nPrinted.\n```"),
        ("::: {.callout-note}\nSee [there](../a.qmd#b) and [outside](https://a.example/b.qmd).\n:::",
         "See [there](../a.md#b) and [outside](https://a.example/b.qmd)."),
        ('![](a.png){fig-alt="A line."}', "[Picture: A line.]"),
        ('![What is drawn.](a.svg){.diagram fig-alt="More."}', "[Picture: What is drawn.]"),
        ("```{=html}\n<b>\n```\n\n<!-- a comment -->\n\nText.", "Text."),
    ],
)  # fmt: skip
def test_the_markdown_twin_has_nothing_that_only_quarto_reads(source, plain, tmp_path, monkeypatch):
    header = "---\ntitle: T\ndescription-meta: D\n---\n\n"
    (tmp_path / "page.qmd").write_text(f"{header}{source}\n")
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    assert markdown_twins.twin("page.qmd") == f"# T\n\n{plain}\n"


@pytest.mark.parametrize("link", ['<a href="../index.html">', '<a href="https://a.example/edit" class="toc-action">'])
def test_links_to_other_sites_are_marked_where_the_page_has_them_from_its_text(link):
    assert finish_site.external(f'{link}<a href="https://a.example/" rel="x">') == (
        f'{link}<a class="outside" href="https://a.example/" rel="x">'
    )


def test_code_and_tables_can_be_scrolled_with_the_keyboard():
    page = (
        '<div class="sourceCode cell-code" id="cb1"><pre class="sourceCode python"></pre></div>'
        '<pre class="text"></pre><pre></pre><table class="table"></table>'
    )
    assert [part.split()[0] for part in finish_site.scrollable(page).split("<") if "tabindex" in part] == (
        ["div", "pre", "pre", "table"]
    )


def test_scripts_from_outside_are_cut_out_and_the_others_stay():
    outside = '<script src="https://cdn.example/jquery.js" integrity="x"></script>'
    widgets = "<script type=\"application/javascript\">define('jquery', [],function() {return window.jQuery;})</script>"
    own = '<script src="../site_libs/quarto.js"></script><script>var a = 1;</script>'
    assert finish_site.OUTSIDE.sub("", outside + widgets + own) == own


def test_folders_of_this_machine_are_cut_out():
    before = 'data-notebook="/home/somebody/site/notebooks/recipes/x.ipynb"'
    assert finish_site.NOTEBOOK_PATH.sub(r"\1\2", before) == 'data-notebook="notebooks/recipes/x.ipynb"'


@pytest.mark.parametrize("page", [page for page in pages.sources() if page.stem != "404"], ids=str)
def test_a_twin_is_markdown_alone_with_the_cells_of_its_page(page):
    twin = markdown_twins.twin(page)
    outside_code = re.sub(r"^(```|~~~~).*?^\1", "", twin, flags=re.DOTALL | re.MULTILINE)
    assert twin.startswith("# ")
    assert [raw for raw in ("{{<", ":::", "{=html}", ".qmd)", "<!--") if raw in outside_code] == []
    for path, label, echo in pages.embeds(page):
        cell = next(cell for cell in notebooks.code_cells(notebooks.read(path)) if cell.id == label)
        assert not echo or cell.source in twin


def test_llms_txt_names_the_right_class_first_and_links_every_twin(site):
    text = (site / "llms.txt").read_text()
    assert text.index("ChatOpenAICompletions") < text.index("## Pages")
    links = re.findall(r"\]\((https://a\.example/docs/[^)]+)\)", text)
    assert len(links) == len(markdown_twins.ordered())
    assert all((site / link.removeprefix("https://a.example/docs/")).is_file() for link in links)
