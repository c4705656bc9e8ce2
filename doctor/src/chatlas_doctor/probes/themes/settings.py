"""Settings."""

import warnings

import openai

from chatlas_doctor.probes.catalog import probe
from chatlas_doctor.probes.outcome import partly, supported, unsupported
from chatlas_doctor.probes.target import ask, has_field, said, tokens_of

DAYS = "List the seven days of the week."


def answer_with(target, question=DAYS, **settings):
    """The answer with some model parameters, and the body that was sent."""
    chat = target.chat()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The following parameters")
        chat.set_model_params(**settings)
        answer = ask(chat, question)
    return answer, target.bodies[-1]


@probe("The same answer at temperature 0")
def temperature_zero(target):
    """Two requests at temperature 0 give the same text."""
    first, second = (target.ask(DAYS) for _ in range(2))
    return supported("twice the same") if first == second else partly("the two answers differ")


@probe("`seed`")
def seed(target):
    """At a high temperature, one seed gives one answer."""
    answers = []
    for _ in range(2):
        answer, body = answer_with(target, seed=7, temperature=1.5)
        answers.append(answer)
    if "seed" not in body:
        return unsupported("chatlas does not send it")
    return supported("twice the same at temperature 1.5") if len(set(answers)) == 1 else partly("sent, answers differ")


@probe("Stop sequences")
def stop_sequences(target):
    """The answer ends before the stop sequence."""
    answer, body = answer_with(target, stop_sequences=["Thursday"])
    if "stop" not in body:
        return unsupported("chatlas does not send them")
    return unsupported("the answer goes on") if "Thursday" in answer else supported("the answer stops")


@probe("`frequency_penalty`")
def frequency_penalty(target):
    """A penalty changes the answer to a question that provokes repetition."""
    question = "Count from 1 to 20."
    plain, _ = answer_with(target, question)
    changed, body = answer_with(target, question, frequency_penalty=2.0)
    if "frequency_penalty" not in body:
        return unsupported("chatlas does not send it")
    return supported("sent, and the answer changes") if plain != changed else partly("sent, without effect")


@probe("`top_k`")
def top_k(target):
    """chatlas sends top_k under that name."""
    _, body = answer_with(target, top_k=5)
    sent = [f"{name}={body[name]}" for name in body if name.startswith("top_")]
    if "top_k" in body:
        return supported("sent")
    return unsupported(f"chatlas sends {', '.join(sent)} instead" if sent else "chatlas does not send it")


@probe("`max_tokens`")
def max_tokens(target):
    """An answer has no more tokens than asked for."""
    chat = target.chat(tokens=5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ask(chat, DAYS)
    written = tokens_of(chat)[1]
    return supported(f"5 asked for, {written} written") if written <= 5 else partly(f"5 asked for, {written} written")


@probe("A cut answer is noticed")
def truncation(target):
    """When an answer is cut at max_tokens, chatlas says so."""
    chat = target.chat(tokens=5)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ask(chat, DAYS)
    reason = getattr(chat.get_last_turn(), "finish_reason", None)
    warned = any("truncated" in str(warning.message) for warning in caught)
    if warned:
        return supported(f"a warning, and finish reason {reason}")
    if reason in ("max_tokens", "length"):
        return partly(f"finish reason {reason}, no warning")
    return unsupported(f"finish reason {reason}, no warning: cut in silence")


@probe("Log probabilities")
def log_probs(target):
    """`set_model_params(log_probs=True)` brings them back."""
    answer_with(target, log_probs=True)
    return supported("returned") if has_field(target.responses[-1], "logprob") else unsupported("none came back")


# Fields that one kind of server has and the OpenAI API has not, with an effect that shows: vLLM's and that of
# what stands before it, llama.cpp's, Ollama's. None of the first two answers comes by itself.
OWN_FIELDS = (
    ({"structured_outputs": {"choice": ["Oslo", "Rome"]}}, lambda answer, written: answer in ("Oslo", "Rome")),
    ({"grammar": 'root ::= "Oslo"'}, lambda answer, written: answer == "Oslo"),
    ({"options": {"num_predict": 1}}, lambda answer, written: written == 1),
)


@probe("`extra_body`")
def extra_body(target):
    """A field of the server's own, which the OpenAI API does not have, arrives through `extra_body` and takes effect.

    Those of vLLM, llama.cpp and Ollama are tried in turn: one is enough.
    """
    found = []
    for fields, takes_effect in OWN_FIELDS:
        chat, (name,) = target.chat(), fields
        try:
            answer = ask(chat, DAYS, kwargs={"extra_body": fields})
        except openai.APIStatusError as error:
            found.append(f"{name} is refused ({said(error)})")
            continue
        if name not in target.bodies[-1]:
            return unsupported("chatlas does not send it")
        if takes_effect(answer, (tokens_of(chat) or (0, 0))[1]):
            return supported(f"{name} takes effect")
        found.append(f"{name} has no effect")
    return unsupported(f"sent: {', '.join(found)}")
