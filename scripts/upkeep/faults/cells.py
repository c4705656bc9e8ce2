"""Cells of the notebooks that have been executed."""

from scripts.content import guides, notebooks
from scripts.servers import serve
from scripts.upkeep.faults import python
from scripts.upkeep.faults.fault import Kind, Place


def run_of(path):
    """The first run of a notebook whose server can be started here, None if there is none."""
    (guide,) = [guide for guide in guides.load().values() if guide.notebook == path]
    started = [run for run in guides.runs(guide) if guide.needs != "gpu" and not serve.unavailable(run.backend)]
    return started[0] if started else None


def places():
    """Every code cell that can be executed here, by notebook."""
    every = [guide.notebook for guide in guides.load().values() if run_of(guide.notebook)]
    return [[Place(path, cell.id) for cell in notebooks.code_cells(notebooks.read(path))] for path in every]


KIND = Kind("cells", places, python.OWN)
