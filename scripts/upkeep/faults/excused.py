"""Faults that change nothing for a reader, by rule."""

import ast
import tomllib

import yaml


def same_python(fault):
    """The code is the same to Python."""
    if not (fault.place.cell or fault.place.path.endswith(".py")):
        return False
    try:
        return ast.dump(ast.parse(fault.before)) == ast.dump(ast.parse(fault.after))
    except SyntaxError:
        return False


def same_values(fault):
    """The file says the same to what reads it."""
    read = {"toml": tomllib.loads, "yml": yaml.safe_load, "yaml": yaml.safe_load}.get(
        fault.place.path.rpartition(".")[2]
    )
    try:
        return bool(read) and read(fault.before) == read(fault.after)
    except (ValueError, yaml.YAMLError):
        return False


RULES = (same_python, same_values)


def why(fault):
    """The first line of the rule that excuses a fault, None if none does."""
    return next((rule.__doc__ for rule in RULES if rule(fault)), None)
