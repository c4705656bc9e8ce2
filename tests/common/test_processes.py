"""Nothing is left running: not a child, not a session of its own, not an orphan."""

import errno
import os
import subprocess
import sys

import pytest

from scripts.common import processes
from tests.gone import is_gone

SLEEP = "import time; time.sleep(99)"
# Prints its child's number; the child leads a session of its own where {own} is True.
PARENT = (
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', {sleep!r}], start_new_session={own})\n"
    "print(child.pid, flush=True)\n"
    "{end}\n"
)


@pytest.mark.parametrize("own", [True, False])
def test_children_are_stopped_even_in_a_session_of_their_own(own):
    program = PARENT.format(sleep=SLEEP, own=own, end="time.sleep(99)")
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, start_new_session=True)
    child = int(parent.stdout.readline())
    processes.stop_tree(parent.pid)
    assert is_gone(child)
    assert is_gone(parent.pid)


def test_orphans_of_a_crashed_leader_are_stopped():
    program = PARENT.format(sleep=SLEEP, own=False, end="import os; os._exit(1)")
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, start_new_session=True)
    child = int(parent.stdout.readline())
    parent.wait()
    processes.stop_tree(parent.pid)
    assert is_gone(child)


def test_a_process_that_ignores_sigterm_is_killed():
    program = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); {SLEEP}"
    stubborn = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, start_new_session=True)
    stubborn.stdout.readline()
    processes.stop_tree(stubborn.pid, grace=1)
    assert is_gone(stubborn.pid)


def test_a_group_of_zombies_is_no_error_on_macos(monkeypatch):
    def killpg(pid, signal):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "killpg", killpg)
    process = subprocess.Popen([sys.executable, "-c", SLEEP], start_new_session=True)
    processes.stop_tree(process.pid)
    assert is_gone(process.pid)
