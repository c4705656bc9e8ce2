"""scripts/site/browser.py gives a browser that shows pages, or says how to get one."""

import os
import subprocess
import sys

import pytest

from scripts.common import lacking
from scripts.common.paths import ROOT
from scripts.common.problem import Problem
from scripts.site import browser

IMITATION = ROOT / "tests" / "imitation"


def test_it_shows_a_page(chromium):
    page = chromium.new_page()
    page.set_content("<title>a page</title><p>text</p>")
    assert page.title() == "a page"


class NoPlaywright:
    """In the place of a running Playwright: starts nothing."""

    class chromium:
        @staticmethod
        def launch(executable_path, **settings):
            raise LookupError("Playwright's own is not there.")


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
    with pytest.raises(Problem) as caught:
        browser._launch(NoPlaywright)
    for part in ("no browser", "no-such-browser", "install the package chromium", "BROWSER=none"):
        assert part in str(caught.value)


def test_a_browser_that_lacks_a_library_says_which():
    """The lines around it are what Playwright prints of a Chromium that lacks all its libraries."""
    error = Exception(
        "BrowserType.launch: Target page, context or browser has been closed\n"
        "Browser logs:\n\n"
        "<launched> pid=24\n"
        "[pid=24][err] /usr/lib/chromium/chromium: error while loading shared libraries: libglib-2.0.so.0: "
        "cannot open shared object file: No such file or directory\n"
        "Call log:\n  - <launched> pid=24\n"
    )
    assert browser._reason(error) == (
        "/usr/lib/chromium/chromium: error while loading shared libraries: libglib-2.0.so.0: "
        "cannot open shared object file: No such file or directory"
    )
    assert browser._reason(Exception("first\nsecond")) == "first"


def run(command, driver, **environ):
    """Run `command` with the program `driver` of tests/imitation in the place of Playwright's driver."""
    environ = os.environ | {"PLAYWRIGHT_NODEJS_PATH": str(IMITATION / driver), "BROWSER": ""} | environ
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120
    )


def test_a_driver_that_lacks_a_library_is_one_paragraph_with_the_package():
    done = run(["scripts.site.browser"], "driver_without_libatomic")
    assert done.returncode == 1
    assert "Stopped: No browser starts here: Playwright's driver dies." in done.stderr
    assert "libatomic.so.1: cannot open shared object file" in done.stderr
    assert lacking.advice(["libatomic.so.1"]) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("driver", "workers"), [("driver_without_libatomic", []), ("driver_that_crashes", ["-n", "2"])]
)
def test_a_browser_that_cannot_start_costs_the_tests_that_need_it_and_no_others(driver, workers):
    tests = [
        "tests/site/test_browser.py::test_it_shows_a_page",
        "tests/site/test_browser.py::test_without_a_browser_on_request",
    ]
    done = run(["pytest", "-p", "no:cacheprovider", *workers, *tests], driver)
    assert done.returncode == 0, done.stdout
    assert "1 passed, 1 skipped" in done.stdout
    assert "not verified: No browser starts here" in done.stdout
    assert done.stdout.count("What to do: ") == 1


def test_where_a_browser_is_required_nothing_runs_without_one():
    test = "tests/site/test_browser.py::test_without_a_browser_on_request"
    done = run(["pytest", "-p", "no:cacheprovider", test], "driver_without_libatomic", BROWSER="required")
    assert done.returncode == 1
    assert "BROWSER=required" in done.stdout
    assert "libatomic.so.1" in done.stdout
    assert "passed" not in done.stdout


def test_a_download_that_failed_is_not_tried_at_every_start(nothing_to_be_had):
    with pytest.raises(Problem, match="Downloading a headless Chromium"):
        browser._downloaded()
    with pytest.raises(LookupError, match="tried before"):
        browser._downloaded()


def test_without_a_browser_on_request():
    done = subprocess.run(
        [sys.executable, "-m", "scripts.site.browser"],
        env=os.environ | {"BROWSER": "none"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "not verified: BROWSER=none")
