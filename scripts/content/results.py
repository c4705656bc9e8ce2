"""Reads the accepted results of runs: results/*.json."""

from typing import Annotated, Literal, NotRequired

from pydantic import AfterValidator
from typing_extensions import TypedDict  # pydantic takes typing's from Python 3.12 on

from scripts.common.paths import ROOT
from scripts.content import backends, tables

FOLDER = ROOT / "results"


class Cell(TypedDict):
    """What became of one code cell."""

    __pydantic_config__ = tables.CONFIG
    id: str
    sha256: str
    outcome: Literal["passed", "failed", "not_run"]
    seconds: float
    error: NotRequired[str]
    reason: NotRequired[str]


class Result(TypedDict):
    """What scripts/run/report.py writes of a run."""

    __pydantic_config__ = tables.CONFIG
    made_by: str
    backend: Annotated[str, AfterValidator(backends.known)]
    notebook: str
    where: Literal["embedded", "container", "gpu-container", "url"]
    date: str
    versions: dict[str, str]
    model: str
    served_models: list[str]
    hardware: str
    figures: dict[str, float | int | None]
    snippet: Literal["passed", "failed", "none"]
    cells: list[Cell]
    container: NotRequired[dict[str, str | float | int | None]]


class OldestChatlas(TypedDict):
    """What `make oldest-chatlas` writes."""

    __pydantic_config__ = tables.CONFIG
    made_by: str
    date: str
    server: str
    oldest: str
    tried: list[dict[str, str | None]]


Release = TypedDict(  # these are no names in Python
    "Release",
    {
        "chatlas": str,
        "openai<3": str,
        "openai>=3": str,
        "openai": str,
        "warns": bool,
        "reads_reasoning": bool,
        "sends_ids": bool,  # ChatOpenAI, with an earlier answer
        "keeps_repeats": bool,
        "says_where_ollama_is": bool,
        "not_yes": NotRequired[dict[str, list[str]]],  # of minor releases
    },
)


class Releases(TypedDict):
    """What `make releases` writes."""

    __pydantic_config__ = tables.CONFIG
    made_by: str
    date: str
    server: str
    releases: list[Release]


Call = TypedDict(  # `class` is a word of Python's own
    "Call", {"chatlas": str, "openai": str, "class": str, "model": str, "questions": int, "worked": bool, "said": str}
)


class Asked(TypedDict):
    """A server of the original report and what it answered."""

    server: str
    calls: list[Call]
    log: list[str]


class OriginalReport(TypedDict):
    """What `make original-report` writes."""

    __pydantic_config__ = tables.CONFIG
    made_by: str
    date: str
    servers: list[Asked]


def accepted(run, where="embedded"):
    """The accepted result of a guides.Run, None without one; `where` is one of those in report.write."""
    path = FOLDER / run.result(where)
    return tables.read(path, Result) if path.exists() else None
