"""Looks for what chatlas loses in silence, and says what was tried and found: `make fidelity`.

Fails for what known.toml does not hold, and for what it holds and is not there any more. `--from-nothing` looks
without being told what is known. `--replay` puts only the smallest cases of known.toml. `--patched` expects a chatlas
with the patches of upstream/chatlas, and so nothing that one of them mends.
"""

import argparse
import collections
import importlib.metadata
import random
import sys

from tests.fidelity import known
from tests.fidelity.observe import Room
from tests.fidelity.search import search, units

OVER_SOCKET = 10  # every tenth exchange goes over a real socket, and those of ChatOllama's `/api/tags`


def main():
    parser = argparse.ArgumentParser(prog="make fidelity", description=__doc__)
    parser.add_argument("--exchanges", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1, help="0 for a new one")
    parser.add_argument("--from-nothing", action="store_true")
    parser.add_argument("--replay", action="store_true")
    parser.add_argument("--patched", action="store_true")
    options = parser.parse_args()
    number = options.seed or random.randrange(1, 2**32)
    told = {} if options.from_nothing else known.smallest()
    mended = {unit for unit in told if options.patched and known.entry_of(unit).get("patch")}
    found, met, exchanges = {}, collections.Counter(), 0
    with Room() as room:
        gone = [unit for unit, case in told.items() if unit not in units(case, room.observe(case))]
        still, gone = mended - set(gone), [unit for unit in gone if unit not in mended]
        told = {unit: case for unit, case in told.items() if unit not in mended}
        if not options.replay:
            new, met = search(room, options.exchanges - options.exchanges // OVER_SOCKET, number, told)
            found |= new
        exchanges += room.exchanges
    if not options.replay:
        with Room(socket=True) as room:
            new, again = search(room, options.exchanges // OVER_SOCKET, number, {*told, *found})
            found, met, exchanges = found | new, met + again, exchanges + room.exchanges
    versions = " and ".join(f"{name} {importlib.metadata.version(name)}" for name in ("chatlas", "openai"))
    print(f"{exchanges} exchanges with {versions}, seed {number}.")
    for (kind, route), count in sorted({**dict.fromkeys(told, 0), **met}.items()):
        if (kind, route) not in gone:
            print(f"  {'known' if (kind, route) in told else 'FOUND'}  {kind} ({route}), met {count} times")
    for (kind, route), error in sorted(found.items()):
        print(f"\n{kind} ({route})\n  smallest case: {known.to_text(error.case)}")
        print(f"  expected: {error.said!r}\n  got:      {str(error.got)!r}")
    for unit in gone:
        place = known.entry_of(unit)["place"]
        print(f"\n{unit[0]} ({unit[1]}): this now works: remove it from tests/fidelity/known.toml and {place}")
    for kind, route in sorted(still):
        print(f"\n{kind} ({route}): still there, although {known.entry_of((kind, route))['patch']} should mend it")
    if found and told:
        print("\nStopped: known.toml does not explain all of this. Add an entry, or mend the test.")
    return 1 if gone or still or (found and told) else 0


if __name__ == "__main__":
    sys.exit(main())
