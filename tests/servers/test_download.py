"""A notebook as a page offers it, without its check cells, run from top to bottom as a reader runs it."""

import os

import nbformat
import pytest
from nbclient import NotebookClient

from scripts import backends, execute, finish_site, guides, notebooks, serve


@pytest.fixture(scope="module")
def root():
    """A running vLLM's address without /v1: the one that VLLM_BASE_URL names, or one started now."""
    if base_url := os.environ.get("VLLM_BASE_URL"):
        yield base_url.removesuffix("/v1")
        return
    vllm = backends.get("vllm")
    with serve.serving(vllm, serve.prepare(vllm)) as server:
        yield server.root


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
