"""Starts an embedded server, waits until it answers, stops it.

python -m scripts.servers.serve run vllm     in the foreground, until Ctrl-C
python -m scripts.servers.serve start vllm   returns when the server is ready
python -m scripts.servers.serve stop vllm    stops what `start` started
"""

import argparse
import contextlib
import json
import os
import random
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psutil

from scripts.common import cache, causes, lacking, processes, progress
from scripts.common.paths import BUILD, ROOT
from scripts.common.problem import Problem, run_main
from scripts.content import backends, small_model
from scripts.servers import environments, fetch_model, llama_server, ollama_models, preflight
from scripts.servers.platform_check import check_machine

# What servers would take from the environment of the person at the terminal: a key, a database, a model.
SETTINGS = re.compile(r"(ONLY|URL|API_KEY|MODEL|DIRECT_URL)$|VLLM_|LITELLM_|LLAMA_|OLLAMA_|DATABASE_")
OTHER_PORTS = range(20_000, 30_000)  # no system gives one of these to somebody who asks for any port
CLOCK_MOVES = 10  # seconds by which the same process may seem to have started earlier or later


@dataclass
class Server:
    """A running server.

    Attributes:
        backend: its entry in the table.
        base_url: what a client is given.
        version: the server's version.
        api_key: the key that the server asks for; "EMPTY" where it asks for none.
        process: the server's process, which leads a process group of its own.
        log: path of the server's own log.
        scratch: the folder for what it writes; it lasts as long as the server.
        upstream: the base URL of the server behind it, "" without one.
        seconds: what each step took, by name (install, convert, start).
    """

    backend: backends.Backend
    base_url: str
    version: str
    api_key: str
    process: subprocess.Popen
    log: str
    scratch: Path
    upstream: str
    seconds: dict[str, float]

    @property
    def root(self):
        """The server's address without a path."""
        return self.base_url.removesuffix(self.backend.api)

    def check_alive(self):
        """Raise Problem, with what the log says of the cause, if the process has ended."""
        if self.process.poll() is not None:
            cause = causes.of_log(self.log)
            raise Problem(
                f"The {self.backend.title} server died.",
                f"its process ended with status {self.process.returncode}; {cause}",
                lacking.library_advice(cause)
                or "read the log; if the process was killed (status -9), free some memory and run again.",
            )


@contextlib.contextmanager
def free_port(preferred=0):
    """A port of this machine where nothing answers or listens, `preferred` if it is one; another run gets another one.

    A server needs a while to listen on its port, and two vLLMs would even share one without a word. So the UDP
    port of the same number, which none of them uses, is held for the length of the `with` block.
    """
    for port in (*([preferred] if preferred else []), *random.sample(OTHER_PORTS, 20)):
        with contextlib.suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
            continue
        with socket.socket() as probe, socket.socket(type=socket.SOCK_DGRAM) as held:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just given up counts as free
            try:
                for each in (held, probe):
                    each.bind(("127.0.0.1", port))
            except OSError:
                continue
            probe.close()
            yield port
            return
    raise Problem("No free port was found.", "every bind on 127.0.0.1 was refused.", "check `ss -ltn` and any sandbox.")


def unavailable(backend):
    """Why a run that does not name `backend` leaves it out though nothing is wrong, or None."""
    if not backend.binary or (llama_server.program() if backend.source else shutil.which(backend.binary)):
        return None
    if backend.source:
        return (
            f"it is built once, for some minutes, when it is named (or put `{backend.binary}` on PATH): "
            f"`make test-docs ONLY={backend.name.partition('+')[0]}`"
        )
    return f"there is no program `{backend.binary}` on PATH"


def prepare(backend):
    """Make all that `backend` needs to start.

    Returns:
        Its Python or program, its model's folder or file (None without one), and the seconds of
        each step that was not cached.

    Raises:
        Problem: the machine lacks something, or a step failed.
    """
    why = unavailable(backend)
    if why and not backend.source:
        raise Problem(
            f"{backend.title} cannot be started.",
            f"{why}.",
            f"install it as {backend.page} says, or name a server that runs: "
            f"`make test-docs ONLY={backend.name} URL=http://localhost:{backend.port}`.",
        )
    preflight.check(backend)
    if backend.source:
        program, install = llama_server.ensure(backend)
    elif backend.binary:
        program, install = Path(shutil.which(backend.binary)), 0.0
    elif backend.environment:
        program, install = environments.ensure(backend)
    else:
        program, install = Path(sys.executable), 0.0
    model, convert = None, 0.0
    if backend.model == "safetensors":
        model, convert = fetch_model.ensure_safetensors(program)
    elif backend.model == "gguf":
        model = fetch_model.ensure_gguf()
    return program, model, {"install": install, "convert": convert}


def launch(backend, prepared, upstream=""):
    """Start the server of `backend` and wait until it is ready.

    Args:
        prepared: what prepare(backend) returned.
        upstream: the base URL of the backend that this one stands in front of, if it has one.

    Returns:
        The Server; whoever calls this has to stop it with end(server.process.pid, server.scratch).

    Raises:
        Problem: the server died, or it was not ready in time.
    """
    with free_port(backend.port) as port:
        return launch_on(port, backend, prepared, upstream)


