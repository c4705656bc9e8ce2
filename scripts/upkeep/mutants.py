"""Seeds one fault of mutants.toml at a time into a copy of the repository, and asks who notices.

    make mutants                                     all of them, on the server that `make start` started,
                                                     else on one started for the run
    make mutants URL=http://localhost:8000/v1        on a vLLM server that serves the embedded model
    make mutants ONLY=wrong-class,dead-link          some of them
    make mutants SAMPLE=100 SEED=1                   faults that a machine makes instead (sampled.py)

Asked are the tests of `make test` that look at pages, notebooks and results (FAST), and, when those
pass, the notebook on a real server, as `make test-docs` does, up to the changed cell's check. A
changed cell is made to look as if it had been run and accepted; otherwise the marks of its last run
would give every fault away.
The result goes to _build/mutants.json. Exits with 1 when fewer than 95 of 100 are caught, or when one
is not caught and its entry gives no reason.
"""

import concurrent.futures
import contextlib
import datetime
import json
import os
import re
import subprocess
import sys
import threading
import time

import nbformat
from pydantic.dataclasses import dataclass

from scripts.common import processes
from scripts.common.paths import BUILD, ROOT
from scripts.common.problem import Problem, run_main
from scripts.content import backends, guides, notebooks, tables
from scripts.run import report
from scripts.servers import serve
from scripts.upkeep import copies
from scripts.upkeep.faults.fault import Place, change_cell
from scripts.upkeep.freshness import table

FILE = ROOT / "mutants.toml"
RESULT = BUILD / "mutants.json"
ENOUGH = 0.95
EXECUTED_ON = ("vllm", "litellm")  # what starts here in seconds
AT_ONCE = 2  # copies at a time: two cores, one server
LIMIT = 300  # seconds for the tests, or for a notebook
FAST = (
    "tests/static",
    "tests/content/test_variables.py",
    "tests/matrix/test_compatibility.py",
    "tests/matrix/test_evidence.py",
    "tests/content/test_guides.py",
    "tests/content/test_commands.py",
    "tests/site/test_build_site.py",
)


@dataclass(frozen=True, config=tables.CONFIG)
class Mutant:
    """One entry of mutants.toml; the comments there say what each field means."""

    name: str
    fault: str
    places: tuple[str, ...]
    find: str
    replace: str
    reason: str = ""


@dataclass(config=tables.CONFIG)
class Table:
    """The whole of mutants.toml."""

    mutant: list[Mutant]


def load(only=""):
    """The mutants that `only` names (with commas between them), or all.

    Raises:
        Problem: `only` names one that there is not.
    """
    found = {mutant.name: mutant for mutant in tables.read(FILE, Table).mutant}
    wanted = [name.strip() for name in only.split(",") if name.strip()] or list(found)
    unknown = [name for name in wanted if name not in found]
    if unknown:
        raise Problem(f"There is no mutant called {unknown[0]!r}.", "mutants.toml has none.", "look there for names.")
    return [found[name] for name in wanted]


def rotten(mutant):
    """Why a mutant cannot be seeded any more, or None: each place has to hold its text."""
    for place in mutant.places:
        path, _, cell = place.partition("#")
        if not (ROOT / path).exists():
            return f"there is no {path}"
        text = (ROOT / path).read_text()
        if cell:
            sources = [c.source for c in notebooks.code_cells(notebooks.read(path)) if c.id == cell]
            text = sources[0] if sources else ""
        if mutant.find not in text:
            return f"{place} does not hold {mutant.find!r} any more"
    return None


def seed(mutant, folder):
    """Put the fault into the copy of the repository in `folder`."""
    for place in mutant.places:
        path, _, cell_id = place.partition("#")
        if not cell_id:
            text = (folder / path).read_text()
            (folder / path).write_text(text.replace(mutant.find, mutant.replace, 1))
            continue
        notebook = nbformat.read(folder / path, as_version=4)
        source = next(cell.source for cell in notebook.cells if cell.id == cell_id)
        change_cell(notebook, Place(path, cell_id), source.replace(mutant.find, mutant.replace, 1), folder)


