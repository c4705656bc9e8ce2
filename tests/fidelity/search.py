"""Lets hypothesis look for disagreements, and reduce each to its smallest case."""

import collections
import functools

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fidelity.compare import disagreements, route
from tests.fidelity.strategies import cases

PER_CASE = 3  # requests, at least: two questions, and the second one again in a conversation that was loaded


class Disagreement(Exception):
    """A case in which something disagrees. There is a subclass for each unit, since hypothesis tells errors apart
    by their type, and reduces each on its own.

    Attributes:
        unit: the kind and the route.
        case: the case.
        said: what was to be expected.
        got: what was there.
    """

    def __init__(self, case, said, got):
        super().__init__(said, got)
        self.case, self.said, self.got = case, said, got


@functools.cache
def error_of(unit):
    """The subclass of Disagreement for this unit."""
    return type("Disagreement", (Disagreement,), {"unit": unit})


def units(case, seen):
    """The disagreements of a case, by kind and route."""
    return {(kind, route(case)): (said, got) for kind, said, got in disagreements(case, seen)}


def search(room, exchanges, number, known=()):
    """Put cases to chatlas until this many requests were answered, those for reducing included.

    What is found is reduced to its smallest case, and then no longer looked for.

    Args:
        room: where to ask.
        exchanges: how many requests.
        number: the seed.
        known: the units that are not to be reduced.

    Returns:
        The disagreements that are not in `known`, by unit; and how often each unit was met, reducing aside.
    """
    found, met = {}, collections.Counter()
    end = room.exchanges + exchanges
    while room.exchanges < end:
        found |= one_pass(room, {*known, *found}, end, number, met)
        number += 1
    return found, met


def one_pass(room, known, end, number, met):
    """The same until something is found that is not in `known`, or the end is reached."""
    reducing = []

    @seed(number)
    @settings(
        max_examples=(end - room.exchanges) // PER_CASE + 1,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        database=None,
        deadline=None,
        print_blob=False,
    )
    @given(cases())
    def look(case):
        if not reducing and room.exchanges >= end:
            return
        there = units(case, room.observe(case))
        if not reducing:
            met.update(there.keys())
        for unit in sorted(there.keys() - known):
            reducing.append(unit)
            raise error_of(unit)(case, *there[unit])

    found = {}
    try:
        look()
    except* Disagreement as group:
        found = {error.unit: error for error in group.exceptions}
    return found
