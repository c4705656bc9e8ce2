"""The disagreements that are known and explained (known.toml), and their smallest cases as text."""

import dataclasses
import json
import tomllib
from pathlib import Path

from tests.fidelity.strategies import Answer, Case, Piece

FILE = Path(__file__).with_name("known.toml")


def entries():
    """What known.toml holds."""
    return tomllib.loads(FILE.read_text(encoding="utf-8")).get("known", [])


def smallest():
    """The smallest case of each unit, a kind and a route."""
    return {(entry["kind"], route): case_of(case) for entry in entries() for route, case in entry["cases"].items()}


def entry_of(unit):
    """The entry that explains a unit."""
    kind, route = unit
    return next(entry for entry in entries() if entry["kind"] == kind and route in entry["cases"])


def to_text(case):
    """A case as JSON, without what is as it is by default."""
    return json.dumps(changed(case), ensure_ascii=False)


def changed(thing):
    if isinstance(thing, tuple):
        return [changed(each) for each in thing]
    if not dataclasses.is_dataclass(thing):
        return thing
    fields = [(field.name, getattr(thing, field.name), field.default) for field in dataclasses.fields(thing)]
    return {name: changed(value) for name, value, default in fields if value != default}


def case_of(text):
    """The case that `to_text` made this of."""
    fields = json.loads(text)
    answer = fields.pop("answer", {})
    answer["pieces"] = tuple(Piece(**piece) for piece in answer.get("pieces", []))
    answer["names"] = tuple(answer.get("names", []))
    return Case(answer=Answer(**answer), **fields)
