"""Asks every backend all probes through each chatlas class; prints what works and what changed.

    make matrix                        every backend that starts here; on vLLM older chatlas, too
    make matrix ONLY=vllm              one of them
    make matrix ONLY=vllm PROBES=seed  some probes: to try them, or because they are new
    make matrix ONLY=ollama URL=http://localhost:11434   a server you have; nothing is started, no result is written

The findings go to _build/matrix, one file a backend; `make accept-results` makes them the site's. Those of some
probes go there with the accepted ones of the same server, chatlas and openai (with URL=, too). The last lines say
what is to be asked again.
Exits with 1 when something works that expected_failures.toml calls broken, or the other way round.
"""

import contextlib
import dataclasses
import datetime
import json
import os
import queue
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from chatlas_doctor.probes import catalog

from scripts.common import processes
from scripts.common.paths import BUILD, ROOT
from scripts.common.problem import Problem, run_main
from scripts.content import backends, small_model
from scripts.matrix import expected_failures, stored
from scripts.run import execute, report
from scripts.servers import environments, serve, yours
from scripts.servers.platform_check import check_machine

FOUND = BUILD / "matrix"
DOCTOR = ROOT / "doctor" / "src"
PLACE = "doctor/src/chatlas_doctor/probes"
OLDER = {"vllm": ("0.18.0", "0.16.0")}  # these do not import beside openai 3
COLUMN_LIMIT = 1200  # seconds for all probes through one class
SYMBOLS = {
    "supported": "✓",
    "partly": "◐",
    "unsupported": "✗",
    "not applicable": "○",
    "not asked": "—",
    "not run": "?",
}


def restarted(server, stack):
    """Stop `server` and start the same on the same port; returns the new one, which `stack` stops."""
    backend = dataclasses.replace(server.backend, port=int(server.root.rsplit(":", 1)[1]))
    serve.end(server.process.pid, server.scratch)
    upstream = server.upstream
    new = serve.launch(backend, serve.prepare(backend), upstream)
    stack.callback(serve.end, new.process.pid, new.scratch)
    return new


def lines_of(process):
    """A queue that gets each JSON object that the process prints, then None; other lines are printed as they are."""
    lines = queue.Queue()

    def read():
        try:
            for line in process.stdout:
                found = None
                with contextlib.suppress(ValueError):
                    found = json.loads(line)
                if isinstance(found, dict):
                    lines.put(found)
                else:
                    print(f"  {line.rstrip()}", flush=True)
        finally:
            lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return lines