def launch_on(port, backend, prepared, upstream):
    """The same, on this port."""
    program, model, seconds = prepared
    api_key = os.environ.get("API_KEY") or f"sk-{secrets.token_hex(16)}" if backend.makes_key else "EMPTY"
    scratch = BUILD / "scratch" / f"{backend.name}-{port}"  # by port: another server of this kind may run
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    values = {"model": model, "port": port, "upstream": upstream, "api_key": api_key, "scratch": scratch}
    command = [part.format(**values) for part in backend.command]
    command[0] = str(program.with_name(command[0]))
    log = BUILD / "logs" / f"server-{backend.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    where = "" if backend.port in (port, 0) else f" (port {backend.port} is in use)"
    ticker = progress.Ticker(f"starting {backend.title} on port {port}{where}", str(log))
    root, process = f"http://localhost:{port}", None
    try:
        with open(log, "w") as output, processes.signals_deferred():
            process = subprocess.Popen(
                command,
                cwd=ROOT / backend.folder,
                env={
                    **{name: value for name, value in os.environ.items() if not SETTINGS.match(name)},
                    **{name: value.format(**values) for name, value in backend.environ.items()},
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[cache.hold()],  # it runs from the cache folder, also when this process has ended
            )
        server = Server(
            backend, root + backend.api, backend.version, api_key, process, str(log), scratch, upstream, seconds
        )
        while not answers(root + backend.ready):
            server.check_alive()
            if ticker.seconds > backend.ready_within:
                raise Problem(
                    f"The {backend.title} server did not get ready.",
                    f"{root}{backend.ready} did not answer 200 within {backend.ready_within} seconds; "
                    f"{causes.of_log(log)}",
                    "see whether the machine is busy with something else, and run again.",
                )
            time.sleep(0.25)
            ticker.tick()
        server.check_alive()  # it was this server that answered
        server.version = version_of(backend, root, api_key) or backend.version
        if backend.modelfiles:
            ollama_models.create(root, backend.modelfiles, model)
        seconds["start"] = ticker.done()
    except BaseException:
        if process:
            end(process.pid, scratch)
        raise
    return server


def version_of(backend, root, api_key):
    """The version that the server at `root` says it is, "" where its kind does not say."""
    if not backend.version_at:
        return ""
    path, name = backend.version_at
    request = urllib.request.Request(root + path, headers={"Authorization": f"Bearer {api_key}"})
    with urllib.request.urlopen(request, timeout=5) as response:
        return re.sub(r"^b\d+-", "", json.load(response)[name])  # llama.cpp's commit, without the build's number


def end(pid, scratch):
    """Stop the server whose process is `pid`, and remove what it wrote."""
    processes.stop_tree(pid)
    shutil.rmtree(scratch, ignore_errors=True)


def answers(url):
    """Whether a GET of `url` gives 200 within two seconds."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def serving(backend, prepared, upstream=""):
    """The server of `backend`, for the length of a `with` block; afterwards nothing of it runs."""
    server = launch(backend, prepared, upstream)
    try:
        yield server
    finally:
        end(server.process.pid, server.scratch)


def ensure_running(backend, stack, running):
    """The server of `backend`, started (after its upstream) unless `running` has it.

    Args:
        backend: an entry of the table.
        stack: the contextlib.ExitStack that stops what is started here.
        running: Server objects by name; what is started is added.
    """
    if backend.name not in running:
        upstream = ensure_running(backends.get(backend.upstream), stack, running).base_url if backend.upstream else ""
        running[backend.name] = stack.enter_context(serving(backend, prepare(backend), upstream))
    return running[backend.name]


def state_file(backend):
    """Where `start` notes what it started."""
    return BUILD / f"running-{backend.name}.json"


def running(backend):
    """What `start` noted, if that very process still runs; else None."""
    file = state_file(backend)
    if not file.exists():
        return None
    state = json.loads(file.read_text())
    try:
        # it is reckoned from the time of boot, which moves when the clock is corrected
        alive = abs(psutil.Process(state["pid"]).create_time() - state["created"]) < CLOCK_MOVES
    except psutil.NoSuchProcess:
        alive = False
    return state if alive else None


def start(backend):
    """Start a server that outlives this command, unless one does already; returns its base URL."""
    state = running(backend)
    if not state:
        upstream = start(backends.get(backend.upstream)) if backend.upstream else ""
        server = launch(backend, prepare(backend), upstream)
        say_key(server)
        state = {
            "pid": server.process.pid,
            "created": psutil.Process(server.process.pid).create_time(),
            "base_url": server.base_url,
            "log": server.log,
            "scratch": str(server.scratch),
        }
        state_file(backend).write_text(json.dumps(state))
    print(f"{backend.title} answers at {state['base_url']}; its log is {state['log']}.")
    print(f"Stop it with: make stop ONLY={backend.name}")
    return state["base_url"]


def say_key(server):
    """Print the key made for this run, if the person did not choose it with API_KEY=."""
    if server.backend.makes_key and not os.environ.get("API_KEY"):
        print(f"Its key, made for this run: {server.api_key}")


def stop(backend):
    """Stop what `start` started."""
    state = running(backend)
    if state:
        end(state["pid"], state["scratch"])
    state_file(backend).unlink(missing_ok=True)
    print(f"{backend.title} is stopped." if state else f"No {backend.title} server was started by `make start`.")


def run(backend):
    """Serve in the foreground until Ctrl-C or until the server dies."""
    with contextlib.ExitStack() as stack:
        server = ensure_running(backend, stack, {})
        say_key(server)
        print(f"\n{backend.title} answers at {server.base_url} with the model {small_model.description(backend)}.")
        print(f"Its log is {server.log}. Press Ctrl-C to stop it.", flush=True)
        while True:
            server.check_alive()
            time.sleep(0.5)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["run", "start", "stop"])
    parser.add_argument("backend", help="a name from backends.toml")
    arguments = parser.parse_args()
    check_machine()
    {"run": run, "start": start, "stop": stop}[arguments.action](backends.get(arguments.backend))


if __name__ == "__main__":
    run_main(main)
