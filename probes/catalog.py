"""All probes, in the order of the table: those of each file in themes/, as they stand there."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass

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
    """

    name: str
    title: str
    shows: str
    theme: str
    function: Callable


def probe(title):
    """Mark a function as a probe with this row heading."""

    def mark(function):
        function.title = title
        return function

    return mark


def load():
    """Every probe by name."""
    found = {}
    for theme in THEMES:
        module = importlib.import_module(f"probes.themes.{theme}")
        for function in vars(module).values():
            if hasattr(function, "title") and callable(function):
                name = function.__name__.replace("_", "-")
                shows = " ".join(function.__doc__.split())
                found[name] = Probe(name, function.title, shows, module.__doc__.splitlines()[0].rstrip("."), function)
    return found
