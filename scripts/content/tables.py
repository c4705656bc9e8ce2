"""Reads a table (TOML) or a result (JSON) into its pydantic model; what is wrong with it is said in one line."""

import functools
import json
import tomllib

import pydantic

from scripts.common.paths import ROOT
from scripts.common.problem import Broken

CONFIG = pydantic.ConfigDict(extra="forbid")  # a key that no model has is a typing error


adapter = functools.cache(pydantic.TypeAdapter)


def read(path, model, named=False):
    """The content of the file `path` as `model`, a type that pydantic can validate.

    Args:
        named: whether it holds entries by name, each of which is given its name as `name`.

    Raises:
        Broken: the file is not there, cannot be read, or does not fit the model.
    """
    path = ROOT / path
    name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    try:
        content = (tomllib if path.suffix == ".toml" else json).loads(path.read_text())
    except FileNotFoundError:
        raise Broken(name, "there is no such file") from None
    except ValueError as error:
        raise Broken(name, f"this is no {path.suffix[1:].upper()}: {error}") from None
    if named:
        content = {key: {"name": key} | entry if isinstance(entry, dict) else entry for key, entry in content.items()}
    try:
        # as JSON, so that a list may become a tuple although nothing else is converted
        return adapter(model).validate_json(json.dumps(content), strict=True)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise Broken(f"{name}, {key}" if key else name, first["msg"].removeprefix("Value error, ")) from None
