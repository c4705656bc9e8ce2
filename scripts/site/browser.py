"""Provides the headless Chromium that looks at pages, through Playwright.

Tried in this order: Playwright's own, which is downloaded if it can be, one that is installed, and
Debian's package where this process may install it. Where none starts, and with BROWSER=none, what
needs a browser is not verified; BROWSER=required makes that a failure.

    python -m scripts.site.browser    says which version is used, or why there is none
"""

import contextlib
import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.common import cache, causes, lacking, progress
from scripts.common.paths import BUILD, ROOT
from scripts.common.problem import Problem, run_main

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
LIMIT = 2400  # seconds; a download and an installation have shorter limits of their own
PARAGRAPH = re.compile(r"^Stopped: (.*)\n  Why: (.*)\n  What to do: (.*)", re.MULTILINE | re.DOTALL)
ADVICE = (
    "install the package chromium, or on Ubuntu what Playwright's own Chromium needs: "
    "`sudo .venv/bin/playwright install-deps chromium`"
)
WITHOUT = "; or go on without looking at pages: make test BROWSER=none."


def wanted():
    """Whether a browser is to be used: False when told BROWSER=none."""
    return os.environ.get("BROWSER") != "none"


@functools.cache
def trouble():
    """What a Problem says of why no browser starts here, as (what, why, do); None when one starts.

    Found out in a process of its own: one whose library is missing takes the process that started
    it along, and pytest cannot even print that (a SystemError on Python 3.11.2).
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "scripts.site.browser"], cwd=ROOT, capture_output=True, text=True, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        return "No browser starts here.", f"nothing happened within {LIMIT} seconds.", ADVICE + WITHOUT
    if done.returncode == 0:
        return None
    told = PARAGRAPH.search(done.stderr)
    return told.groups() if told else ("No browser starts here.", causes.of(done.stderr), ADVICE + WITHOUT)


def not_verified():
    """Why nothing can be looked at here, a reason to skip a test; "" when a browser starts.

    Raises:
        Problem: there is no browser, and BROWSER=required.
    """
    if not wanted():
        return NOT_VERIFIED
    found = trouble()
    if found and os.environ.get("BROWSER") == "required":
        raise Problem(*found)
    return f"not verified: {found[0]}" if found else ""


@contextlib.contextmanager
def chromium():
    """A running headless Chromium, a `playwright.sync_api.Browser`, closed afterwards.

    While it runs, this thread cannot use asyncio.run: Playwright keeps a loop of its own there.

    Raises:
        Problem: there is none, and none can be had.
    """
    found = trouble()
    if found:
        raise Problem(*found)
    with _started() as browser:
        yield browser


@contextlib.contextmanager
def _started():
    """A running headless Chromium; raises Problem. Whatever else goes wrong may break this process."""
    _check_driver()
    from playwright.sync_api import sync_playwright  # a second to import, and only needed here

    with sync_playwright() as playwright:
        browser = _launch(playwright)
        try:
            yield browser
        finally:
            browser.close()


def _check_driver():
    """Raise Problem if Playwright's driver, a program of its own, does not start at all."""
    from playwright._impl._driver import compute_driver_executable

    program = compute_driver_executable()[0]
    done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise Problem(
            "No browser starts here: Playwright's driver dies.",
            done.stderr.strip() or f"{program} --version ended with status {done.returncode}.",
            (lacking.library_advice(done.stderr) or ADVICE) + WITHOUT,
        )


def _launch(playwright):
    """The first browser that starts."""
    reasons = []
    for way in (_playwrights, _downloaded, _installed, _packaged):
        try:
            return playwright.chromium.launch(executable_path=way(), args=QUIET, timeout=60_000)
        except Exception as error:  # whatever one way dies of, the next may work
            reasons.append(_reason(error))
    raise Problem(
        "There is no browser to look at the pages with.",
        "\n  ".join(dict.fromkeys(reasons)),
        ADVICE + WITHOUT,
    )


def _reason(error):
    """The line of an error that says why a browser did not start."""
    libraries = re.search(r"\S+: error while loading shared libraries: .*", str(error))
    return libraries[0] if libraries else str(error).strip().splitlines()[0]


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
    with open(attempted.with_name("lock"), "w") as file:
        cache.wait_for(file, "a browser")
        if attempted.exists():  # by then: it was tried meanwhile, perhaps with success
            return
        try:
            command = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
            progress.run("downloading a headless Chromium (about 110 MB)", command, LOG, timeout=600, advice="")
        finally:
            attempted.touch()


def _packaged():
    """The path of Debian's Chromium, installed now."""
    if os.geteuid() or not shutil.which("apt-get") or not Path("/etc/debian_version").exists():
        raise LookupError("Debian's package cannot be installed: that takes Debian and root.")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with open("/etc/debian_version") as machine:  # one run at a time on this machine: apt-get does not wait
        cache.wait_for(machine, "Debian's Chromium")
        for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            command = ["apt-get", *arguments]
            progress.run(f"Chromium from Debian: {' '.join(command[:2])}", command, LOG, 600, "", env=environment)
    return _installed()


def main():
    if not wanted():
        print(NOT_VERIFIED)
        return
    with _started() as browser:
        print(f"Chromium {browser.version} starts.")


if __name__ == "__main__":
    run_main(main)
