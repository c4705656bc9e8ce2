"""A notebook as a page offers it, without its check cells, run from top to bottom as a reader runs it."""

import nbformat
from nbclient import NotebookClient

from scripts.content import guides, notebooks
from scripts.run import execute
from scripts.site import finish_site


def test_the_vllm_notebook_runs_as_it_is_offered(root, tmp_path, monkeypatch):
    finish_site.write_downloads(tmp_path)
    run = guides.runs(guides.load()["vllm"])[0]
    offered = nbformat.read(tmp_path / run.guide.notebook, as_version=4)
    offered = notebooks.with_parameters(offered, run.parameters(root, "EMPTY"))
    for name in execute.HIDDEN:
        monkeypatch.delenv(name, raising=False)
    NotebookClient(offered, timeout=execute.CELL_LIMIT, kernel_name="python3").execute()  # raises when a cell does
    printed = next(cell for cell in notebooks.code_cells(offered) if cell.id == "quickstart").outputs[0].text
    assert printed == "The capital of France is Paris.\n"
