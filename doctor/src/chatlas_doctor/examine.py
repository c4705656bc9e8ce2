"""The examination: look, run the code that is recommended, and where it fails ask why."""

import os
import urllib.request

from chatlas_doctor.address import read_address
from chatlas_doctor.causes import Cause
from chatlas_doctor.chat import (
    ABOUT_MODEL,
    SET_ASIDE,
    all_reasoning,
    answers,
    ask_chat,
    chat_cause,
    first_message,
    install_cause,
    reasoning_field,
)
from chatlas_doctor.features import Feature, check_features
from chatlas_doctor.keys import check_key
from chatlas_doctor.look import look, with_its_scheme
from chatlas_doctor.models import default_model, find_model, listed, not_served
from chatlas_doctor.report import conclude
from chatlas_doctor.snippet import TOKENS, proxies_of, run_snippet, snippet


def proxy_for(address):
    """The name of the proxy setting that a client applies to this address, or ""."""
    proxies = urllib.request.getproxies()
    applies = proxies.get(address.scheme) or proxies.get("all")
    if not applies or urllib.request.proxy_bypass(address.where):
        return ""
    return f"{address.scheme if proxies.get(address.scheme) else 'all'}_proxy".upper()


def examine(arguments, key, python, report, progress):
    """Do all of it, and fill in `report`.

    Args:
        arguments: the command line's url, model and full.
        key: the server's key, or "".
        python: the reader's Python.
        report: what is printed at the end.
        progress: a function that is told what is done now.

    Raises:
        Cause: something is wrong.
    """
    check_key(key)
    address = read_address(arguments.url)
    progress("looking")
    address = with_its_scheme(address)
    report.notes = [f"{note[0].upper()}{note[1:]}." for note in address.cleaned]
    report.base_url, report.path_problem = f"{address.origin}{address.prefix}/v1", address.wrong
    exposed, wanted = bool(key) and address.exposes_a_key, arguments.model
    proxy, unlisted = proxy_for(address), None
    try:
        unlisted = look(address, "" if exposed else key, None if exposed else wanted, report)
    except Cause as cause:
        if exposed and cause.kind == "key":
            raise not_sent(address, report) from None
        if exposed and cause.kind in ("server_error", "not_api", "gateway"):
            cause.advice.append("Your key was not sent in clear text: type http:// to send it.")
        if proxy and not address.is_loopback:
            cause.text += f" {proxy} is set: your code asks that proxy, which the doctor does not."
            cause.advice.append(
                f"Whether the proxy knows the way is not known: curl -i {report.base_url}/models asks it."
            )
        raise
    report.path_problem = address.wrong or report.path_problem
    if proxy and address.is_loopback:
        raise Cause(
            "proxy",
            f"The server is fine, but {proxy} is set: your code's requests to {address.host} go to the proxy.",
            f"Run: export NO_PROXY=localhost,127.0.0.1,::1  (then {report.base_url} is reached directly)",
        )
    if proxy:
        how = "this was run without" if proxies_of(address, key) is None else "this was run with"
        report.notes.append(f"{proxy} is set, and {how} that proxy; your code uses it.")
    if exposed:
        raise not_sent(address, report)
    if not report.models and not wanted:
        advice = {"Ollama": "Run: ollama pull NAME", "LM Studio": "Load a model in LM Studio."}
        raise Cause("model", "The server runs, but serves no model.", advice.get(report.server, "See its log."))
    report.model = wanted or (None if address.is_openai else default_model(report.models))
    report.snippet = snippet(report.base_url, report.model, bool(key))
    if address.is_openai and not arguments.full:
        raise Cause("not_run", "OpenAI accepts the key. Nothing was generated: that needs --full.")
    progress("running the code")
    chat(address, key, python, report, wanted, unlisted)
    if wanted and report.models and find_model(wanted, report.models)[0] is None:
        cause, closest = not_served(wanted, report.models)
        near = f"; the closest served id is {closest!r}" if closest else ""
        cause.text = f"The server answered, but its list has no model {wanted!r}{near}."
        cause.advice.append("Some servers, such as llama.cpp's, answer any id with the model that they have.")
        raise cause
    thinks = False
    if not report.answer and not address.is_openai:
        reply = ask_chat(address, report, key, stream=False)
        if cause := all_reasoning(reply):
            raise cause
        thinks = bool(reasoning_field(first_message(reply)))
    if arguments.full and not report.model:
        report.features = [Feature("--full", None, "not checked: name a model with --model")]
    elif arguments.full:
        report.features = list(check_features(address, report, key, progress))
    conclude(report)
    if thinks:
        report.cause += f" Within the {TOKENS} tokens of this run its model only thought (reasoning), and said nothing."


