"""Run a long command so that nobody wonders whether it hangs."""

import contextlib
import os
import signal
import subprocess
import time
from collections import deque

from scripts.common.problem import Problem

EVERY = 10  # seconds between two signs of life


def last_lines(path, count):
    """The last `count` non-empty lines of a log file, as one string ("" if there is none)."""
    if not os.path.exists(path):
        return ""
    with open(path, errors="replace") as log:
        kept = deque((line.rstrip() for line in log.read().replace("\r", "\n").split("\n") if line.strip()), count)
    return "\n".join(kept)


class Ticker:
    """Print `title`, and every EVERY seconds how long it has taken and the log's last line."""

    def __init__(self, title, log):
        self.title, self.log = title, log
        self.start = self.printed = time.monotonic()
        print(f"- {title} ...", flush=True)

    @property
    def seconds(self):
        return time.monotonic() - self.start

    def tick(self):
        if time.monotonic() - self.printed >= EVERY:
            self.printed = time.monotonic()
            print(f"    {self.seconds:3.0f} s  {last_lines(self.log, 1).strip()[:100]}", flush=True)

    def done(self):
        print(f"    done in {self.seconds:.1f} s", flush=True)
        return self.seconds


def stop_group(process, grace=10):
    """End a process started with start_new_session=True, and all that it started.

    Asks with SIGTERM, waits up to `grace` seconds, then kills the whole group.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def status(title, command, log, timeout, mode="w", **popen):
    """Run `command`, its output in the file `log`, with signs of life on the terminal.

    Args:
        title: what is being done, for the terminal.
        command: argument list.
        log: path of the log file, written anew, or added to with the mode "a".
        timeout: limit in seconds, after which it is ended with all that it started.
        mode: "w" or "a".
        popen: passed on to subprocess.Popen (env, cwd).

    Returns:
        The exit status, None where it ran past the limit; and the seconds it took.
    """
    log = os.fspath(log)
    os.makedirs(os.path.dirname(log), exist_ok=True)
    ticker = Ticker(title, log)
    with open(log, mode) as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True, **popen
        )
        try:
            while process.poll() is None and ticker.seconds < timeout:
                time.sleep(0.2)
                ticker.tick()
        finally:
            code = process.poll()
            stop_group(process)
    return code, ticker.done() if code == 0 else ticker.seconds


def run(title, command, log, timeout, advice, **popen):
    """Run `command`, its output in the file `log`, with signs of life on the terminal.

    Args:
        title: what is being done, for the terminal.
        command: argument list.
        log: path of the log file, written anew.
        timeout: limit in seconds.
        advice: what to do when it fails, one sentence.
        popen: passed on to subprocess.Popen (env, cwd).

    Returns:
        The seconds it took.

    Raises:
        Problem: it failed or ran past the limit; carries the log's last lines.
    """
    code, seconds = status(title, command, log, timeout, **popen)
    if code != 0:
        raise Problem(
            f"{title[0].upper()}{title[1:]} failed.",
            (f"it took longer than {timeout} seconds" if code is None else f"exit status {code}")
            + f"; the last lines of {log}:\n{last_lines(log, 15)}",
            advice,
        )
    return seconds