def column(python, class_name, backend, running, stack, may_restart, only):
    """Ask all probes through one class.

    Args:
        python: the Python that has chatlas.
        running: Server objects by name; a restart replaces the backend's.
        may_restart: whether the server may be restarted for a probe.
        only: names of probes, empty for all.

    Returns:
        A list of findings, as chatlas_doctor.probes prints them.

    Raises:
        Problem: the server died, the probes did, or they took longer than COLUMN_LIMIT.
    """
    server = running[backend.name]
    counted = running.get(backend.upstream, server)
    settings = {
        "class_name": class_name,
        "root": server.root,
        "model": backend.serves,
        "api_key": server.api_key,
        "counted_at": counted.root if report.metrics(counted.root) else "",
        "may_restart": may_restart,
        "only": only,
    }
    log = BUILD / "logs" / f"probes-{backend.name}-{class_name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w") as errors:
        process = subprocess.Popen(
            [python, "-P", "-m", "chatlas_doctor.probes"],  # not one that lies in the folder for temporary files
            cwd=tempfile.gettempdir(),
            env={**execute.clean_environment(), "PROBE_TARGET": json.dumps(settings), "PYTHONPATH": str(DOCTOR)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    lines, findings, start = lines_of(process), [], time.monotonic()
    try:
        while True:
            running[backend.name].check_alive()
            if time.monotonic() - start > COLUMN_LIMIT:
                raise Problem(
                    f"The probes of {class_name} on {backend.title} took longer than {COLUMN_LIMIT} seconds.",
                    f"{len(findings)} were answered; the server is slow or hangs, or the machine is busy.",
                    "end what else the machine does, and run `make matrix` again.",
                )
            try:
                line = lines.get(timeout=1)
            except queue.Empty:
                continue
            if line is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=10)  # before it is stopped, so that its status is its own
                break
            if "restart" in line:
                running[backend.name] = restarted(running[backend.name], stack)
                process.stdin.write("\n")
                process.stdin.flush()
                continue
            findings.append(line)
            print(
                f"  {SYMBOLS[line['outcome']]} {line['probe']:<24} {line['seconds']:5.1f} s  {line['says'][:90]}",
                flush=True,
            )
    finally:
        processes.stop_tree(process.pid)
    if process.returncode or len(findings) < len(only or catalog.load()):
        raise Problem(
            f"The probes of {class_name} on {backend.title} ended early.",
            f"{len(findings)} were answered; {log} ends with:\n{log.read_text()[-800:]}",
            f"run `make matrix` again; if it happens again, it is a fault in {PLACE}.",
        )
    return findings


def versions_of(python):
    """chatlas, openai and Python as `python` has them."""
    program = (
        "import importlib.metadata as m, platform as p; "
        "print(m.version('chatlas'), m.version('openai'), p.python_version())"
    )
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return dict(zip(("chatlas", "openai", "python"), done.stdout.split(), strict=True))


def ask(backend, pythons, running, stack, only, ours=True):
    """The result of one backend: what goes into its file.

    Args:
        pythons: the Pythons to ask with, that of the pinned chatlas first.
        ours: whether we started the server, so that it may be restarted for a probe.
    """
    columns = []
    for number, python in enumerate(pythons):
        found = versions_of(python)
        for class_name in backend.classes:
            print(
                f"\n{class_name} of chatlas {found['chatlas']} (openai {found['openai']}) on {backend.title}",
                flush=True,
            )
            findings = column(python, class_name, backend, running, stack, ours and number == 0, only)
            columns.append({"class": class_name, **found, "findings": findings})
    return {
        "made_by": "make matrix",
        "backend": backend.name,
        "package": backend.package,
        "version": running[backend.name].version,
        "model": small_model.description(backend),
        "hardware": report.hardware() if ours else "a machine that is not known (asked with URL=)",
        "date": datetime.date.today().isoformat(),
        "columns": columns,
    }


def chosen(names, url=""):
    """The backends to ask, and a line for each that cannot be started here.

    Args:
        names: what ONLY= names.
        url: a server that is there; then it is one backend, and all of it is asked.

    Raises:
        Problem: there is no such backend, or `url` goes with more or less than one.
    """
    if url and (not names or "," in names):
        raise Problem(
            "URL= goes with one backend.",
            f"ONLY={names} names {'several' if names else 'none'}.",
            "name the one that runs there, for example ONLY=vllm.",
        )
    if names:
        return [backends.get(name.strip()) for name in names.split(",")], []
    why = {backend.name: serve.unavailable(backend) for backend in backends.load().values()}
    lines = [f"NOT RUN: {backends.get(name).title}: {reason}." for name, reason in why.items() if reason]
    return [backends.get(name) for name, reason in why.items() if not reason], lines


def wanted_probes(names):
    """The probes that PROBES= names; raises Problem for one that there is not."""
    only = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in only if name not in catalog.load()]
    if unknown:
        raise Problem(
            f"There is no probe called {unknown[0]!r}.",
            f"{PLACE}/themes has none.",
            f"choose from: {', '.join(catalog.load())}.",
        )
    return only


def keep(result, only, url):
    """Write a result for `make accept-results`.

    That of some probes is written together with the accepted ones, where these have the same versions; that of a
    server that somebody already has only so.

    Returns:
        A line for each column that is not kept; the newest result of the backend, None where there is none.
    """
    accepted, lines = stored.results().get(result["backend"]), []
    if only:
        result, lines = stored.merged(accepted, result)
    elif url:
        result = None
    if result:
        FOUND.mkdir(parents=True, exist_ok=True)
        (FOUND / stored.file_name(result)).write_text(stored.text(result))
    return lines, result or accepted


def main():
    check_machine()
    url = os.environ.get("URL", "")
    selected, lines = chosen(os.environ.get("ONLY", ""), url)
    only = wanted_probes(os.environ.get("PROBES", ""))
    if not url:  # the same key after a restart
        os.environ["API_KEY"] = os.environ.get("API_KEY") or f"sk-{secrets.token_hex(16)}"
    failed, now = [], stored.results()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chatlas-matrix-")))
        running = {}
        for backend in selected:
            try:
                if url:
                    model = "" if backend.modelfiles else backend.serves  # probes are for our model
                    running[backend.name] = stack.enter_context(yours.server(backend, url, model))
                else:
                    serve.ensure_running(backend, stack, running)
                older = () if url else OLDER.get(backend.name, ())
                pythons = [sys.executable] + [
                    environments.client(folder / release, f"chatlas=={release}", "openai<3") for release in older
                ]
                result = ask(backend, pythons, running, stack, only, ours=not url)
            except Problem as problem:  # the next backends are asked all the same
                failed.append(backend.title)
                print(f"\n{problem}", flush=True)
                continue
            changed = expected_failures.changes(result)
            failed += [backend.title] if changed else []
            print("\n".join(["", *(changed or ["Everything is as expected_failures.toml says."])]), flush=True)
            not_kept, now[backend.name] = keep(result, only, url)
            print("".join(f"{line}\n" for line in not_kept), end="", flush=True)
    print("".join(f"\n{line}" for line in lines))
    if again := stored.to_ask({name: result for name, result in now.items() if result}):
        print("\n".join(["To be asked again:", *again]))
    print(f"Not as expected, see above: {', '.join(failed)}." if failed else "")
    return 1 if failed else 0


if __name__ == "__main__":
    run_main(main)
