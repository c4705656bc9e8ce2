"""A link to an anchor shows its heading: below the header, on the first screen, however late the header's script is."""

import time

import pytest

from scripts.site import addresses
from scripts.site.build_site import SITE
from tests.rendered.conftest import LANDED, PAGES, PHONE, WIDE, Handler, served

LATE = ("/quarto-nav.js", "/headroom.min.js", "/smalldocs.js")
DELAY = 0.2  # seconds
# Quarto makes room for its header a quarter of a second after it has loaded.
SETTLED = """() => document.readyState === "complete" &&
  (document.querySelector("#quarto-target-style") || !document.querySelector("meta[content^=quarto-]"))"""
# Quarto moves the page after a link within it was followed, but not after a page was loaded at an anchor. The first
# listener keeps that away, so that following an anchor shows what loading it shows.
ALONE = """addEventListener("hashchange", event => {
  event.stopImmediatePropagation();
  dispatchEvent(new Event("followed"));
})"""
FOLLOW_ALL = f"""async anchors => {{
  const wrong = [], style = document.createElement("style");
  style.textContent = "section:target::before {{ content: none !important; }}";  // of Quarto as well
  document.head.append(style);
  history.replaceState(null, "", location.pathname);
  for (const anchor of anchors) {{
    const followed = new Promise(done => addEventListener("followed", done, {{once: true}}));
    location.hash = anchor;
    await Promise.race([followed, new Promise(done => setTimeout(done, 1000))]);
    wrong.push(({LANDED})(anchor));
  }}
  return wrong.filter(text => text);
}}"""


class Late(Handler):
    """Serves what moves the header late, each time anew."""

    def do_GET(self):
        if self.path.endswith(LATE):
            time.sleep(DELAY)
        super().do_GET()

    def end_headers(self):
        if self.path.endswith(LATE):
            self.send_header("Cache-Control", "no-store")
        super().end_headers()


@pytest.fixture(scope="module")
def late(chromium):
    """An empty tab, and the address of the site whose header's scripts come late."""
    context = chromium.new_context(reduced_motion="reduce")  # else Bootstrap scrolls there slowly
    context.add_init_script(ALONE)
    with served(SITE, Late) as address:
        yield context.new_page(), address
    context.close()


@pytest.fixture(scope="module")
def anchors():
    """The anchors of each page: those of its headings and those to which the site itself links."""
    found = {path: [] for path in PAGES}
    for address in addresses.of(SITE):
        page, _, anchor = address.partition("#")
        if anchor and not anchor.startswith(addresses.CATEGORY):
            found[page].append(anchor)
    return found


def test_a_link_shows_its_heading_below_the_header(late, anchors, path):
    """Each page is loaded at one of its anchors, every other page on a phone; then all anchors are followed in it, at
    both widths."""
    first, second = (WIDE, PHONE) if PAGES.index(path) % 2 else (PHONE, WIDE)
    wanted = anchors[path]
    if not wanted:  # no heading below the title
        return
    tab, root = late
    tab.set_viewport_size(first)
    middle = wanted[len(wanted) // 2]
    tab.goto(f"{root}/{path}#{middle}")
    tab.wait_for_function(SETTLED)
    wrong = {"loaded": tab.evaluate(LANDED, middle), first["width"]: tab.evaluate(FOLLOW_ALL, wanted)}
    tab.set_viewport_size(second)
    tab.wait_for_timeout(150)
    wrong[second["width"]] = tab.evaluate(FOLLOW_ALL, wanted)
    assert {how: found for how, found in wrong.items() if found} == {}
