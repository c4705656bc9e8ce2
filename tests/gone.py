"""Whether a process has ended."""

import contextlib
import time

import psutil


def is_gone(pid, within=30):
    """Whether the process `pid` ends within `within` seconds: a killed one may take a moment on a busy machine."""
    limit = time.monotonic() + within
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        while process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > limit:
                return False
            time.sleep(0.05)
    return True
