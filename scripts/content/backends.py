"""Reads backends.toml, the table of what can be served and executed."""

import functools
import re
from dataclasses import field
from pathlib import Path

from pydantic.dataclasses import dataclass

from scripts.common.paths import ROOT
from scripts.common.problem import Broken, Problem
from scripts.content import tables


@dataclass(frozen=True, config=tables.CONFIG)
class Backend:
    """One entry of backends.toml; the comments there say what each field means.

    Not in the table, since only scripts/upkeep/original_report.py sets them: `folder`, where the command runs
    (else this repository), and `any_torch`, whether torch's build for GPUs will do where its CPU build
    cannot be had.
    """

    name: str
    title: str
    page: str
    notebook: str
    serves: str
    package: str
    port: int
    api: str
    ready: str
    ready_within: int
    memory: float
    disk: float
    command: list[str]
    classes: tuple[str, ...] = ("ChatOpenAICompletions", "ChatOpenAI")
    environment: str = ""
    binary: str = ""
    version_at: str = ""
    only_by_name: bool = False
    compiler: str = ""
    model: str = ""
    modelfiles: str = ""
    folder: str = ""
    upstream: str = ""
    makes_key: bool = False
    torch: str = ""
    any_torch: bool = False
    container: dict[str, str] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def version(self):
        """The pinned version of the server's package; "" for a program that the machine brings."""
        return pinned(self.package, self.environment) if self.environment else ""


@functools.cache  # the file does not change while a command runs
def load():
    """All entries of backends.toml, by name and in the order of the file."""
    found = tables.read("backends.toml", dict[str, Backend], named=True)
    for backend in found.values():
        if backend.upstream and backend.upstream not in found:
            raise Broken(f"backends.toml, {backend.name}.upstream", f"there is no backend called {backend.upstream!r}")
    return found


def known(name):
    """`name`, for a table that names a backend; a ValueError where there is none of that name."""
    if name not in load():
        raise ValueError(f"there is no backend called {name!r}")
    return name


def get(name):
    """The entry called `name`; raises Problem when there is none."""
    backends = load()
    if name not in backends:
        raise Problem(
            f"There is no backend called {name!r}.",
            "it has no entry in backends.toml.",
            f"choose one of: {', '.join(backends)}.",
        )
    return backends[name]


def pinned(package, requirements):
    """The version of `package` in requirements/<requirements>.txt.

    Raises:
        KeyError: the file does not pin it.
    """
    text = Path(ROOT / "requirements" / f"{requirements}.txt").read_text()
    found = re.search(rf"^{re.escape(package)}==([^\s;]+)", text, re.MULTILINE)
    if not found:
        raise KeyError(f"{package} is not pinned in requirements/{requirements}.txt")
    return found.group(1)