def chat(address, key, python, report, wanted, unlisted):
    """Run the recommended code with the reader's Python, and note what it printed.

    Raises:
        Cause: it failed, and this is why.
    """
    run = None
    if python.chatlas and python.openai:
        report.worked = False
        run = run_snippet(report.snippet, address, key, python.program)
        if not run.error:
            report.worked, report.answer, report.seconds = True, run.answer, run.seconds
            return
    if cause := chat_cause(address, report, key):
        if cause.text.startswith(SET_ASIDE) and run and ABOUT_MODEL.search(run.error):  # it told the snippet why
            cause = Cause("model", f"The server refuses the model id. It says: {run.error[:300]}")
        if unlisted and cause.kind == "not_api":
            raise unlisted
        raise about_the_model(cause, wanted, address, key, python, report)
    if run is None or run.missing:
        report.worked = None
        raise install_cause(python, run.error if run else "")
    bundle = os.environ.get("SSL_CERT_FILE")
    if bundle and not os.path.exists(bundle):
        text = (
            "The server answers, but your code's client does not start: SSL_CERT_FILE names a file that is not there."
        )
        raise Cause("snippet", text, f"Unset SSL_CERT_FILE, or let it name the bundle of certificates. Now: {bundle}")
    text = f"The server answers when the doctor asks it itself, yet with your Python the code ends in {run.error[:300]}"
    raise Cause("snippet", text, f"Your Python has {python.says}.", "Bring both up to date, and run this again.")


def about_the_model(cause, wanted, address, key, python, report):
    """The Cause when the chat ended in `cause`: a better one if the model id is what is wrong.

    Where another id certainly means the same model, the snippet is run anew with it.
    """
    no_route = cause.kind == "not_api" and "(404)" in cause.text  # all that some servers say of a wrong id
    served, way = find_model(wanted, report.models) if wanted else (wanted, "")
    if not report.models or not (cause.kind == "model" or (no_route and served != wanted)):
        return cause
    if served == wanted:  # it is in the list: what the server says of it is the cause
        cause.advice = [f"Name another one with --model. It lists: {listed(report.models)}."]
        if report.server == "LiteLLM":
            cause.advice.append("If the alias is right, its `model` in the proxy's configuration is not.")
        return cause
    if served is None:
        cause, closest = not_served(wanted, report.models)
        if closest:
            report.model, report.snippet = closest, snippet(report.base_url, closest, bool(key))
            report.worked = None
            cause.advice.append("It may be another model. The code below names it, and was not run.")
        return cause
    report.model, report.snippet = served, snippet(report.base_url, served, bool(key))
    if python.chatlas and python.openai:
        run = run_snippet(report.snippet, address, key, python.program)
        report.worked, report.answer, report.seconds = not run.error, run.answer, run.seconds
    works = report.worked or answers(ask_chat(address, report, key, stream=False))
    text = f"The model id is wrong: {wanted!r} {way}; the server calls it {served!r}."
    return Cause("model", text, "The code below has the right id" + (" and works." if works else ", and failed, too."))


def not_sent(address, report):
    """The Cause when the key was kept back, so that it does not leave in clear text; nothing else is wrong."""
    text = f"The key was not sent in clear text to {address.where}: type http:// to send it."
    advice = f"If you trust the network between here and there, give this address: {report.base_url}"
    return Cause("clear_text", text, advice, "https was tried first: the server does not speak it on this port.")
