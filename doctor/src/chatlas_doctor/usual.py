"""Without an address: what answers at the usual ports of this machine. And waiting until a server answers."""

import time
from concurrent.futures import ThreadPoolExecutor

from chatlas_doctor.address import read_address
from chatlas_doctor.causes import Cause
from chatlas_doctor.look import look, with_its_scheme
from chatlas_doctor.machine import PORTS
from chatlas_doctor.report import Report

EVERY = 2.0  # seconds between two looks of `wait`
AT_ONCE = 16  # ports that are looked at side by side: all of them
SIGN = 10.0  # seconds between two signs of life


def survey():
    """A Report for each usual port where something listens; it is looked at without a key."""

    def at(port):
        report = Report(base_url=f"http://localhost:{port}/v1")
        try:
            look(read_address(f"http://localhost:{port}"), "", None, report)
        except Cause as cause:
            report.kind, report.cause, report.advice = cause.kind, cause.text, cause.advice
        return report

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [
            report for report in pool.map(at, PORTS) if report.kind not in ("no_server", "loading") or report.server
        ]


def wait(url, key, seconds, progress):
    """Look at a server again and again until it lists its models.

    Args:
        url: its address.
        key: its key, or "".
        seconds: how long to wait.
        progress: a function that is told now and then what was seen last.

    Returns:
        A Report: of kind "ok", or of what was seen last when the time was over.
    """
    start = told = time.monotonic()
    address = read_address(url)
    while True:
        report = Report()
        try:
            found = with_its_scheme(address)
            look(found, "" if found.exposes_a_key else key, None, report)
            report.cause = f"{report.name} answers at {report.base_url}, after {time.monotonic() - start:.0f} s."
            return report
        except Cause as cause:
            report.kind, report.cause, report.advice = cause.kind, cause.text, cause.advice
        over = time.monotonic() - start
        if report.kind in ("usage", "name", "tls", "key") or over + EVERY > seconds:
            return report
        if time.monotonic() - told >= SIGN or told == start:
            told = time.monotonic()
            progress(f"{over:.0f} s of {seconds:.0f}: {report.cause}")
        time.sleep(EVERY)
