"""Imitations that a test starts as a program, to end or to kill it: python -m tests.imitation.started NAME PORT.

Each ends by itself after LIMIT, so that not even a test that was killed leaves one behind.
"""

import os
import subprocess
import sys
import time

from tests.imitation.server import MODELS, reply, serving

LIMIT = 300  # seconds


def dies_at_start(port):
    """A server that cannot load its model."""
    print("ValueError: no such model", file=sys.stderr)
    sys.exit(3)


def dies_when_told(port):
    """A server that gets ready, lists a model, and runs out of memory at GET /die."""

    def behave(handler):
        if handler.path == "/die":
            print("out of memory", flush=True)
            os._exit(9)
        reply(handler, 200, MODELS)

    with serving(behave, port=port):
        time.sleep(LIMIT)


def never_ready(port):
    """A server that listens, starts a child as vLLM does, and never says that it is ready."""
    child = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({LIMIT})"])
    print(f"loading for ever in the processes {os.getpid()} {child.pid}", flush=True)
    with serving(lambda handler: reply(handler, 503, ""), port=port):
        time.sleep(LIMIT)


if __name__ == "__main__":
    {each.__name__: each for each in (dies_at_start, dies_when_told, never_ready)}[sys.argv[1]](int(sys.argv[2]))
