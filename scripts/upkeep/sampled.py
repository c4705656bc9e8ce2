"""`make mutants SAMPLE=100 SEED=1`: faults that a machine makes, drawn evenly by kind (scripts/upkeep/faults).

Each is seeded into a copy. Asked are, in this order, `make check`'s tests, the tests that belong to the kind, and for
a cell its notebook on a real server. Tests marked `any_change` fail on every change of a text: they are asked last,
and what only they notice is not caught. What fails without a fault is not asked.
The result goes to _build/sampled.json.
"""

import concurrent.futures
import contextlib
import datetime
import json
import os
import re
import sys
import time

import nbformat

from scripts.common.paths import BUILD, ROOT
from scripts.common.problem import Problem, run_main
from scripts.content import errors, notebooks, pages
from scripts.run import report
from scripts.upkeep import copies, mutants
from scripts.upkeep.faults import cells, drawing, excused
from scripts.upkeep.faults.fault import seed
from scripts.upkeep.freshness import table

RESULT = BUILD / "sampled.json"
CHECK, BELONGING, SERVER, ANY_CHANGE = "make check", "the kind's tests", "a server", "any change"
OF_PAGES = (
    "tests/content/test_variables.py",
    "tests/content/test_guides.py",
    "tests/content/test_commands.py",
    "tests/matrix/test_evidence.py",
)
BELONG = {  # those that take seconds
    "tables and configuration": (
        "tests/content/test_guides.py",
        "tests/content/test_commands.py",
        "tests/servers/test_containers.py",
        "tests/servers/test_container_checks.py",
        "tests/common/test_makefile.py",
    ),
    "results": (
        *OF_PAGES,
        "tests/matrix/test_compatibility.py",
        "tests/matrix/test_stored.py",
        "tests/matrix/test_reported.py",
    ),
    "the doctor": ("tests/doctor", "doctor/tests", "tests/client"),
}
TARGETS = {kind.name for kind in drawing.KINDS if kind.has_target}
ALL = "all with a target"
FIRST = {  # of `make check`: what finds most of a kind, so that the rest need not be asked
    "words of programs": ("words", "names", "commands", "copying"),
    "cells": ("types", "pages", "notebooks"),
    "pages": ("links", "pages", "errors"),
    "tables and configuration": ("compose", "errors", "workflows", "site_settings"),
    "results": ("results", "pages"),
    "the doctor": ("errors", "words"),
}


def first(kind):
    """The tests of `make check` in the order in which a kind is asked; the doctor's are no more than these."""
    named = [f"tests/static/test_{name}.py" for name in FIRST.get(kind, ())]
    return named if kind == "the doctor" else [*named, "tests/static"]


def failed(runner, folder, tests, broken=(), marked="not any_change", at_once=0):
    """The first of `tests` that fails in the copy, None if none does."""
    options = ["-x", "-q", "-rf", "--no-header", "-p", "no:cacheprovider", "-m", marked]
    options += ["-n", str(at_once)] if at_once else ["-p", "no:hypothesispytest", "-p", "no:xdist"]
    options += [f"--deselect={each}" for each in broken]
    status, printed = runner.run([sys.executable, "-m", "pytest", *options, *tests], folder)
    found = re.search(r"^(?:FAILED|ERROR) ((?:doctor/)?tests/\S+)", printed, re.MULTILINE)
    if status in (0, 5, "too slow"):  # 5: none of them is marked so; a slow machine is no catch
        return None
    return found[1] if found else last_line(printed)


def any_change():
    """The files of tests in which some are marked so."""
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if "pytest.mark.any_change" in path.read_text()]
    return [str(path.relative_to(ROOT)) for path in files]


def last_line(printed):
    """What pytest says where it could not even begin: a table that cannot be read, for example."""
    return printed.strip().splitlines()[-1][:120]


