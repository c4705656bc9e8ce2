"""Whatever has been rendered, Quarto's site or the preview, holds what it promises."""

import ast
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from scripts.content import guides, notebooks, pages
from scripts.site.build_site import SITE
from tests.rendered.conftest import PAGES, PHONE, WIDE, ids

FIRST_SCREENS = ["index.html", *[guide.page.replace(".qmd", ".html") for guide in guides.load().values()][:4]]
# What each button that is not in a closed tab copies.
COPIED = """async () => {
  const copied = [];
  for (const button of document.querySelectorAll("main .code-copy-button")) {
    if (!button.checkVisibility()) continue;
    await navigator.clipboard.writeText("");
    button.click();
    let text = "";
    for (let tries = 0; !text && tries < 50; tries++) {
      text = await navigator.clipboard.readText();
      if (!text) await new Promise(done => setTimeout(done, 20));
    }
    copied.push(text.trim());
  }
  return copied;
}"""


def cells(path):
    """The source of each notebook cell that the page at `path` shows with its code."""
    shown = []
    for notebook, label, echo in pages.embeds(Path(path).with_suffix(".qmd")):
        by_id = {cell.id: cell.source for cell in notebooks.code_cells(notebooks.read(notebook))}
        shown += [by_id[label]] if echo else []
    return shown


@pytest.mark.parametrize("width", [WIDE["width"], PHONE["width"]])
def test_the_console_shows_no_error(visit, path, width):
    assert visit(path, width).errors == []


def test_every_link_into_the_site_leads_somewhere(visit, path, root):
    seen = visit(path, WIDE["width"])
    broken = []
    for link in {link for link in seen.links if link.startswith(root)}:
        address, fragment = urldefrag(link)
        target = unquote(address.removeprefix(root)).lstrip("/") or "index.html"
        target += "index.html" if target.endswith("/") else ""
        if not (SITE / target).is_file() or (
            # a fragment with "=" is a category that a listing's script filters by
            fragment and "=" not in fragment and target.endswith(".html") and unquote(fragment) not in ids(target)
        ):
            broken.append(link)
    assert broken == []


def test_nothing_is_wider_than_a_phone(visit, path):
    assert visit(path, PHONE["width"]).width <= PHONE["width"]


def test_no_source_of_the_renderer_is_left(visit, path):
    text = visit(path, WIDE["width"]).text
    assert [raw for raw in ("{{<", ":::", "{=html}", "{.callout") if raw in text] == []


def test_the_cells_are_the_notebooks_and_compile(visit, path):
    blocks = visit(path, WIDE["width"]).blocks
    for source in cells(path):
        assert source.strip() in blocks
        compile(source, path, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("path", [page for page in PAGES if cells(page)])
def test_a_copy_button_gives_the_cell_that_it_stands_beside(reused, root, path):
    reused.goto(f"{root}/{path}")
    reused.locator("main .code-copy-button:visible").first.click()
    copied = reused.evaluate(COPIED)
    assert [source for source in cells(path) if source.strip() not in copied] == []


@pytest.mark.parametrize(
    ("path", "size"),
    [(path, size) for path in FIRST_SCREENS for size in (WIDE, PHONE)],
    ids=lambda value: str(value["width"]) if isinstance(value, dict) else value,
)
def test_the_first_screen_has_the_answer(tab, root, path, size):
    """One sentence, how to install it, the snippet and what it prints, above the fold."""
    tab.set_viewport_size(size)
    tab.goto(f"{root}/{path}")
    tab.add_style_tag(content=".callout-warning { display: none }")  # the preview's notice
    snippet = pages.code_blocks(Path(path).with_suffix(".qmd"), "python")[0]
    blocks = tab.locator("main pre").all()
    texts = [block.text_content().strip() for block in blocks]
    assert texts[0].startswith('pip install "chatlas>=')
    assert texts[1] == snippet.strip()
    bottom = blocks[2].bounding_box()
    assert bottom["y"] + bottom["height"] <= size["height"]
    sentence = tab.locator("main p:not(.page-tools):visible").first.bounding_box()
    assert sentence["y"] < blocks[0].bounding_box()["y"]


def test_a_page_works_from_a_file(tab, root):
    """Without a server: the text is there, and a tab opens."""
    errors = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto((SITE / "docs" / "connect" / "vllm.html").as_uri())
    tab.get_by_role("tab", name="CPU").click()
    assert tab.get_by_text("The official CPU image:").is_visible()
    assert errors == []


@pytest.mark.parametrize(("days", "shown"), [(59, False), (62, True)])
def test_a_page_whose_stamp_is_old_says_so(tab, root, days, shown):
    tab.goto(f"{root}/docs/connect/vllm.html")
    stamp = pages.text(Path("docs/connect/vllm.qmd")).split("Verified ")[1][:10]
    tab.clock.install(time=f"{stamp}T00:00:00Z")
    tab.clock.fast_forward(days * 86_400_000)
    tab.reload()
    notes = tab.locator(".stale")
    assert notes.count() == shown
    if shown:
        assert f"Last verified on {stamp}, {days} days ago." in notes.text_content()


def test_an_address_that_is_not_there_suggests_the_right_page(tab, root):
    answer = tab.goto(f"{root}/troubleshoot")
    assert answer.status == 404
    assert tab.locator("#suggestions a").first.text_content() == "Troubleshooting"
