"""Provides the headless Chromium that looks at pages, through Playwright.

Tried in this order: Playwright's own, which is downloaded if it can be, one that is installed, and
Debian's package where this process may install it. With BROWSER=none nothing is looked at, and
whatever needed a browser is not verified.

    python -m scripts.browser    says which version is used
"""

import contextlib
import os
import shutil
import sys
from pathlib import Path

from scripts import progress
from scripts.cache import BUILD
from scripts.problem import Problem, run_main

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NOT_VERIFIED = "not verified: BROWSER=none"
QUIET = [  # no request of the browser's own, and it starts as root and in a container, too
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOG = BUILD / "logs" / "browser.log"


def wanted():
    """Whether a browser is to be used: False when told BROWSER=none."""
    return os.environ.get("BROWSER") != "none"


@contextlib.contextmanager
def chromium():
    """A running headless Chromium, a `playwright.sync_api.Browser`, closed afterwards.

    While it runs, this thread cannot use asyncio.run: Playwright keeps a loop of its own there.

    Raises:
        Problem: there is none, and none can be had.
    """
    from playwright.sync_api import sync_playwright  # a second to import, and only needed here

    with sync_playwright() as playwright:
        browser = _launch(playwright)
        try:
            yield browser
        finally:
            browser.close()


def _launch(playwright):
    """The first browser that starts."""
    reasons = []
    for way in (_playwrights, _downloaded, _installed, _packaged):
        try:
            return playwright.chromium.launch(executable_path=way(), args=QUIET, timeout=60_000)
        except Exception as error:  # whatever one way dies of, the next may work
            reasons.append(str(error).strip().splitlines()[0])
    raise Problem(
        "There is no browser to look at the pages with.",
        "\n  ".join(reasons),
        "install Chromium (Debian and Ubuntu: apt install chromium), "
        "or go on without looking at pages: make test BROWSER=none.",
    )


def _playwrights():
    """None, which stands for Playwright's own."""


def _installed():
    """The path of a Chromium on PATH."""
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    raise LookupError(f"none of {', '.join(NAMES)} is on PATH.")


def _downloaded():
    """None, Playwright's own, after downloading it. Asked once for each clone; `make clean` asks again."""
    attempted = BUILD / "browser" / "attempted"
    if attempted.exists():
        raise LookupError(f"Playwright's own was tried before and could not be had ({LOG}).")
    attempted.parent.mkdir(parents=True, exist_ok=True)
    attempted.touch()
    command = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
    progress.run("downloading a headless Chromium (about 110 MB)", command, LOG, timeout=600, advice="")


def _packaged():
    """The path of Debian's Chromium, installed now."""
    if os.geteuid() or not shutil.which("apt-get") or not Path("/etc/debian_version").exists():
        raise LookupError("Debian's package cannot be installed: that takes Debian and root.")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        command = ["apt-get", *arguments]
        progress.run(f"Chromium from Debian: {' '.join(command[:2])}", command, LOG, 600, "", env=environment)
    return _installed()


def main():
    if not wanted():
        print(NOT_VERIFIED)
        return
    with chromium() as browser:
        print(f"Chromium {browser.version} starts.")


if __name__ == "__main__":
    run_main(main)
