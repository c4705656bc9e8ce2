"""Executes the notebooks and stores what their cells print: the only way outputs get into them.

make update-outputs            all of them
make update-outputs ONLY=vllm  one of them
"""

import contextlib
import os

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from scripts import notebooks, serve
from scripts.cache import ROOT
from scripts.execute import CELL_LIMIT, HIDDEN
from scripts.platform_check import check_machine
from scripts.problem import Problem, run_main
from scripts.test_docs import chosen


def update(backend):
    """Execute the notebook of `backend` in place.

    Raises:
        Problem: the server is not at the address that the notebook shows, or a cell failed.
    """
    notebook = notebooks.read(backend.notebook)
    with contextlib.ExitStack() as stack:
        server = serve.ensure_running(backend, stack, {})
        shown = notebooks.parameters(notebook)["base_url"]
        if server.base_url != shown:
            raise Problem(
                "Outputs can be stored only from the address that the notebook shows.",
                f"it shows {shown}, and the server had to take {server.base_url}.",
                f"stop what uses port {backend.port}, then run this again.",
            )
        executed = notebooks.with_parameters(notebook, {"api_key": server.api_key})
        try:
            NotebookClient(
                executed, timeout=CELL_LIMIT, kernel_name="python3", record_timing=False, coalesce_streams=True
            ).execute()
        except CellExecutionError as error:
            raise Problem(f"A cell of {backend.notebook} failed.", str(error), "mend it; nothing was stored.") from None
    for cell, ran in zip(notebooks.code_cells(notebook), notebooks.code_cells(executed), strict=True):
        cell.execution_count = ran.execution_count
        cell.outputs = [] if "check" in notebooks.tags(cell) else ran.outputs
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    notebooks.write(notebook, ROOT / backend.notebook)
    print(f"Stored the outputs of {backend.notebook}. Look at them: git diff {backend.notebook}")


def main():
    check_machine()
    for name in HIDDEN:
        os.environ.pop(name, None)
    for backend in chosen(os.environ.get("ONLY", "")):
        update(backend)


if __name__ == "__main__":
    run_main(main)