def cut(mutant, folder):
    """Drop what comes after the changed cells and their checks from the copy, so that it is executed sooner."""
    for path in {place.partition("#")[0] for place in mutant.places if "#" in place}:
        notebook = nbformat.read(folder / path, as_version=4)
        changed = {place.partition("#")[2] for place in mutant.places if place.startswith(f"{path}#")}
        kept = [i for i, cell in enumerate(notebook.cells) if {cell.id, cell.id.removeprefix("check-")} & changed]
        first = next(i for i, cell in enumerate(notebook.cells) if cell.id == "check-quickstart")
        notebook.cells = notebook.cells[: max(first, *kept) + 1]
        notebooks.write(notebook, folder / path)


class Runner:
    """Runs commands in copies, and ends those that still run when it is closed."""

    def __init__(self):
        self.running, self.lock, self.closed = set(), threading.Lock(), False

    def run(self, command, folder, **environ):
        """The exit status of a command in `folder`, and what it printed.

        Raises:
            Problem: it was told to end.
        """
        log = folder / "printed.log"
        mine = {name: value for name, value in os.environ.items() if name not in ("ONLY", "URL", "API_KEY")}
        with open(log, "w") as output:
            with self.lock:
                if self.closed:
                    raise Problem("Stopped.", "the run was interrupted.", "start it again.")
                process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env={**mine, "PYTHONDONTWRITEBYTECODE": "1", **environ},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                self.running.add(process)
            try:
                status = process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                status = "too slow"
            finally:
                processes.stop_tree(process.pid)
                self.running.discard(process)
        return status, log.read_text()

    def close(self):
        """End what still runs."""
        with self.lock:
            self.closed = True
        for process in list(self.running):
            processes.stop_tree(process.pid)


def tested(runner, folder):
    """The first test of FAST that fails in the copy, or None."""
    asked = [name for name in FAST if (folder / name).exists()]
    options = ["-x", "-q", "-rf", "--no-header", "-p", "no:cacheprovider"]
    status, printed = runner.run([sys.executable, "-m", "pytest", *options, *asked], folder)
    failed = re.search(r"^(?:FAILED|ERROR) tests/(\S+)", printed, re.MULTILINE)
    if status and not failed:
        raise not_judged(status, printed)
    return failed[1] if status else None


def not_judged(status, printed):
    """A Problem: what should judge a mutant broke, and that must not count as caught."""
    last = "\n".join(printed.strip().splitlines()[-8:])
    return Problem("A mutant could not be judged.", f"what asks ended with {status}:\n{last}", "mend that, run again.")


def executed(runner, folder, run, servers):
    """The cells of the run's notebook that fail in the copy, as one text, or None."""
    environ, where = {"ONLY": run.name, "ON": "embedded"}, "embedded"
    if run.backend.name in servers:  # else one is started for it
        root, api_key = servers[run.backend.name]
        environ, where = {"ONLY": run.name, "URL": root + run.backend.api, "API_KEY": api_key}, "url"
    status, printed = runner.run([sys.executable, "-m", "scripts.run.test_docs"], folder, **environ)
    if status == 0:
        return None
    path = folder / "_build" / "results" / run.result(where)
    if not path.exists():
        raise not_judged(status, printed)
    result = json.loads(path.read_text())
    cells = [cell["id"] for cell in result["cells"] if cell["outcome"] == "failed"]
    return ", ".join([f"{run.name}: {cell}" for cell in cells] or [f"{run.name}: the snippet on its own"])


def runs_of(mutant):
    """The runs that execute the cells that a mutant changes: the first of each notebook."""
    changed = {place.partition("#")[0] for place in mutant.places if "#" in place}
    first = [guides.runs(guide)[0] for guide in guides.load().values() if guide.notebook in changed]
    return [run for run in first if run.backend.name in EXECUTED_ON]


def ask(mutant, names, snapshot, runner, servers):
    """Seed one mutant into a copy of the folder `snapshot`; returns what is noted of it."""
    start, by, what = time.monotonic(), "", None
    with copies.copied(names, snapshot) as folder:
        seed(mutant, folder)
        by, what = "make test", tested(runner, folder)
        cut(mutant, folder)
        for run in runs_of(mutant):
            if what is None:
                by, what = "make test-docs", executed(runner, folder, run, servers)
    return {
        "name": mutant.name,
        "fault": mutant.fault,
        "caught_by": by if what else None,
        "what": what or mutant.reason or "NO REASON GIVEN",
        "seconds": round(time.monotonic() - start, 1),
    }


