"""The doctor: which cause it names, and what it advises."""

import ast

from chatlas_doctor import causes

from scripts.common.paths import ROOT
from scripts.upkeep.faults import python
from scripts.upkeep.faults.fault import Kind, Place
from scripts.upkeep.faults.letters import chosen


def named(text):
    """The calls that make a Cause of one of the kinds."""
    calls = python.nodes(text, ast.Call)
    return [call for call in calls if getattr(call.func, "id", "") == "Cause" and call.args]


def cause_swapped(text, rng):
    """Another kind of cause is named."""
    found = [call for call in named(text) if isinstance(call.args[0], ast.Constant)]
    call = chosen(found, rng)
    if call is None:
        return None
    others = [kind for kind in causes.KINDS if kind != call.args[0].value]
    return python.put(text, call.args[0], f'"{rng.choice(others)}"')


def advice_taken_out(text, rng):
    """An advice is missing."""
    call = chosen((call for call in named(text) if len(call.args) > 2), rng)
    if call is None:
        return None
    at = rng.randrange(2, len(call.args))
    start, end = python.span(text, call.args[at - 1])[1], python.span(text, call.args[at])[1]
    return text[:start] + text[end:]


def condition_turned_round(text, rng):
    """What an `if` asks is turned round."""
    node = chosen(python.nodes(text, ast.If), rng)
    return python.put(text, node.test, f"not ({text[slice(*python.span(text, node.test))]})") if node else None


def status_changed(text, rng):
    """A status of HTTP or of the exit is another one."""
    numbers = [n for n in python.nodes(text, ast.Constant) if type(n.value) is int and n.value > 1]
    node = chosen(numbers, rng)
    return python.put(text, node, str(node.value + rng.choice([1, -1, 100]))) if node else None


def places():
    """The files that name causes or find them."""
    files = (ROOT / "doctor/src/chatlas_doctor").glob("*.py")
    return [[Place(str(path.relative_to(ROOT))) for path in sorted(files) if not path.name.startswith("__")]]


DOCTOR = {
    "another cause": cause_swapped,
    "an advice taken out": advice_taken_out,
    "a condition turned round": condition_turned_round,
    "another status": status_changed,
    "mutmut's": python.librarys,
}
KIND = Kind("the doctor", places, DOCTOR)
