"""The rendered site in _site, served on this machine and looked at in Chromium.

`make test-site` renders it first. What only Quarto's output can show is skipped without Quarto, as
"not verified".
"""

import contextlib
import dataclasses
import functools
import http.server
import threading
from pathlib import Path

import pytest

from scripts.content import pages
from scripts.site import addresses, browser
from scripts.site.build_site import SITE

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
PAGES = [source.with_suffix(".html").as_posix() for source in pages.sources()]
LOOK = """() => ({
  links: [...document.querySelectorAll("a[href]")].map(a => a.href).filter(href => href.startsWith("http")),
  text: document.body.innerText,
  blocks: [...document.querySelectorAll("main pre")].map(pre => pre.textContent.trim()),
  width: document.documentElement.scrollWidth,
})"""
# What is wrong with where a link to an anchor has led; "" if nothing is. The header counts where it is slid out
# of sight, too: it is back as soon as a reader scrolls up.
LANDED = """anchor => {
  const target = document.getElementById(anchor), headings = "h1, h2, h3, h4, h5, h6";
  if (!target) return anchor + " is not there";
  const heading = target.matches(headings) ? target : target.querySelector(headings) || target;
  const header = document.querySelector("#quarto-header"), top = Math.round(heading.getBoundingClientRect().top);
  const hidden = header ? header.offsetHeight : 0;
  const seen = heading.checkVisibility() && top >= hidden - 1 && top < innerHeight - 20;
  return seen ? "" : `${anchor} stands at ${top} px of ${innerHeight}, the header covers ${hidden}`;
}"""


@dataclasses.dataclass
class Visit:
    """What a visit to a page showed: errors of the console, addresses asked for, and what LOOK reads."""

    address: str
    errors: list
    requested: list
    links: list
    text: str
    blocks: list
    width: int


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files as a web host does: 404.html where there is none, and no line for each request."""

    def log_message(self, *arguments):
        pass

    def send_error(self, code, message=None, explain=None):
        page = Path(self.directory) / "404.html"
        if code != 404 or not page.exists():
            super().send_error(code, message, explain)
            return
        body = page.read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def served(folder, handler=Handler):
    """The address at which `folder` is served meanwhile, without a slash at its end."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def root():
    """The address of the served site, without a slash at its end."""
    assert (SITE / "index.html").exists(), "run `make site` first, or `make test-site`, which does"
    with served(SITE) as address:
        yield address


@pytest.fixture(scope="session")
def chromium():
    """A running Chromium; where none starts, and with BROWSER=none, what needs it is skipped as not verified."""
    if why := browser.not_verified():
        pytest.skip(why)
    with browser.chromium() as running:
        yield running


@pytest.fixture(scope="session")
def quarto():
    """Skips what only Quarto's output can show."""
    if 'content="quarto-' not in (SITE / "index.html").read_text():
        pytest.skip("not verified: no Quarto")


@pytest.fixture(params=PAGES)
def path(request):
    """The address of each page in turn, relative to the site."""
    return request.param


@functools.cache
def ids(path):
    """All ids on the page at `path`."""
    return addresses.Anchors((SITE / path).read_text()).ids


@pytest.fixture(scope="session")
def visit(chromium, root):
    """A function from a page and a window's size to what a visit showed; each page is visited once for each size.

    The tab is the same for all visits, since making one takes longer than a visit does.
    """
    context = chromium.new_context()
    tab = context.new_page()
    errors, requested = [], []
    tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("request", lambda request: requested.append(request.url))

    @functools.cache
    def look(path, width):
        tab.goto("about:blank")  # what the last page did late is not counted for this one
        tab.set_viewport_size(PHONE if width == PHONE["width"] else WIDE)
        errors.clear()
        requested.clear()
        tab.goto(f"{root}/{path}")
        seen = tab.evaluate(LOOK)
        return Visit(tab.url, errors.copy(), requested.copy(), **seen)

    yield look
    context.close()


@pytest.fixture(scope="session")
def reused(chromium):
    """A wide tab with a clipboard, for tests that only go somewhere: it is the same for all of them."""
    context = chromium.new_context(viewport=WIDE)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()


@pytest.fixture
def tab(chromium):
    """An empty wide tab with a clipboard."""
    context = chromium.new_context(viewport=WIDE)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    yield page
    context.close()


def pytest_collection_modifyitems(items):
    """All that looks at one page runs in one process, which visits it once."""
    for item in items:
        if name := getattr(item, "callspec", None) and item.callspec.params.get("path"):
            item.add_marker(pytest.mark.xdist_group(name))


@pytest.fixture
def figure(record_property):
    """A function that takes a line to print at the end: what was measured, for people to read."""
    return functools.partial(record_property, "figure")


def pytest_terminal_summary(terminalreporter):
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, line in getattr(report, "user_properties", ()) if getattr(report, "when", "") == "call" else ():
                if name == "figure":
                    terminalreporter.write_line(line)
