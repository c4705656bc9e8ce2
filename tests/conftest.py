"""Helpers for all tests. Nothing here starts a model server."""

import dataclasses
import os
import sys
from pathlib import Path

import pytest

from scripts.common.problem import Broken, Problem
from scripts.content import backends
from scripts.run import report
from scripts.servers import environments, fetch_model, serve
from scripts.site import browser, derive
from tests.imitation.fixtures import imitate, port, tls  # noqa: F401


@pytest.fixture
def build(tmp_path, monkeypatch):
    """An empty place for logs and results instead of _build."""
    for module in (serve, report, fetch_model, environments):
        monkeypatch.setattr(module, "BUILD", tmp_path / "_build")
    return tmp_path / "_build"


@pytest.fixture
def misbehaving():
    """A function that makes a backend of a program in tests/imitation/started.py, and what serve.prepare returns."""

    def make(name, **changes):
        backend = dataclasses.replace(
            backends.get("vllm"),
            command=["python", "-m", "tests.imitation.started", name, "{port}"],
            **{"port": 0, "ready_within": 60, **changes},
        )
        return backend, (Path(sys.executable), None, {})

    return make


@pytest.fixture(scope="module")
def chromium():
    """A running headless Chromium; where none starts, what needs it is skipped as not verified."""
    if why := browser.not_verified():
        pytest.skip(why)
    with browser.chromium() as running:
        yield running


def pytest_configure(config):
    """Derive the pages that tests look at, before they are collected; once, if several workers run the tests."""
    try:
        if not hasattr(config, "workerinput") and not derive.is_current():
            derive.derive()
    except Problem as problem:
        raise pytest.UsageError(str(problem)) from None


def pytest_sessionstart():
    """With BROWSER=required, run nothing where no browser starts."""
    try:
        if os.environ.get("BROWSER") == "required":
            browser.not_verified()
    except Problem as problem:
        pytest.exit(f"BROWSER=required. {problem}", returncode=1)


def pytest_terminal_summary(terminalreporter):
    """Say once what to do about a browser that was asked for and did not start."""
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    if browser.wanted() and any("not verified: " in why for why in skipped) and (found := browser.trouble()):
        terminalreporter.write_line(str(Problem(*found)))


def in_one_line(report, call):
    """The report without a traceback where a file of the repository is broken: who wrote it needs the place in it."""
    if call.excinfo and call.excinfo.errisinstance(Broken):
        report.longrepr = str(call.excinfo.value)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call):
    """Say of a broken page, notebook or table only what is wrong where."""
    return in_one_line((yield), call)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    """The same for those that are read while tests are collected."""
    report = yield
    return in_one_line(report, report.call)
