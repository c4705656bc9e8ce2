"""The one way a script here gives up: say what happened, why, and what to do; exit 1."""

import os
import signal
import subprocess
import sys


class Problem(Exception):
    """Something the person at the terminal has to know, in words.

    Args:
        what: what went wrong, one sentence.
        why: the cause, as far as it is known.
        do: what to do about it.
    """

    def __init__(self, what, why, do):
        super().__init__(f"{what}\n  Why: {why}\n  What to do: {do}")


class Broken(Problem):
    """Something written wrongly in a file of this repository, in one line.

    Args:
        place: the file, relative to the repository, and the heading, line, cell or key in it.
        wrong: what is wrong there.
    """

    def __init__(self, place, wrong):
        Exception.__init__(self, " ".join(f"{place}: {wrong}".split()))


def _interrupted(signum, frame):
    raise KeyboardInterrupt


def run_main(main):
    """Run `main()` and exit with its status; turn a Problem into one paragraph and exit 1.

    SIGTERM and SIGHUP unwind like Ctrl-C, so that every `finally` gets to stop what it started.
    """
    for name in ("no_proxy", "NO_PROXY"):  # a proxy of the network knows no server of this machine
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "localhost", "127.0.0.1"]))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    signal.signal(signal.SIGTERM, _interrupted)
    signal.signal(signal.SIGHUP, _interrupted)
    try:
        status = main()
    except Problem as problem:
        sys.stdout.flush()
        sys.stderr.write(f"\nStopped: {problem}\n")
        status = 1
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        sys.stdout.flush()
        problem = Problem("A command failed.", f"{error}\n{error.stderr or ''}".strip(), "mend that, run this again.")
        sys.stderr.write(f"\nStopped: {problem}\n")
        status = 1
    except KeyboardInterrupt:
        sys.stdout.flush()
        sys.stderr.write("\nStopped: interrupted. Nothing was left running, but what `make start` has started.\n")
        status = 130
    sys.exit(status)