def broken(runner, names, snapshot):
    """The tests that fail without any fault."""
    with copies.copied(names, snapshot) as folder:
        asked = [
            "tests/static",
            *sorted({*OF_PAGES, *(name for kind, tests in BELONG.items() if kind != "the doctor" for name in tests)}),
        ]
        options = ["-q", "-rf", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist"]
        _, printed = runner.run([sys.executable, "-m", "pytest", *options, *asked], folder)
    return re.findall(r"^(?:FAILED|ERROR) (tests/.+?)(?: - .*)?$", printed, re.MULTILINE)


def asked(fault, names, snapshot, runner, broken):
    """Seed a fault into a copy and ask the tests; returns (who noticed, what it is), or two times None."""
    if fault.kind not in TARGETS:
        return None, None
    with copies.copied(names, snapshot) as folder:
        seed(fault, folder)
        at_once = 4 if fault.kind == "the doctor" else 0  # they wait more than they work
        if what := failed(
            runner, folder, [*first(fault.kind), *BELONG.get(fault.kind, OF_PAGES)], broken, at_once=at_once
        ):
            return BELONGING if what.startswith(BELONG.get(fault.kind, OF_PAGES)) else CHECK, what
        if what := failed(runner, folder, any_change(), broken, "any_change"):
            return ANY_CHANGE, what
    return None, None


def kept(notebook, place):
    """The cells of a notebook that are executed for a changed one: of a notebook of errors those of its pages."""
    label = place.cell.removeprefix("check-")
    every = notebook.cells
    if "/errors/" in place.path:
        shown = [{name for path, name, _ in pages.embeds(page) if path == place.path} for page in errors.written()]
        labels = {name for on_page in shown if label in on_page for name in on_page} | {"parameters", label}
        return [cell for cell in every if cell.id.removeprefix("check-") in labels]
    last = max(i for i, cell in enumerate(every) if cell.id.removeprefix("check-") in (label, "quickstart"))
    return every[: last + 1]


def executed(fault, names, snapshot, runner, servers):
    """The cells that fail when the changed one is executed on a server, and pass as they were; None if none does."""
    run, found = cells.run_of(fault.place.path), []
    for seeded in (True, False):
        with copies.copied(names, snapshot) as folder:
            if seeded:
                seed(fault, folder)
            path = folder / fault.place.path
            notebook = nbformat.read(path, as_version=4)
            notebook.cells = kept(notebook, fault.place)
            notebooks.write(notebook, path)
            found.append(mutants.executed(runner, folder, run, servers))
        if not found[0]:
            return None
    return None if found[1] else found[0]


def entry(fault, by, what):
    """What is noted of a fault."""
    return {
        "kind": fault.kind,
        "operator": fault.operator,
        "place": str(fault.place),
        "shown": fault.shown(),
        "size": fault.size,
        "caught_by": by,
        "what": what,
        "excused": None if by in (CHECK, BELONGING, SERVER) else excused.why(fault),
    }


def ask_all(faults, names, snapshot, runner, pool, broken):
    """Ask the tests about all faults; yields (fault, who, what) as they are known."""
    futures = {pool.submit(asked, fault, names, snapshot, runner, broken): fault for fault in faults}
    for number, future in enumerate(concurrent.futures.as_completed(futures), 1):
        fault, (by, what) = futures[future], future.result()
        print(
            f"  {number:>3}/{len(faults)}  {by or 'NOT CAUGHT':<16}  {str(fault)[:110]}  {(what or '')[:70]}",
            flush=True,
        )
        yield fault, by, what


def execute_all(found, names, snapshot, runner, pool, stack):
    """Execute the changed cells that no test noticed; returns all that is found, with what servers noticed."""
    unseen = [fault for fault, by, _ in found if fault.kind == "cells" and by in (None, ANY_CHANGE)]
    needed = {cells.run_of(fault.place.path).backend.name for fault in unseen}
    servers = mutants.serving(stack, needed) if needed & set(mutants.EXECUTED_ON) else {}
    futures = {fault: pool.submit(executed, fault, names, snapshot, runner, servers) for fault in unseen}
    seen = {}
    for fault, future in futures.items():
        seen[fault] = future.result()
        print(
            f"  {'a server' if seen[fault] else 'NOT CAUGHT':<16}  {str(fault)[:110]}  {seen[fault] or ''}", flush=True
        )
    return [(fault, SERVER, seen[fault]) if seen.get(fault) else (fault, by, what) for fault, by, what in found]


def shares(entries):
    """The table: each kind with who caught how many of it, and the share of those that are not excused."""
    ways = (CHECK, BELONGING, SERVER, ANY_CHANGE, None)
    rows = [("kind", *ways[:3], "any change only", "not caught", "excused", "share caught")]
    for name in [*(kind.name for kind in drawing.KINDS), ALL]:
        of_kind = [e for e in entries if e["kind"] == name or (name == ALL and e["kind"] in TARGETS)]
        counted = [e for e in of_kind if not e["excused"]]
        numbers = [sum(e["caught_by"] == way for e in counted) for way in ways]
        share = f"{sum(numbers[:3]) / len(counted):.0%}" if counted and name in (ALL, *TARGETS) else "no target"
        rows.append((name, *map(str, numbers), str(len(of_kind) - len(counted)), share))
    return table(rows)


def number_of(sample):
    """How many faults SAMPLE= asks for.

    Raises:
        Problem: it is no number.
    """
    if not sample.isdecimal() or int(sample) == 0:
        raise Problem(f"SAMPLE={sample} cannot be followed.", "it is no number of faults.", "write SAMPLE=100.")
    return int(sample)


def main():
    number, seed_text = number_of(os.environ["SAMPLE"]), os.environ.get("SEED") or "1"
    start, names = time.monotonic(), copies.files()
    faults, runner, found = drawing.drawn(number, seed_text), mutants.Runner(), []
    with contextlib.ExitStack() as stack:
        snapshot = stack.enter_context(copies.copied(names))
        without = broken(runner, names, snapshot)
        print("".join(f"- fails without a fault, so it is not asked: {each}\n" for each in without), end="", flush=True)
        pool = concurrent.futures.ThreadPoolExecutor(mutants.AT_ONCE)
        stack.callback(pool.shutdown, cancel_futures=True)
        stack.callback(runner.close)
        found = list(ask_all(faults, names, snapshot, runner, pool, without))
        found = execute_all(found, names, snapshot, runner, pool, stack)
    entries = sorted((entry(*each) for each in found), key=lambda e: (e["kind"], e["size"]))
    seconds = time.monotonic() - start
    result = {
        "made_by": f"make mutants SAMPLE={number} SEED={seed_text}",
        "date": datetime.date.today().isoformat(),
        "hardware": report.hardware(),
        "seconds": round(seconds),
        "faults": entries,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(f"\n{shares(entries)}")
    for e in sorted(entries, key=lambda e: (e["kind"] not in TARGETS, e["size"])):
        if e["caught_by"] in (None, ANY_CHANGE):
            word = (
                f"EXCUSED ({e['excused']})" if e["excused"] else "NOT CAUGHT" if e["kind"] in TARGETS else "no target"
            )
            print(f"{word}: {e['kind']}: {e['place']}, {e['operator']}: {e['shown'][:300]}")
    print(f"\n{len(entries)} faults with SEED={seed_text} in {seconds:.0f} s. The table: {RESULT}")
    return 0


if __name__ == "__main__":
    run_main(main)
