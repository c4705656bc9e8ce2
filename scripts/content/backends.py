"""Reads backends.toml, the table of what can be served and executed."""

import functools
import re
from dataclasses import field, replace
from pathlib import Path

from pydantic.dataclasses import dataclass

from scripts.common.paths import ROOT
from scripts.common.problem import Broken, Problem
from scripts.content import tables


@dataclass(frozen=True, config=tables.CONFIG)
class Variant:
    """What one variant of a backend does otherwise; the comments in backends.toml say what each field means."""

    drop: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    makes_key: bool = False


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
    source: str = ""
    source_version: str = ""
    version_at: tuple[str, str] | None = None
    model: str = ""
    modelfiles: str = ""
    folder: str = ""
    upstream: str = ""
    makes_key: bool = False
    torch: str = ""
    any_torch: bool = False
    container: dict[str, str] = field(default_factory=dict)
    container_key: str = ""
    environ: dict[str, str] = field(default_factory=dict)
    variants: dict[str, Variant] = field(default_factory=dict)

    @property
    def version(self):
        """The pinned version of the server's package or source; "" for a program that the machine brings."""
        return pinned(self.package, self.environment) if self.environment else self.source_version

    def variant(self, name):
        """The same backend with the flags of its variant `name`, as a backend of its own called NAME+VARIANT."""
        changes = self.variants[name]
        command = [*without_flags(self.command, changes.drop), *changes.add]
        makes_key = self.makes_key or changes.makes_key
        return replace(self, name=f"{self.name}+{name}", command=command, makes_key=makes_key)


# For what the servers here cannot be brought to: it answers as tests/imitation/recorded/errors says, with sources.
IMITATION = Backend(
    name="imitation",
    title="an imitation",
    page="docs/troubleshooting.qmd",
    notebook="notebooks/errors/imitation.ipynb",
    serves="m",
    package="imitation",
    port=8099,
    api="/v1",
    ready="/health",
    ready_within=30,
    memory=0.1,
    disk=0.1,
    command=["python", "-m", "tests.imitation.of_errors", "{port}"],
)


def without_flags(command, flags):
    """`command` without these flags, each with the value that follows it."""
    kept, dropping = [], False
    for part in command:
        dropping = part in flags or (dropping and not part.startswith("--"))
        kept += [] if dropping else [part]
    return kept


@functools.cache  # the file does not change while a command runs
def load():
    """All entries of backends.toml, by name and in the order of the file."""
    found = tables.read("backends.toml", dict[str, Backend], named=True)
    for backend in found.values():
        if backend.upstream and backend.upstream not in found:
            raise Broken(f"backends.toml, {backend.name}.upstream", f"there is no backend called {backend.upstream!r}")
    return found


def known(name):
    """`name`, for a table that names a backend or NAME+VARIANT; a ValueError where there is none of that name."""
    try:
        get(name)
    except Problem:
        raise ValueError(f"there is no backend called {name!r}") from None
    return name


def get(name):
    """The entry called `name`, NAME+VARIANT for one of its variants; raises Problem when there is none."""
    backends = {**load(), IMITATION.name: IMITATION}
    name, plus, variant = name.partition("+")
    if name not in backends or (plus and variant not in backends[name].variants):
        there_are = [*backends, *(f"{each.name}+{key}" for each in backends.values() for key in each.variants)]
        raise Problem(
            f"There is no backend called {name + plus + variant!r}.",
            "it has no entry in backends.toml.",
            f"choose one of: {', '.join(there_are)}.",
        )
    return backends[name].variant(variant) if variant else backends[name]


@functools.cache  # asked for by every page
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
