"""Draws faults evenly by kind, and in each kind evenly by operator: the same ones for the same seed."""

import itertools
import random

from scripts.upkeep.faults import cells, configuration, doctor, programs, prose, results, written
from scripts.upkeep.faults.fault import Fault

KINDS = (programs.KIND, cells.KIND, written.KIND, configuration.KIND, results.KIND, doctor.KIND, prose.KIND)


def one(kind, operator, places, rng):
    """One fault of an operator, at the first place that has something to change; None where none has."""
    groups = [rng.sample(group, len(group)) for group in rng.sample(places, len(places))]
    for place in (place for turn in itertools.zip_longest(*groups) for place in turn if place):
        before = place.text()
        after = kind.operators[operator](before, rng)
        if after is not None and after != before:
            return Fault(kind.name, operator, place, before, after)
    return None


def of_kind(kind, seed):
    """Faults of a kind without end, one operator after the other; none twice."""
    rng, places, seen = random.Random(f"{seed} {kind.name}"), kind.places(), set()
    order = list(kind.operators)
    rng.shuffle(order)
    for operator in itertools.cycle(order):
        found = one(kind, operator, places, rng)
        if found and found not in seen:
            seen.add(found)
            yield found


def drawn(number, seed):
    """`number` faults, the kinds taking turns."""
    turns = itertools.cycle([of_kind(kind, seed) for kind in KINDS])
    return [next(turn) for turn in itertools.islice(turns, number)]
