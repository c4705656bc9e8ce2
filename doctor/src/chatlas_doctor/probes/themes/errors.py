"""Errors that help."""

import re

import openai

from chatlas_doctor.probes.catalog import probe
from chatlas_doctor.probes.outcome import not_applicable, not_run, partly, supported, unsupported
from chatlas_doctor.probes.target import ask, said, tokens_of


def with_words(error):
    """Whether it is the server's refusal, and says more than its number."""
    return isinstance(error, openai.APIStatusError) and not re.fullmatch(r"Error code: \d+", str(error))


@probe("A wrong model is named")
def wrong_model(target):
    """The error for a model that is not there names it."""
    try:
        target.ask("Hello", model="no-such-model")
    except Exception as error:  # the class of the error is what is asked for
        if "no-such-model" in str(error):
            return supported(said(error))
        return partly(said(error)) if with_words(error) else unsupported(said(error))
    return unsupported("accepted: some model answered")


@probe("A wrong key is a 401 or 403")
def wrong_key(target):
    """The error for a wrong key is a 401 or 403."""
    if target.api_key == "EMPTY":
        return not_run("this server was started without a key")
    try:
        target.ask("Hello", api_key="sk-wrong")
    except Exception as error:  # the class of the error is what is asked for
        return (supported if getattr(error, "status_code", 0) in (401, 403) else partly)(said(error))
    return unsupported("accepted")


@probe("A prompt that is too long is refused")
def context_overflow(target):
    """A prompt longer than the context gives an error and is not cut in silence."""
    words = 6000
    chat = target.chat(tokens=8)
    try:
        ask(chat, "word " * words)
    except Exception as error:  # the class of the error is what is asked for
        if "context" in str(error):
            return supported(said(error))
        return partly(said(error)) if with_words(error) else unsupported(said(error))
    read = tokens_of(chat)[0]
    return unsupported(f"answered after reading {read} tokens of more than {words}: cut in silence")


@probe("A larger context for one request")
def context_of_a_request(target):
    """Where a prompt that is too long is cut, the request itself can ask for more room: Ollama's `num_ctx`."""
    words = 6000
    chat = target.chat(tokens=8)
    try:
        ask(chat, "word " * words, kwargs={"extra_body": {"options": {"num_ctx": 8192}}})
    except openai.APIStatusError as error:
        if "context" not in str(error):
            raise
        return not_applicable(f"the server cuts nothing: {said(error)}")
    read = tokens_of(chat)[0]
    says = f"reads {read} tokens of more than {words}"
    return supported(says) if read > words else unsupported(says)
