"""What is executed: each notebook with its page and the backends that it runs on.

A backend's own notebook is named in backends.toml; notebooks.toml lists those that several
backends share.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import pydantic

from scripts.common.paths import ROOT
from scripts.common.problem import Problem
from scripts.content import backends, tables

OF_ERRORS = "errors/"
IN_CONTAINERS = {"container": "container", "gpu": "gpu-container"}  # what results call what ON= names


@dataclass(frozen=True)
class Guide:
    """A notebook and the page that shows it.

    Attributes:
        name: what ONLY= names.
        notebook: its path, relative to the repository.
        page: path of its page, relative to the repository; "" for a notebook that no page shows yet, and for
            one of errors.
        on: the names of the backends it is executed on.
        needs: "gpu" for a notebook that is executed by `make test-docs ON=gpu` alone, else "".
    """

    name: str
    notebook: str
    page: str
    on: tuple[str, ...]
    needs: str = ""

    @property
    def is_of_errors(self):
        """Whether its cells provoke errors and show the ways out: several pages of docs/errors share it."""
        return self.name.startswith(OF_ERRORS)

    @property
    def is_not_run_yet(self):
        """Whether it waits for its first run: a state that only a notebook which needs a GPU can be in.

        Such a notebook has no page and stores no outputs (tests/static/test_notebooks.py).
        """
        return self.needs == "gpu" and not self.page


@pydantic.dataclasses.dataclass(config=tables.CONFIG)
class Entry:
    """One entry of notebooks.toml; the comments there say what each field means."""

    backends: Annotated[
        tuple[Annotated[str, pydantic.AfterValidator(backends.known)], ...], pydantic.Field(min_length=1)
    ]
    page: str = ""
    needs: Literal["", "gpu"] = ""


@dataclass(frozen=True)
class Run:
    """One guide on one backend."""

    guide: Guide
    backend: backends.Backend

    @property
    def is_own(self):
        """Whether the notebook is the backend's own."""
        return self.guide.name == self.backend.name

    @property
    def name(self):
        """GUIDE for a backend's own notebook, else GUIDE@BACKEND."""
        return self.guide.name if self.is_own else f"{self.guide.name}@{self.backend.name}"

    @property
    def names(self):
        """What ONLY= names this very run by: its name, or an "@" and its backend."""
        return {self.name, f"@{self.backend.name}", f"@{self.backend.name.partition('+')[0]}"}

    def result(self, where):
        """The file name of this run's result; `where` is one of those in report.write."""
        return f"{self.name.replace('/', '-')}-{where}.json"

    def parameters(self, root, api_key, model=""):
        """What the parameters cell is given on a server at `root` (its address without a path); `model`, if chosen."""
        api = self.backend.api if self.is_own or self.guide.is_of_errors else "/v1"
        return {"base_url": root + api, "api_key": api_key, "model": model or self.backend.serves}


def load():
    """All guides by name: the backends' own, those of notebooks.toml, and notebooks/errors/BACKEND.ipynb."""
    own = [Guide(b.name, b.notebook, b.page, (b.name,)) for b in backends.load().values()]
    shared = tables.read("notebooks.toml", dict[str, Entry])
    others = [Guide(name, f"notebooks/{name}.ipynb", e.page, e.backends, e.needs) for name, e in shared.items()]
    files = sorted((ROOT / "notebooks" / OF_ERRORS).glob("*.ipynb"))
    of_errors = [
        Guide(f"{OF_ERRORS}{file.stem}", f"notebooks/{OF_ERRORS}{file.name}", "", (file.stem,)) for file in files
    ]
    return {guide.name: guide for guide in [*own, *others, *of_errors]}


def runs(guide):
    """Every run of `guide`, the one whose outputs are stored first."""
    return [Run(guide, backends.get(name)) for name in guide.on]


def chosen(only):
    """The runs that `only` names, or those of a plain run when it is empty.

    Args:
        only: names with commas between them; GUIDE@BACKEND names one run of a shared guide, @BACKEND
            all that runs on it and its variants.

    Raises:
        Problem: there is no such guide or run.
    """
    known = load()
    if not only:
        return [run for guide in known.values() for run in runs(guide)]
    found = []
    for name in only.split(","):
        guide, _, backend = name.strip().partition("@")
        of_guide = [run for g in known.values() if g.name == guide or (backend and not guide) for run in runs(g)]
        named = [run for run in of_guide if backend in ("", run.backend.name, run.backend.name.partition("+")[0])]
        if not named:
            raise Problem(
                f"There is no notebook called {name.strip()!r}.",
                "neither backends.toml nor notebooks.toml has such an entry.",
                f"choose from: {', '.join(run.name for guide in known.values() for run in runs(guide))}.",
            )
        found += named
    return found
