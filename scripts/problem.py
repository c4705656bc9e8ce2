"""The one way a script here gives up: say what happened, why, and what to do; exit 1."""

import signal
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


def _interrupted(signum, frame):
    raise KeyboardInterrupt


def run_main(main):
    """Run `main()` and exit with its status; turn a Problem into one paragraph and exit 1.

    SIGTERM and SIGHUP unwind like Ctrl-C, so that every `finally` gets to stop what it started.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    signal.signal(signal.SIGTERM, _interrupted)
    signal.signal(signal.SIGHUP, _interrupted)
    try:
        status = main()
    except Problem as problem:
        sys.stdout.flush()
        sys.stderr.write(f"\nStopped: {problem}\n")
        status = 1
    except KeyboardInterrupt:
        sys.stdout.flush()
        sys.stderr.write("\nStopped: interrupted. Nothing was left running.\n")
        status = 130
    sys.exit(status)
