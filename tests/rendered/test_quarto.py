"""What readers get from Quarto's output: speed, search, contrast, the keyboard. Skipped without Quarto."""

import functools
import gzip
import statistics
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from fontTools.ttLib import TTFont

from scripts.common.paths import ROOT
from scripts.content import errors
from scripts.site import icons
from scripts.site.build_site import SITE

pytestmark = pytest.mark.usefixtures("quarto")

WEIGHT = 300_000  # bytes; 190,000 of them are Bootstrap, its styles for light and dark and its script
PAINT = 3.0  # seconds; generous, since a busy machine is no news: the figure is printed, and meant to be under 1
FOCUSABLE = """() => [...document.querySelectorAll("a[href], button, input, summary")].filter(element =>
  element.checkVisibility({visibilityProperty: true}) && element.tabIndex >= 0 && !element.disabled
).map((element, index) => { element.dataset.focusable = index; return index; })"""
OPEN = "() => document.querySelectorAll('details').forEach(part => { part.open = true; })"
# Each text on the page whose contrast with what is painted behind it is too low (WCAG 2, AA), whether it is in sight
# or in a tab that is not open. A canvas mixes the colours.
PALE = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const light = () => [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
    .map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const paint = colour => { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); };
  const found = {};
  for (const element of document.querySelectorAll("main *")) {
    const own = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()).join("");
    if (!own || element.closest("script, style, noscript, svg")) continue;
    const style = getComputedStyle(element), behind = [];
    for (let each = element; each; each = each.parentElement) behind.unshift(getComputedStyle(each).backgroundColor);
    ["white", ...behind].forEach(paint);
    const ground = light();
    paint(style.color);
    const text = light(), size = parseFloat(style.fontSize), bold = style.fontWeight >= 700;
    const contrast = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    if (contrast >= (size >= 24 || (bold && size >= 18.66) ? 3 : 4.5)) continue;
    const place = [element.parentElement, element].map(e => e.tagName + (e.className && "." + e.className)).join(" > ");
    found[place] = `${contrast.toFixed(2)}: ${own.slice(0, 40)}`;
  }
  return found;
}"""
FOCUSED = "() => document.activeElement.dataset ? document.activeElement.dataset.focusable : undefined"


def test_no_request_leaves_the_site(visit, path, root):
    outside = [url for url in visit(path, 1280).requested if not url.startswith((root, "data:", "blob:"))]
    assert outside == []


def test_a_page_is_light(tab, root, path, figure):
    """All that is loaded with a page, without images, compressed as a web host sends it."""
    sizes = {}

    def count(response):
        name = urlsplit(response.url).path
        if response.ok and not name.endswith((".png", ".svg")):
            body = response.body()
            sizes[name] = min(len(body), len(gzip.compress(body)))

    tab.on("requestfinished", lambda request: count(request.response()))
    tab.goto(f"{root}/{path}")
    tab.wait_for_load_state("networkidle")
    total = sum(sizes.values())
    figure(f"{path}: {total / 1000:.0f} KB compressed, without images")
    assert total < WEIGHT, sizes


def test_the_index_of_the_search_is_loaded_only_for_who_searches(tab, root):
    asked = []
    tab.on("request", lambda request: asked.append(urlsplit(request.url).path))
    tab.goto(f"{root}/index.html")
    tab.wait_for_load_state("networkidle")
    assert "/search.json" not in asked
    tab.keyboard.press("/")
    tab.locator(".aa-Input").fill("timeout")
    tab.locator(".aa-Panel a").first.wait_for()
    assert "/search.json" in asked


@pytest.mark.parametrize("text", ["", "timeout"])
def test_each_icon_is_drawn(tab, root, text):
    """Also those that a search makes: an icon that the reduced font lacks would be an empty box."""
    tab.goto(f"{root}/docs/connect/vllm.html")
    if text:
        tab.keyboard.press("/")
        tab.locator(".aa-Input").fill(text)
        tab.locator(".aa-Panel a .bi").first.wait_for()
    drawn = tab.locator(".bi").evaluate_all("all => all.map(icon => getComputedStyle(icon, '::before').content)")
    codes = {ord(content.strip('"')) for content in drawn if content != '""'}  # "": a picture
    assert codes
    assert codes <= set(TTFont(SITE / icons.FONT).getBestCmap())


def test_something_is_painted_soon(chromium, root, figure):
    """The median of five first visits is printed."""
    seen = []
    for _ in range(5):
        context = chromium.new_context()
        tab = context.new_page()
        tab.goto(f"{root}/docs/connect/vllm.html")
        tab.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
        seen.append(tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000)
        context.close()
    figure(f"first contentful paint of the vLLM guide, on this machine: {statistics.median(seen):.2f} s")
    assert min(seen) < PAINT


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("openai.NotFoundError: Error code: 404", "docs/errors/error-code-404.html"),
        ("openai.APIConnectionError: Connection error.", "docs/errors/connection-error.html"),
        ("ValueError: Model llama3 is not installed locally", "docs/errors/model-not-installed.html"),
        *((entry.title.replace("`", ""), entry.address) for entry in errors.load()),
        ("ChatOpenAICompletions", "docs/which-class.html"),
        ("ChatOllama", "docs/connect/ollama.html"),
    ],
)
def test_the_search_finds(reused, root, text, page):
    reused.goto(f"{root}/index.html")
    reused.keyboard.press("/")
    field = reused.locator(".aa-Input")
    field.wait_for()
    field.fill(text)
    found = reused.locator(f'.aa-Panel a[href*="{page}"]')
    found.first.wait_for(timeout=10_000)


def test_a_hit_of_the_search_leads_to_its_page(tab, root):
    tab.goto(f"{root}/index.html")
    tab.keyboard.press("/")
    tab.locator(".aa-Input").fill("maximum context length")
    tab.locator('.aa-Panel a[href*="maximum-context-length.html"]').first.click()
    tab.wait_for_url("**/maximum-context-length.html*")
    assert tab.locator("h1").is_visible()


@pytest.fixture(scope="module")
def seen_by(chromium):
    """A function from a colour scheme and a width to a tab; tests share it."""
    contexts = []

    @functools.cache
    def tab(scheme, width):
        contexts.append(chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme))
        return contexts[-1].new_page()

    yield tab
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("size", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_nothing_shuts_a_reader_out(seen_by, root, path, scheme, size):
    """axe-core, with all that can be unfolded open: what it rates serious or critical. And no text that is too pale,
    since axe leaves out what it is not sure of and what is not in sight."""
    tab = seen_by(scheme, size)
    tab.goto(f"{root}/{path}")
    assert tab.locator(f"body.quarto-{scheme}").count() == 1
    tab.evaluate(OPEN)
    found = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
    pale = tab.evaluate(PALE)
    serious = {
        rule["id"]: [node["html"][:120] for node in rule["nodes"][:3]]
        for rule in found
        if rule["impact"] in ("serious", "critical")
    }
    assert serious == {}
    assert pale == {}


@pytest.mark.parametrize("path", ["index.html", "docs/connect/vllm.html", "docs/compatibility.html"])
def test_the_keyboard_alone_reaches_everything(tab, root, path):
    tab.goto(f"{root}/{path}")
    wanted = {str(index) for index in tab.evaluate(FOCUSABLE)}
    reached = set()
    for _ in range(len(wanted) + 60):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate(FOCUSED))
    missed = sorted(wanted - reached, key=int)
    assert [
        tab.locator(f'[data-focusable="{index}"]').evaluate("e => e.outerHTML.slice(0, 150)") for index in missed
    ] == []


def test_the_line_with_the_class_is_highlighted(tab, root):
    tab.goto(f"{root}/docs/connect/vllm.html")
    line = tab.locator("span.highlighted")
    assert line.text_content() == "chat = ChatOpenAICompletions("
    colour = "element => getComputedStyle(element).backgroundColor"
    assert line.evaluate(colour) != tab.locator("#cb2-1").evaluate(colour)


@pytest.mark.parametrize("size", [1280, 390])
def test_the_large_table_scrolls_with_its_page_alone(tab, root, size):
    tab.set_viewport_size({"width": size, "height": 800})
    tab.goto(f"{root}/docs/compatibility.html")
    table = tab.locator("#matrix table")
    assert table.evaluate("table => getComputedStyle(table).overflow") == "visible"
    assert table.evaluate("table => table.scrollWidth - table.closest('#matrix').clientWidth") <= 0
    tab.emulate_media(media="print")
    assert table.evaluate("table => table.scrollHeight - table.clientHeight") < 2


def test_the_large_table_keeps_its_head_on_the_screen(tab, root):
    tab.goto(f"{root}/docs/compatibility.html")
    row = tab.locator("#matrix tbody tr:visible").nth(20)
    row.evaluate("row => window.scrollTo({top: row.getBoundingClientRect().top + scrollY - 300, behavior: 'instant'})")
    head = tab.locator("#matrix thead th").nth(1).bounding_box()
    assert 0 <= head["y"] < row.bounding_box()["y"]


def test_the_table_shows_what_differs_until_a_reader_asks_for_the_rest(tab, root):
    tab.goto(f"{root}/docs/compatibility.html")
    rows = tab.locator("#matrix tbody tr")
    assert 0 < tab.locator("#matrix tbody tr:visible").count() < rows.count()
    tab.locator("#show-alike").check()
    assert tab.locator("#matrix tbody tr:visible").count() == rows.count()


def test_marks_are_told_apart_by_sign_and_by_shade(tab, root):
    """In grey: how light what is painted behind them is."""
    tab.goto(f"{root}/docs/compatibility.html")
    light = """mark => {
      const [r, g, b, a = 1] = getComputedStyle(mark).backgroundColor.match(/[\\d.]+/g).map(Number);
      return Math.round(255 * (1 - a) + a * (0.3 * r + 0.59 * g + 0.11 * b));
    }"""
    shades = [tab.locator(f"#matrix a.{style}").first.evaluate(light) for style in ("yes", "partly", "no")]
    assert shades[0] - shades[1] > 30
    assert shades[1] - shades[2] > 100
    signs = [tab.locator(f"#matrix a.{style}").first.text_content()[0] for style in ("yes", "partly", "no")]
    assert len(set(signs)) == 3


def test_print_shows_the_addresses_of_other_sites_alone_and_every_tab(tab, root):
    tab.goto(f"{root}/docs/connect/vllm.html")
    tab.emulate_media(media="print")
    shown = "links => links.filter(a => getComputedStyle(a, '::after').content.includes('(')).map(a => a.href)"
    addresses = tab.locator("main a").evaluate_all(shown)
    assert addresses
    assert [address for address in addresses if address.startswith(root)] == []
    assert tab.locator(".tab-pane").evaluate_all("panes => panes.every(pane => pane.checkVisibility())")


def test_a_deep_address_that_is_not_there_suggests_the_right_page(tab, root):
    tab.goto(f"{root}/docs/connect/llamacpp.html")
    assert tab.locator("#suggestions a").first.text_content() == "llama.cpp"


def test_the_folders_of_the_machine_that_rendered_are_on_no_page(path):
    assert str(ROOT) not in (SITE / path).read_text()
