"""Executes one notebook with nbval, and the page's first snippet on its own."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.common import processes, progress
from scripts.common.paths import BUILD, ROOT
from scripts.common.problem import Problem
from scripts.content import notebooks, shown_errors

CELL_LIMIT = 120  # seconds
NOTEBOOK_LIMIT = 1200  # seconds

COLOURS = re.compile(r"\x1b\[[0-9;]*m")

# pytest sets PYTEST_CURRENT_TEST, and chatlas then sends a fixed seed (chatlas/_utils.py,
# is_testing). A reader's session has no such variable, so the kernel gets none either; and a
# reader's keys and addresses have no business in a run.
HIDDEN = ("PYTEST_CURRENT_TEST", "OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_BASE_URL")


def clean_environment():
    """This process' environment without what would make a cell behave unlike a reader's."""
    return {name: value for name, value in os.environ.items() if name not in HIDDEN}


def write_kernel(folder, python):
    """Define the Jupyter kernel `docs` below `folder`: `python`, without the HIDDEN variables."""
    spec = folder / "kernels" / "docs"
    spec.mkdir(parents=True)
    unset = [argument for name in HIDDEN for argument in ("-u", name)]
    argv = ["env", *unset, str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "docs", "language": "python"}))


def wait(process, limit, servers, what, report):
    """Wait for `process`; end it and raise Problem if a server dies or the limit (seconds) passes.

    As long as nothing is added to the file `report`, print every few seconds how long the cell has been running.
    """
    start = heard = printed = time.monotonic()
    size = 0
    try:
        while process.poll() is None:
            for server in servers:
                server.check_alive()
            now, grown = time.monotonic(), report.stat().st_size if report.exists() else 0
            if grown != size:
                size, heard, printed = grown, now, now
            elif now - printed >= progress.EVERY:
                printed = now
                print(f"\n    {now - heard:3.0f} s  still running", flush=True)
            if time.monotonic() - start > limit:
                raise Problem(
                    f"{what} took longer than {limit} seconds.",
                    "a cell hangs, or the machine is busy.",
                    "look at the last cell printed above; run it by hand against `make serve`.",
                )
            time.sleep(0.3)
    finally:
        processes.stop_tree(process.pid)


def run_notebook(path, parameters, servers=(), python=sys.executable, compare=False, any_model=False):
    """Execute a notebook with nbval in a temporary copy that differs only in its parameters.

    Args:
        path: the notebook, relative to the repository.
        parameters: values for the parameters cell; names that it lacks are left out.
        servers: Server objects that have to stay alive meanwhile.
        python: the Python of the kernel; it needs ipykernel and what the cells import.
        compare: whether a cell tagged nbval-check-output fails when it prints something else than is stored.
        any_model: whether the model is not ours: it stands in `parameters`, and cells that depend on ours are left out.

    Returns:
        A list with one dict a code cell (id, sha256, outcome, seconds; error where it failed, reason
        where it was not run), and the seconds that the kernel took to start.

    Raises:
        Problem: a server died, or the whole took longer than NOTEBOOK_LIMIT.
    """
    notebook = notebooks.read(path)
    with tempfile.TemporaryDirectory(prefix="chatlas-docs-") as name:
        folder = Path(name)
        copy = folder / Path(path).name
        executed = notebooks.with_parameters(notebook, parameters, chosen=any_model)
        executed = notebooks.for_any_model(executed) if any_model else executed
        notebooks.write(executed if compare else notebooks.without_comparison(executed), copy)
        write_kernel(folder, python)
        (folder / "pytest.ini").write_text("[pytest]\n")
        report = folder / "report.jsonl"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-v",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            folder,
            "-c",
            folder / "pytest.ini",
        ]
        command += ["--disable-plugin-autoload", "-p", "nbval.plugin", "-p", "pytest_reportlog.plugin"]  # 3 s sooner
        command += ["-p", "no:assertion"]  # else nbval shows pytest's difference, which swaps old and new
        command += ["--nbval-sanitize-with", ROOT / "notebooks" / "sanitize.cfg"]
        command += [] if any_model else ["--maxfail=3"]  # another server: each failure is news
        command += ["--nbval-lax", "--nbval-kernel-name", "docs", f"--nbval-cell-timeout={CELL_LIMIT}"]
        process = subprocess.Popen(
            [*command, f"--report-log={report}", copy],
            cwd=folder,
            env={**clean_environment(), "JUPYTER_PATH": str(folder), "PYTHONPATH": ""},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait(process, NOTEBOOK_LIMIT, servers, f"Executing {path}", report)
        cells, kernel_start = read_report(report, notebook)
    for cell, of_notebook in zip(cells, notebooks.code_cells(notebook), strict=True):
        if any_model and notebooks.OURS in notebooks.tags(of_notebook):
            cell |= {"outcome": "not_run", "reason": notebooks.NOT_ASKED}
    return cells, kernel_start


def error_in(report):
    """The error itself, without colours: a traceback's last paragraph, or what nbval says of another output."""
    report = COLOURS.sub("", report).rstrip()
    if f": {shown_errors.OTHER_OUTPUT}\n" in report:
        return f"{shown_errors.OTHER_OUTPUT}:\n" + report.partition("Traceback:\n")[2]
    return report.rpartition("\n\n")[2]


def read_report(report, notebook):
    """Turn pytest-reportlog's lines into one dict a cell, and the kernel's start in seconds."""
    cells = [
        {
            "id": cell.id,
            "sha256": notebooks.source_hash(cell),
            "outcome": "not_run",
            "seconds": 0.0,
            "reason": "never started",
        }
        for cell in notebooks.code_cells(notebook)
    ]
    kernel_start = 0.0
    lines = report.read_text().splitlines() if report.exists() else []
    for entry in map(json.loads, lines):
        if entry.get("$report_type") != "TestReport":
            continue
        cell = cells[int(entry["nodeid"].rsplit("Cell ", 1)[1])]
        if entry["when"] == "setup":
            kernel_start += entry["duration"]
            if entry["outcome"] == "skipped":
                cell["reason"] = str(entry["longrepr"])
        if entry["when"] == "call":
            cell["outcome"] = {"passed": "passed", "failed": "failed"}.get(entry["outcome"], "not_run")
            cell["seconds"] = round(entry["duration"], 2)
            if cell["outcome"] == "failed":
                cell["error"] = error_in(str(entry["longrepr"]))
            if cell["outcome"] == "not_run":
                cell["reason"] = str(entry["longrepr"])
    for cell in cells:
        if cell["outcome"] != "not_run":
            del cell["reason"]
    return cells, kernel_start


def run_snippet(path, parameters, any_model=False):
    """Run the notebook's snippet as a program of its own, as somebody would who copies only that.

    Returns:
        What it printed, and the seconds it took.

    Raises:
        Problem: it failed; carries its traceback.
    """
    snippet = notebooks.snippet(notebooks.read(path), parameters, chosen=any_model)
    log = BUILD / "logs" / f"snippet-{Path(path).stem}.log"
    print(flush=True)
    seconds = progress.run(
        f"running the first snippet of {path} on its own",
        [sys.executable, "-P", "-W", "error::SyntaxWarning", "-c", snippet],
        log,
        CELL_LIMIT,
        "mend the cell `quickstart`.",
        cwd=tempfile.gettempdir(),
        env=clean_environment(),
    )
    return log.read_text(), seconds
