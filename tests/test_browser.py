"""scripts/browser.py gives a browser that shows pages, or says how to get one."""

import os
import subprocess
import sys

import pytest

from scripts import browser
from scripts.problem import Problem


@pytest.mark.skipif(not browser.wanted(), reason=browser.NOT_VERIFIED)
def test_it_shows_a_page():
    with browser.chromium() as chromium:
        page = chromium.new_page()
        page.set_content("<title>a page</title><p>text</p>")
        assert page.title() == "a page"


@pytest.fixture
def nothing_to_be_had(monkeypatch, build):
    """A machine without a browser, where none can be downloaded or installed."""
    monkeypatch.setattr(browser, "BUILD", build)
    monkeypatch.setattr(browser, "LOG", build / "browser.log")
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(build / "none"))
    monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", "http://127.0.0.1:9")  # the discard port: refused at once
    monkeypatch.setattr(browser, "NAMES", ("no-such-browser",))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def test_a_machine_without_a_browser_is_told_what_to_do(nothing_to_be_had):
    with pytest.raises(Problem) as caught, browser.chromium():
        pass
    for part in ("no browser", "no-such-browser", "apt install chromium", "BROWSER=none"):
        assert part in str(caught.value)


def test_a_download_that_failed_is_not_tried_at_every_start(nothing_to_be_had):
    with pytest.raises(Problem, match="Downloading a headless Chromium"):
        browser._downloaded()
    with pytest.raises(LookupError, match="tried before"):
        browser._downloaded()


def test_without_a_browser_on_request_it_says_that_nothing_was_verified():
    done = subprocess.run(
        [sys.executable, "-m", "scripts.browser"],
        env=os.environ | {"BROWSER": "none"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "not verified: BROWSER=none")
