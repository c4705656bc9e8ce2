"""Asks a server that nobody here knows all probes through one chatlas class: the reader's side of `probe`.

interview/asking.py starts it with the reader's Python and PROBE_TARGET in the environment: class_name, root, api,
model, api_key, counted_at, remote, only. It prints JSON lines: the catalog; `asking`, before each try; and a finding
for each probe. A model that may not do what a question needs is asked again, in other words (WORDINGS).
"""

import contextlib
import json
import os
import signal
import time
import warnings

import chatlas

from chatlas_doctor.interview.words import MODEL, NOT_ASKED, YES
from chatlas_doctor.probes import catalog
from chatlas_doctor.probes.__main__ import ask, out_of_time
from chatlas_doctor.probes.evidence import chosen, cleaned
from chatlas_doctor.probes.recorder import Recorder
from chatlas_doctor.probes.target import Target, has_field
from chatlas_doctor.probes.themes.settings import DAYS
from chatlas_doctor.probes.verdict import read_by_server, text_of, verdict

ROOM = 600  # tokens in which a model that thinks may do so
WORDINGS = {  # system prompts for a second and a third try, by what the model has to do
    "tool": (
        "You have tools. Call the fitting tool first, and answer with what it gives.",
        "You know nothing by yourself. You can only answer after you have called a tool.",
    ),
    "schema": (
        "Answer with JSON of the wanted form and nothing else. Take the values from the text.",
        "You fill in forms. Read the text, and write each value into its field as JSON.",
    ),
    "picture": ("Look closely at what you are sent, and answer in a few words.",),
    "reasoning": ("Think step by step before you answer.",),
}


def say(**line):
    """Print one line for whoever started this."""
    print(json.dumps(line), flush=True)


def thinks(target):
    """Whether the model thinks before it answers, as the beginning of one answer shows."""
    say(asking="chat")
    _, error = ask(catalog.load()["chat"], target)
    if error or not target.responses:
        return False
    answer = target.responses[-1]
    return "<think>" in text_of(answer) or any(
        has_field(answer, f) for f in ("reasoning_content", "reasoning_text", "thinking")
    )


def beforehand(probe, settings, fits):
    """Why a probe need not be asked, a reason; "" where it is asked."""
    if probe.name == "reconnect":
        return "needs-restart"
    if probe.name == "image-url" and settings["remote"]:
        return "not-reachable"
    return "fits" if probe.name == "context-of-a-request" and fits else ""


def finding(probe, target):
    """What one probe found: asked once, or once for each wording until the model does it."""
    start, best, requests = time.monotonic(), None, 0
    for target.wording in ("", *WORDINGS.get(probe.follows, ())):
        say(asking=probe.name)
        outcome, error = ask(probe, target)
        requests += len(chosen(target.recorder.exchanges))
        found = verdict(probe, outcome, error, target.responses)
        if best is None or better(found, best[0]):
            best = found, cleaned(outcome.says, target.api_key, target.recorder.root)
        if found[0] != MODEL and found != (YES, "wrong-answer"):
            break
    target.wording = ""
    if probe.name == "stop-sequences" and best[0][0] == YES and never_says_thursday(target):
        best = (MODEL, "never-says"), best[1]
    (outcome, reason), says = best
    seconds = round(time.monotonic() - start, 1)
    return {
        "probe": probe.name,
        "outcome": outcome,
        "reason": reason,
        "says": says,
        "seconds": seconds,
        "requests": requests,
    }


def never_says_thursday(target):
    """Whether the model does not come to the stop sequence by itself, so that its end shows nothing."""
    with contextlib.suppress(Exception):  # then nothing is known against the finding
        return "Thursday" not in target.ask(DAYS)
    return False


def better(found, other):
    """Whether one verdict of a question that a model has to follow takes the place of another: only a yes does."""
    return found[0] == YES and (other[0] != YES or not found[1])


def main():
    settings = json.loads(os.environ.pop("PROBE_TARGET"))
    probes = catalog.load()
    say(
        catalog=[[p.name, p.title, p.theme] for p in probes.values()],
        lacking=not hasattr(chatlas, settings["class_name"]),
    )
    recorder = Recorder(settings["root"])
    given = {name: settings[name] for name in ("class_name", "root", "model", "api_key", "counted_at", "api")}
    target = Target(**given, recorder=recorder)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, out_of_time)
    warnings.simplefilter("ignore")
    target.room = ROOM if thinks(target) else 0
    fits = settings["fits"]
    for name in settings["only"] or probes:
        if why := beforehand(probes[name], settings, fits):
            say(probe=name, outcome=NOT_ASKED, reason=why, says="", seconds=0, requests=0)
            continue
        say(**finding(probes[name], target))
        fits = fits or (name == "context-overflow" and read_by_server(target.responses) > 6000)
    recorder.close()


if __name__ == "__main__":
    main()
