"""Ends a process and everything that it started."""

import contextlib
import os
import signal
import threading

import psutil


@contextlib.contextmanager
def signals_deferred():
    """Let Ctrl-C, SIGTERM and SIGHUP wait for the end of a `with` block, so that what it starts is known by then."""
    waiting, before = [], {}
    if threading.current_thread() is threading.main_thread():  # the only one that signals interrupt
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            before[number] = signal.signal(number, lambda came, frame: waiting.append(came))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in waiting[:1]:
        signal.raise_signal(number)


def stop_tree(pid, grace=10):
    """End the process `pid`, its descendants, and its process group.

    Descendants are looked up because some lead a session of their own (Jupyter kernels do); the
    group is swept because the orphans of a crashed leader are nobody's descendants.

    Args:
        pid: a process started with start_new_session=True, so that it leads its group.
        grace: seconds it has, after SIGTERM, to end its own children; what is left is killed.
    """
    tree = []
    try:
        with contextlib.suppress(psutil.NoSuchProcess):
            leader = psutil.Process(pid)
            tree = [leader, *leader.children(recursive=True)]
            leader.terminate()
            psutil.wait_procs([leader], timeout=grace)
    finally:
        for process in tree:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()  # psutil compares start times: a reused number is left alone
        # macOS says PermissionError of a group in which only zombies are left
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        psutil.wait_procs(tree, timeout=5)