def check_baseline(names, snapshot, runner, servers, runs):
    """Raise Problem when something fails already without a fault: then nothing would be shown."""
    with copies.copied(names, snapshot) as folder:
        what = tested(runner, folder)
        for run in runs:
            what = what or executed(runner, folder, run, servers)
    if what:
        raise Problem(
            "Something fails without any fault seeded.",
            f"{what}.",
            "run `make test` and `make test-docs` first; on a server of yours, it has to serve the embedded model.",
        )


def serving(stack, needed):
    """The servers that are needed, by backend's name: the address without a path, and the key."""
    vllm = backends.get("vllm")
    state = serve.running(vllm)
    url = os.environ.get("URL", "").rstrip("/") or (state["base_url"] if state else "")
    base_url = url or serve.ensure_running(vllm, stack, {}).base_url
    found = {"vllm": (base_url.removesuffix(vllm.api), "EMPTY")}
    if "litellm" in needed:
        litellm = backends.get("litellm")
        proxy = stack.enter_context(serve.serving(litellm, serve.prepare(litellm), base_url))
        found["litellm"] = (proxy.root, proxy.api_key)
    return found


def summary(entries):
    """How many mutants each way of looking caught, and how many nothing did."""
    ways = ("make test", "make test-docs", None)
    return {way or "not caught": sum(entry["caught_by"] == way for entry in entries) for way in ways}


def main():
    start, mutants, names = time.monotonic(), load(os.environ.get("ONLY", "")), copies.files()
    for mutant in mutants:
        if why := rotten(mutant):
            raise Problem(f"The mutant {mutant.name} cannot be seeded.", f"{why}.", "mend its entry in mutants.toml.")
    runs = {run.name: run for mutant in mutants for run in runs_of(mutant)}
    entries, runner = [], Runner()
    with contextlib.ExitStack() as stack:
        snapshot = stack.enter_context(copies.copied(names))  # you may go on working meanwhile
        servers = serving(stack, {run.backend.name for run in runs.values()}) if runs else {}
        stack.callback(runner.close)
        print(f"- without a fault: the tests, and the notebooks {', '.join(runs) or '(none)'} ...", flush=True)
        check_baseline(names, snapshot, runner, servers, runs.values())
        pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
        stack.callback(pool.shutdown, cancel_futures=True)
        stack.callback(runner.close)  # first of all when interrupted: what runs is ended, so that the pool ends
        asked = [pool.submit(ask, mutant, names, snapshot, runner, servers) for mutant in mutants]
        for number, future in enumerate(concurrent.futures.as_completed(asked), 1):
            entries.append(entry := future.result())
            by = entry["caught_by"] or "NOT CAUGHT"
            print(f"  {number:>3}/{len(mutants)}  {by:<14}  {entry['name']:<36}  {entry['what'][:80]}", flush=True)
    entries.sort(key=lambda entry: [mutant.name for mutant in mutants].index(entry["name"]))
    counts, seconds = summary(entries), time.monotonic() - start
    caught = len(entries) - counts["not caught"]
    result = {
        "made_by": "make mutants",
        "date": datetime.date.today().isoformat(),
        "hardware": report.hardware(),
        "seconds": round(seconds),
        "counts": counts,
        "mutants": entries,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print("\n" + table([("caught by", "mutants"), *((way, str(count)) for way, count in counts.items())]))
    for entry in entries:
        if not entry["caught_by"]:
            print(f"NOT CAUGHT: {entry['name']} ({entry['fault']}): {entry['what']}")
    share = caught / len(entries)
    print(f"\n{caught} of {len(entries)} were caught ({share:.0%}) in {seconds:.0f} s. The table: {RESULT}")
    unexplained = [entry for entry in entries if entry["what"] == "NO REASON GIVEN"]
    return 1 if unexplained or share < ENOUGH else 0


if __name__ == "__main__":
    run_main(main)
