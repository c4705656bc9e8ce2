"""Executes the notebooks and stores what their cells print: the only way outputs get into them.

make update-outputs            all of them
make update-outputs ONLY=vllm  one of them

A server that `make start` started is used (API_KEY=... if it has a key), otherwise one is started for the run.
"""

import contextlib
import copy
import os

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

from scripts.common.paths import ROOT
from scripts.common.problem import Problem, run_main
from scripts.content import guides, notebooks
from scripts.run import test_docs
from scripts.run.execute import CELL_LIMIT, HIDDEN
from scripts.servers import containers, serve
from scripts.servers.platform_check import check_machine


def address(run, stack):
    """The address without a path, and the key, of a server that `run` can be executed on."""
    backend = run.backend
    if run.guide.needs == "gpu":
        project = stack.enter_context(containers.project(test_docs.require_gpu().engine, "gpu"))
        server = project.ensure_running(backend)
        return server.root, server.api_key
    started = serve.running(backend)
    if started:
        return started["base_url"].removesuffix(backend.api), os.environ.get("API_KEY") or "EMPTY"
    server = serve.ensure_running(backend, stack, {})
    return server.root, server.api_key


def that_show(outputs):
    """The outputs that show something: a progress bar that has ended leaves one without text."""
    return [output for output in outputs if output.get("data", {}).get("text/plain") != ""]


def update(run):
    """Execute the notebook of `run` in place.

    Raises:
        Problem: the server is not at the address that the notebook shows, or a cell failed.
    """
    backend, path = run.backend, run.guide.notebook
    notebook = copy.deepcopy(notebooks.read(path))
    with contextlib.ExitStack() as stack:
        shown = notebooks.parameters(notebook)["base_url"]
        given = run.parameters(*address(run, stack))
        if given["base_url"] != shown:
            raise Problem(
                "Outputs can be stored only from the address that the notebook shows.",
                f"it shows {shown}, and the server had to take {given['base_url']}.",
                f"stop what uses port {backend.port}, then run this again.",
            )
        executed = notebooks.with_parameters(notebook, {"api_key": given["api_key"]})
        try:
            NotebookClient(
                executed, timeout=CELL_LIMIT, kernel_name="python3", record_timing=False, coalesce_streams=True
            ).execute()
        except (CellExecutionError, CellTimeoutError) as error:
            raise Problem(f"A cell of {path} failed.", str(error), "mend it; nothing was stored.") from None
    for cell, ran in zip(notebooks.code_cells(notebook), notebooks.code_cells(executed), strict=True):
        cell.execution_count = ran.execution_count
        cell.outputs = [] if "check" in notebooks.tags(cell) else that_show(ran.outputs)
        if cell.outputs:
            cell.metadata["stored"] = notebooks.output_mark(cell)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    notebooks.write(notebook, ROOT / path)
    print(f"Stored the outputs of {path}. Look at them: git diff {path}")


def main():
    check_machine()
    for name in HIDDEN:
        os.environ.pop(name, None)
    only = os.environ.get("ONLY", "")
    first = [run for run in guides.chosen(only) if run.backend.name == run.guide.on[0]]
    selected, not_executed = test_docs.startable([run for run in first if not run.guide.needs], only)
    for run in selected + [run for run in first if run.guide.needs and only]:
        update(run)
    print("".join(f"{line}\n" for line in not_executed), end="")


if __name__ == "__main__":
    run_main(main)
