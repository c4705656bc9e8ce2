"""What a probe's outcome is worth where the model and the server are not known: what the server does is told from
what its model did, and a reason from a fixed list takes the place of words from the wire."""

import re

from chatlas_doctor.interview.words import MODEL, NO, NOT_APPLICABLE, NOT_ASKED, PARTLY, YES
from chatlas_doctor.probes import outcome as kinds
from chatlas_doctor.probes.evidence import told

WRITTEN_CALL = re.compile(r"<tool_call>|<function=|\[TOOL_CALLS\]|<\|python_tag\|>")
NOT_SHOWN = {"without-key": "has-key", "wrong-key": "no-key", "cancel": "not-shown", "reconnect": "needs-restart"}
CONNECTION = ("APIConnectionError", "ConnectError", "ConnectionError", "ConnectionRefusedError", "RemoteDisconnected")
LONG = 6000  # words in the prompt of the probes on the context


def text_of(response):
    """What a response says, its parts put together, with the signs that JSON may escape as they are."""
    return told(response).replace("\\u003c", "<").replace("\\u003e", ">")


def read_by_server(responses):
    """The tokens that the server counted as read in the last response; 0 where it counted none."""
    counts = re.findall(r'"(?:prompt_tokens|input_tokens|prompt_eval_count)"\s*:\s*(\d+)', "".join(responses[-1:]))
    return max(map(int, counts), default=0)


def verdict(probe, outcome, error, responses):
    """An outcome and a reason, both of interview/words.py.

    Args:
        probe: the catalog.Probe.
        outcome: what it found.
        error: the error that it let pass, or None.
        responses: the texts of the responses to its POST requests.
    """
    if error is not None:
        return of_error(probe, error, responses)
    says, follows = outcome.says, probe.follows
    if follows == "tool" and (outcome.model is False or outcome.kind != kinds.SUPPORTED) and written_call(responses):
        return NO, "unread-call"
    if follows == "reasoning" and any("<think>" in text_of(response) for response in responses):
        return NO, "unread-thinking"
    if outcome.kind == kinds.SUPPORTED:
        if says.startswith("called when required"):
            return MODEL, "only-when-required"
        return YES, "wrong-answer" if outcome.model is False else ""
    if outcome.kind == kinds.NOT_APPLICABLE:
        return NOT_APPLICABLE, "no-sense"
    if outcome.kind == kinds.NOT_RUN:
        return (MODEL, "no-call") if follows else (NOT_ASKED, NOT_SHOWN[probe.name])
    if outcome.kind == kinds.NOT_ASKED:
        return of_a_model_that_cannot(follows, says, responses)
    if outcome.kind == kinds.PARTLY:
        if follows == "tool":
            return MODEL, "no-call"
        return (MODEL, "no-change") if probe.name == "frequency-penalty" else (PARTLY, "differs")
    if says.startswith("asks for "):
        return NO, "other-route"
    if says.startswith(("chatlas ", "not sent")):
        return NO, "not-sent"
    if says.startswith("refused"):
        return NO, "refused"
    if follows == "picture":
        return MODEL, "not-seen"
    if probe.name == "context-overflow" and read_by_server(responses) > LONG:
        return NOT_ASKED, "fits"
    return (MODEL, "empty") if says == "the answer is empty" else (NO, "ignored")


def of_error(probe, error, responses):
    """The verdict on an error: the server refuses, is not reached, or the model wrote what cannot be read."""
    name = type(error).__name__
    if isinstance(error, TimeoutError) or "Timeout" in name:
        return NOT_ASKED, "too-slow"
    if name in CONNECTION:
        return NOT_ASKED, "unreachable"
    if hasattr(error, "status_code"):
        return (NOT_ASKED, "too-many") if error.status_code == 429 else (NO, "refused")
    if probe.follows == "tool" and written_call(responses):
        return NO, "unread-call"
    if probe.follows and isinstance(error, kinds.TooManyRounds):
        return MODEL, "looped"
    if probe.follows and isinstance(error, ValueError):  # pydantic's and json's errors are such, too
        return MODEL, "not-followed"
    return NO, "failed"


def of_a_model_that_cannot(follows, says, responses):
    """The verdict where the model has no vision or does not reason, unless the reasoning came under a newer name."""
    if follows != "reasoning":
        return NOT_ASKED, "no-vision"
    if any(re.search(r'"reasoning"\s*:\s*"[^"]', response) for response in responses):
        return YES, ""
    return (NOT_ASKED if "refuses" in says else MODEL), "no-reasoning"


def written_call(responses):
    """Whether a model wrote its call as text, in a form that some server reads as one."""
    return any(WRITTEN_CALL.search(text_of(response)) for response in responses)
