"""Run the doctor on every set-up, and print what its first lines are worth beside what they were worth at first.

    python -m tests.setups.score [--keep-as-first]

ONLY=words takes the set-ups whose kind or name has these words. A set-up is named when the first line has all that it
should name and the exit status fits; misleading when the line says what is not so, or the key is seen where it must
not be; vague otherwise.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import datetime
import functools
import json
import os
import pathlib
import re
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import time

import trustme

from tests.imitation.server import Server, running
from tests.setups import (
    addresses,
    between,
    bodies,
    gateways,
    ids,
    keys,
    pasted,
    ports,
    reader,
    refusals,
    servers,
    services,
    streams,
)
from tests.setups.setup import CANARY

KINDS = (gateways, bodies, streams, ids, keys, addresses, servers, ports)
KINDS += (between, refusals, services, pasted, reader)  # the second round, written when the first had been mended
HERE = pathlib.Path(__file__).parent
FIRST = HERE / "first_score.json"
DOCTOR = [sys.executable, str(HERE.parents[1] / "scripts/doctor.py")]
LIMIT = 150  # seconds for one run of the doctor
AIM = 0.95


class Raw(socketserver.ThreadingTCPServer):
    """Writes the same on every connection, and closes it."""

    def __init__(self, says, host, port):
        super().__init__((host, port), None)
        self.says, self.port, self.url, self.in_clear = says, self.server_address[1], "", False
        self.url = f"http://{host}:{self.port}"

    def finish_request(self, request, client_address):
        request.settimeout(5)
        with contextlib.suppress(OSError):
            request.sendall(self.says)
            request.recv(4096)


class Tls(Server):
    """An imitation that speaks TLS, and notes whether the key came in clear text."""

    in_clear = False
    authority = trustme.CA()

    def finish_request(self, request, client_address):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert("localhost", "127.0.0.1", self.server_address[0]).configure_cert(context)
        request.settimeout(10)
        self.in_clear |= CANARY.encode() in request.recv(8192, socket.MSG_PEEK)
        with contextlib.suppress(OSError), context.wrap_socket(request, server_side=True) as wrapped:
            super().finish_request(wrapped, client_address)


def closed_port():
    """A port where nothing listens, for a moment at least."""
    with socketserver.TCPServer(("127.0.0.1", 0), None) as server:
        return server.server_address[1]


def server_of(setup):
    """The set-up's server, or None."""
    if setup.raw is not None:
        return Raw(setup.raw, setup.host, setup.port)
    if setup.behave is None:
        return None
    return (Tls if setup.tls else Server)(setup.behave, host=setup.host, port=setup.port)


def run(setup):
    """The doctor's status, its whole output, how long it took, and whether the key came to a TLS port in clear text."""
    server = server_of(setup)
    with running(server) if server else contextlib.nullcontext():
        places = {"url": server.url, "port": server.port} if server else {"url": "", "port": closed_port()}
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.lower().endswith("_proxy") and not name.startswith(("OPENAI_", "CHATLAS_"))
        }
        environment |= {"CHATLAS_DOCTOR_API_KEY": setup.key} if setup.key else {}
        environment |= {name: value.format(**places) for name, value in setup.environment.items()}
        command = [*DOCTOR, *(part.format(**places) for part in setup.call)]
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            for name, text in setup.files.items():
                pathlib.Path(folder, name).write_text(text)
            try:
                done = subprocess.run(
                    command, capture_output=True, env=environment, cwd=folder, timeout=LIMIT, encoding="utf-8"
                )
                status, out = done.returncode, done.stdout + done.stderr
            except subprocess.TimeoutExpired:
                status, out = None, "(no end within the limit)"
    return status, out, time.monotonic() - start, getattr(server, "in_clear", False)


@functools.cache
def slack():
    """Seconds to add on a busy machine: importing chatlas takes two seconds on an idle one."""
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", "import chatlas"], check=True)
    return 5 * max(0.0, time.monotonic() - start - 2)


def judge(setup):
    """What the first line is worth, with the line, the status and the seconds."""
    status, out, seconds, in_clear = run(setup)
    line = next((line for line in out.splitlines() if line.strip()), "")

    def says(pattern):
        return re.search(pattern, line, re.IGNORECASE)

    fits = setup.works is None or (status == 0) == setup.works
    leaks = (in_clear and "http://" not in setup.call[0]) or CANARY in out
    if leaks or any(map(says, setup.misleads)) or (status == 0 and not fits) or "Traceback" in out:
        worth = "misleading"
    else:
        worth = "named" if fits and all(map(says, setup.names)) and seconds <= setup.within + slack() else "vague"
    return {"worth": worth, "status": status, "seconds": round(seconds, 1), "line": line, "leaks": leaks}


def every_setup():
    """All set-ups by kind and name."""
    return {f"{kind.__name__.rpartition('.')[2]}: {setup.name}": setup for kind in KINDS for setup in kind.SETUPS}


def judge_all(setups):
    """The verdict on each of these set-ups, by kind and name."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() + 1) as pool:
        return dict(zip(setups, pool.map(judge, setups.values()), strict=True))


def report(verdicts):
    """Print each set-up that is not named, and how each kind did."""
    for name, verdict in verdicts.items():
        if verdict["worth"] != "named":
            leaks = ", the key was seen" if verdict["leaks"] else ""
            print(f"{verdict['worth']}{leaks}: {name} (status {verdict['status']}, {verdict['seconds']} s)")
            print(f"    {verdict['line']}")
    kinds = {}
    for name, verdict in verdicts.items():
        kinds.setdefault(name.partition(":")[0], []).append(verdict["worth"])
    for kind, worths in kinds.items():
        print(f"{kind:10}" + ", ".join(f"{number} {worth}" for worth, number in collections.Counter(worths).items()))


def count(worths):
    """How many of these are of which worth."""
    worths = list(worths)
    return {"of": len(worths), **{worth: worths.count(worth) for worth in ("named", "vague", "misleading")}}


def keep_as_first(verdicts):
    """Store the worth of the set-ups that have no first score yet, as a round of its own."""
    rounds = json.loads(FIRST.read_text())
    known = {name for round_ in rounds for name in round_["set-ups"]}
    new = {name: verdict["worth"] for name, verdict in verdicts.items() if name not in known}
    rounds.append({"date": str(datetime.date.today()), **count(new.values()), "set-ups": new})
    FIRST.write_text(json.dumps(rounds, indent=1, ensure_ascii=False) + "\n")


def main():
    """Judge the set-ups; status 1 when something misleads or too little is named."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--keep-as-first", action="store_true", help="store the first score of what has none")
    arguments = parser.parse_args()
    wanted = os.environ.get("ONLY", "")
    verdicts = judge_all({name: setup for name, setup in every_setup().items() if wanted in name})
    report(verdicts)
    if arguments.keep_as_first:
        keep_as_first(verdicts)
    now = count(verdict["worth"] for verdict in verdicts.values())
    first = {name: worth for round_ in json.loads(FIRST.read_text()) for name, worth in round_["set-ups"].items()}
    for label, score in (("first", count(first[name] for name in verdicts if name in first)), ("now", now)):
        print(f"{label:6}" + ", ".join(f"{number} {worth}" for worth, number in score.items()))
    return 0 if now["named"] >= AIM * now["of"] and not now["misleading"] else 1


if __name__ == "__main__":
    sys.exit(main())
