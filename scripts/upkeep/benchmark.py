"""Times the visible cells of the notebooks: executed by nbval, and the same in one plain script; and the server alone.

make benchmark [ONLY=vllm]
"""

import ast
import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.common.paths import BUILD
from scripts.common.problem import Problem, run_main
from scripts.content import guides, notebooks
from scripts.run import execute, report
from scripts.run.test_docs import startable
from scripts.servers import serve
from scripts.servers.platform_check import check_machine
from scripts.upkeep.throughput import tokens_per_second

# Cells may await at the top level, which a notebook allows and a plain script does not.
RUNNER = (
    "import ast, asyncio, inspect, sys\n"
    "code = compile(open(sys.argv[1]).read(), sys.argv[1], 'exec', ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)\n"
    "names = {'__name__': '__main__'}\n"
    "result = eval(code, names)\n"
    "asyncio.run(result) if inspect.iscoroutine(result) else None\n"
)


def time_script(notebook, folder):
    """Run the cells as one script in a new Python; returns the seconds, its start included."""
    script = folder / "cells.py"
    script.write_text("\n\n".join(cell.source for cell in notebooks.code_cells(notebook)))
    ast.parse(script.read_text())
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, script],
        cwd=folder,
        env=execute.clean_environment(),
        capture_output=True,
        text=True,
        timeout=execute.NOTEBOOK_LIMIT,
    )
    if done.returncode:
        raise Problem("The visible cells fail as a plain script.", done.stderr[-2000:], "run `make test-docs` first.")
    return time.monotonic() - start


def measure(run):
    """The figures of one run: seconds for nbval and for the script, requests of each (None where nothing counts)."""
    backend, source = run.backend, run.guide.notebook
    with (
        contextlib.ExitStack() as stack,
        tempfile.TemporaryDirectory(prefix="chatlas-benchmark-") as name,
    ):
        running = {}
        server = serve.ensure_running(backend, stack, running)
        counted_at = running[backend.upstream or backend.name].root
        parameters = run.parameters(server.root, server.api_key)
        notebook = notebooks.with_parameters(notebooks.for_download(notebooks.read(source)), parameters)
        path = Path(name) / Path(source).name
        notebooks.write(notebook, path)
        execute.run_snippet(path, parameters)  # the server's first request is slower than the rest
        counts = [report.metrics(counted_at)]
        start = time.monotonic()
        cells, kernel_start = execute.run_notebook(path, parameters, [server])
        nbval = time.monotonic() - start
        counts.append(report.metrics(counted_at))
        script = time_script(notebook, Path(name))
        counts.append(report.metrics(counted_at))
        written = tokens_per_second(server.root, server.api_key, backend.serves)
    if any(cell["outcome"] != "passed" for cell in cells):
        raise Problem("A visible cell fails without the hidden ones.", "see above.", "run `make test-docs` first.")
    counts = [count.get("requests") if count else None for count in counts]
    requests = [None if None in pair else pair[1] - pair[0] for pair in itertools.pairwise(counts)]
    return {
        "server_start_seconds": round(server.seconds["start"], 1),
        "nbval_seconds": round(nbval, 1),
        "of_which_kernel_start": round(kernel_start, 1),
        "script_seconds": round(script, 1),
        "nbval_requests": requests[0],
        "script_requests": requests[1],
        "tokens_per_second_by_clients_at_once": written,
        "hardware": report.hardware(),
        "versions": report.versions(backend, server.version),
    }


def main():
    check_machine()
    only = os.environ.get("ONLY", "")
    selected, not_executed = startable(guides.chosen(only), only)
    figures = {run.name: measure(run) for run in selected}
    BUILD.mkdir(exist_ok=True)
    (BUILD / "benchmark.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    print("".join(f"{line}\n" for line in not_executed), end="")


if __name__ == "__main__":
    run_main(main)
