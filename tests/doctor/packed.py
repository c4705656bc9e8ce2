"""The doctor's `explain` and its build hook, from the checkout."""

import importlib.util

from scripts.common.paths import ROOT


def module(path):
    """The module in this file of the folder doctor/, which is a package of its own and not installed here."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


explain = module(ROOT / "doctor/src/chatlas_doctor/explain.py")
packing = module(ROOT / "doctor/packing.py")
