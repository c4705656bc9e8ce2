"""All probes, in the order of the table: those of each file in themes/, as they stand there."""

import functools
import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass

from chatlas_doctor.probes.question import digests

THEMES = ("answers", "settings", "structured", "tools", "content", "bookkeeping", "errors", "connection")


@dataclass(frozen=True)
class Probe:
    """One question.

    Attributes:
        name: the function's name with hyphens, an anchor on the site.
        title: the row's heading.
        shows: what it shows, the function's docstring.
        theme: the group's heading, the first line of its file.
        function: takes a target.Target, returns an outcome.Outcome; an error means unsupported.
        question: the digest of what it asks (question.py).
        follows: what a model has to do for it, a name in any_server.WORDINGS; "" where the server alone decides.
    """

    name: str
    title: str
    shows: str
    theme: str
    function: Callable
    question: str
    follows: str = ""


def probe(title, follows=""):
    """Mark a function as a probe with this row heading, and with what a model has to do for it."""

    def mark(function):
        function.title, function.follows = title, follows
        return function

    return mark


@functools.cache  # the probes do not change while a command runs
def load():
    """Every probe by name."""
    found = {}
    for theme in THEMES:
        module = importlib.import_module(f"chatlas_doctor.probes.themes.{theme}")
        asked, heading = digests(inspect.getsource(module)), module.__doc__.splitlines()[0].rstrip(".")
        for function in vars(module).values():
            if hasattr(function, "title") and callable(function):
                name = function.__name__.replace("_", "-")
                shows = " ".join(function.__doc__.split())
                found[name] = Probe(
                    name, function.title, shows, heading, function, asked[function.__name__], function.follows
                )
    return found
