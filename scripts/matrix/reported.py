"""Reads results/reported, what other people's `chatlas-doctor probe` found, and makes a table of its own of it.

A file is that program's JSON report with `contributor` added. docs/probe-report.schema.json says what may stand in it:
outcomes, versions and reasons from fixed lists, and nothing else.
"""

import datetime
import functools
import html
import json

import jsonschema
from chatlas_doctor.interview.words import NO, SIGNS
from chatlas_doctor.probes import catalog

from scripts.common.paths import ROOT
from scripts.common.problem import Problem

REPORTED = ROOT / "results" / "reported"
SCHEMA = ROOT / "docs" / "probe-report.schema.json"
OLD = 365  # days after which a report is greyed
NOBODY = "Nobody has reported a server yet."


@functools.cache  # the file does not change while a command runs
def validator():
    """The validator of a report."""
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))


def fault(report):
    """What is wrong with a reported file's content, in one line; "" if nothing is."""
    if error := jsonschema.exceptions.best_match(validator().iter_errors(report)):
        return f"{'.'.join(map(str, error.path)) or 'the report'}: {error.message[:200]}"
    if "contributor" not in report:
        return "it names no contributor"
    try:
        if datetime.date.fromisoformat(report["date"]) > datetime.date.today() + datetime.timedelta(1):
            return f"date: {report['date']} is not over yet"
    except ValueError:
        return f"date: there is no {report['date']}"
    for column in report["columns"]:
        names = [finding["probe"] for finding in column["findings"]]
        if unknown := sorted(
            {name for name in names if name not in catalog.load()} | {n for n in names if names.count(n) > 1}
        ):
            return f"{column['class']}: no probe, or more than once: {', '.join(unknown)}"
    return ""


def reports(folder=None):
    """All reports, newest first.

    Raises:
        Problem: one is not as it has to be.
    """
    found = []
    for path in sorted((folder or REPORTED).glob("*.json")):
        try:
            report = json.loads(path.read_text())
        except ValueError as error:
            report, wrong = None, f"it is no JSON ({error})"
        else:
            wrong = fault(report)
        if wrong:
            raise Problem(
                f"{path.name} is no report that can be shown.", wrong, "write it with chatlas-doctor probe --json."
            )
        found.append(report)
    return sorted(found, key=lambda report: report["date"], reverse=True)


def is_old(report, today=None):
    """Whether a report is greyed."""
    return ((today or datetime.date.today()) - datetime.date.fromisoformat(report["date"])).days > OLD


def row(report, column):
    """A row: who asked what, and how many questions had each outcome."""
    outcomes = [finding["outcome"] for finding in column["findings"]]
    counts = ", ".join(f"{sign} {n}" for outcome, sign in SIGNS.items() if (n := outcomes.count(outcome)))
    failing = [f["probe"] for f in column["findings"] if f["outcome"] == NO]
    no = ", ".join(catalog.load()[name].title for name in failing) or "nothing"
    server, versions = report["server"], report["versions"]
    cells = [
        f"{server['name']} {server['version']}".strip(),
        report["model"],
        f"{column['class']}, chatlas {versions['chatlas']}",
        counts,
        no,
        f"{report['contributor']}, {report['date']}",
    ]
    cells = [
        html.escape(" ".join(cell.split()), quote=False).replace("|", "\\|").replace("@", "&#64;") for cell in cells
    ]
    if is_old(report):
        cells = [f"[{cell}]{{.old}}" for cell in cells]
    return f"| {' | '.join(cells)} |"


def text(found=None):
    """The section's text: the table, or that nobody has reported."""
    found = reports() if found is None else found
    if not found:
        return NOBODY
    signs = ", ".join(f"{sign} {outcome}" for outcome, sign in SIGNS.items())
    lines = [
        "| Server | Model | Asked with | Outcomes | What does not work | Reported by |",
        "|---|---|---|---|---|---|",
    ]
    lines += [row(report, column) for report in found for column in report["columns"]]
    return f"Reported by users, not run here. {signs}. Reports older than {OLD} days are grey.\n\n" + "\n".join(lines)
