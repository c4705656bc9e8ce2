"""Asks one server all probes through one chatlas class; prints JSON lines for scripts/matrix/matrix.py.

A line on standard output is a finding, or {"restart": true}: then the server is restarted, and a
line is written to standard input when it answers again.

Read from the environment, so that no key is in a process list: PROBE_TARGET, a JSON object with
class_name, root, model, api_key, counted_at, may_restart and only (names, empty for all).
"""

import json
import os
import signal
import sys
import time
import warnings

from chatlas_doctor.probes import catalog
from chatlas_doctor.probes.evidence import chosen, cleaned, shortened
from chatlas_doctor.probes.outcome import TooManyRounds, unsupported
from chatlas_doctor.probes.recorder import Recorder
from chatlas_doctor.probes.target import Target, said

LIMIT = 120  # seconds for one probe, a restart apart


def out_of_time(signum, frame):
    raise TimeoutError(f"took longer than {LIMIT} seconds")


def restart():
    """Ask whoever started this to restart the server."""
    signal.alarm(0)
    print(json.dumps({"restart": True}), flush=True)
    sys.stdin.readline()
    signal.alarm(LIMIT)


def ask(probe, target):
    """The outcome of one probe, and the error that it let pass, which means that the thing does not work."""
    target.recorder.clear()
    if hasattr(signal, "alarm"):  # not on Windows, where interview/asking.py alone watches the time
        signal.alarm(LIMIT)
    try:
        return probe.function(target), None
    except (Exception, TooManyRounds) as error:  # whatever chatlas, openai or pydantic raise is the finding
        return unsupported(said(error)), error
    finally:
        if hasattr(signal, "alarm"):
            signal.alarm(0)


def run(probe, target):
    """Ask one probe; returns what is noted of it."""
    start = time.monotonic()
    outcome, _ = ask(probe, target)
    return {
        "probe": probe.name,
        "question": probe.question,
        "outcome": outcome.kind,
        "says": cleaned(outcome.says, target.api_key, target.recorder.root),
        "model": outcome.model,
        "seconds": round(time.monotonic() - start, 1),
        "exchanges": len(chosen(target.recorder.exchanges)),
        "evidence": shortened(target.recorder.exchanges, target.api_key, target.recorder.root),
    }


def main():
    settings = json.loads(os.environ.pop("PROBE_TARGET"))
    only, may_restart = settings.pop("only"), settings.pop("may_restart")
    recorder = Recorder(settings["root"])
    target = Target(**settings, recorder=recorder, restart=restart if may_restart else None)
    signal.signal(signal.SIGALRM, out_of_time)
    warnings.simplefilter("ignore")
    for name, probe in catalog.load().items():
        if not only or name in only:
            print(json.dumps(run(probe, target)), flush=True)
    recorder.close()


if __name__ == "__main__":
    main()
