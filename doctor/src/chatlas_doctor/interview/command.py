"""Asks your own server the questions of the compatibility table, and says what works with chatlas.

It sends about 90 requests for each chatlas class, most of them with at most 120 tokens of answer, and takes at most
20 minutes. Where a server costs money, this does, too. Ctrl-C leaves a report of what was asked so far.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from chatlas_doctor.address import read_address
from chatlas_doctor.ask import ask_all
from chatlas_doctor.causes import KEY_VARIABLE, KINDS, Cause
from chatlas_doctor.chat import install_cause
from chatlas_doctor.examine import not_sent
from chatlas_doctor.interview.advice import flags, to_avoid
from chatlas_doctor.interview.asking import WHOLE, Column, ask_class
from chatlas_doctor.interview.page import page
from chatlas_doctor.interview.report import as_json
from chatlas_doctor.interview.words import NO, REASONS, SIGNS
from chatlas_doctor.keys import check_key
from chatlas_doctor.look import look, with_its_scheme
from chatlas_doctor.models import default_model
from chatlas_doctor.reader import find
from chatlas_doctor.report import Report, cleaned

LEFT_OUT = ("too-slow", "gave-up", "out-of-time", "interrupted")
SAID = 100  # characters of a server's words behind a "no", on the terminal alone
COUNTS = ("vllm:num_requests_running", "llamacpp:requests_processing")


def parser(prog):
    """The command line of `probe`."""
    made = argparse.ArgumentParser(
        prog=f"{prog} probe", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("url", help="the server's address in any form")
    made.add_argument("--model", metavar="ID", help="the model to ask; the first that the server lists by default")
    made.add_argument(
        "--api-key-env",
        metavar="NAME",
        default=KEY_VARIABLE,
        help=f"the variable with the server's key ({KEY_VARIABLE})",
    )
    made.add_argument("--json", metavar="FILE", help="write the report there as JSON")
    made.add_argument("--html", metavar="FILE", help="write the report there as one HTML file")
    made.add_argument(
        "--python", metavar="PROGRAM", help="the Python that has chatlas; else the active environment's, else this"
    )
    return made


def prepared(arguments, key):
    """Where and with what to ask: the reader's Python, the Report of a look, and the settings of the questions.

    Raises:
        Cause: the server cannot be asked.
    """
    check_key(key)
    for file in filter(None, (arguments.json, arguments.html)):
        if not Path(file).resolve().parent.is_dir():
            raise Cause("usage", f"{file} cannot be written: its folder is not there.", "Name a folder that is there.")
    python, report = find(arguments.python), Report()
    address = with_its_scheme(read_address(arguments.url))
    exposed = bool(key) and address.exposes_a_key
    look(address, "" if exposed else key, arguments.model, report)
    if exposed:
        raise not_sent(address, report)
    if not (arguments.model or report.models):
        raise Cause("model", "The server runs, but serves no model.", "Name one with --model.")
    if address.is_openai and not arguments.model:
        raise Cause("usage", "Name the model with --model: OpenAI's cost money, each its own price.")
    if not (python.chatlas and python.openai):
        raise install_cause(python)
    report.model = arguments.model or default_model(report.models)
    if report.server == "Ollama":  # which lists NAME as NAME:latest, and chatlas without it
        report.model = report.model.removesuffix(":latest")
    path = urlsplit(report.base_url).path
    prefix, slash, last = path.rstrip("/").rpartition("/")
    settings = {
        "root": address.origin + prefix,
        "api": slash + last,
        "model": report.model,
        "api_key": key or "EMPTY",
        "remote": not address.is_loopback,
        "counted_at": counted_at(address, prefix, key),
    }
    return python, report, settings


def counted_at(address, prefix, key):
    """The address whose /metrics count what the server works on; "" where nothing does."""
    metrics = ask_all([(address, f"{prefix}/metrics", {"key": key})], 3.0)[0]
    counts = metrics.status == 200 and any(name in metrics.text for name in COUNTS)
    return address.origin + prefix if counts else ""


def classes_for(report, api):
    """The chatlas classes that fit a server, the recommended one first."""
    return [
        "ChatOpenAICompletions",
        "ChatOpenAI",
        *(["ChatOllama"] if (report.server, api) == ("Ollama", "/v1") else []),
    ]


def teller(column, key):
    """A function that prints each finding of a column as it comes, and each question on a terminal."""
    state = {"theme": "", "start": time.monotonic()}

    def tell(name, finding):
        title, theme = next((title, theme) for known, title, theme in column.catalog if known == name)
        title = title.replace("`", "")
        if finding is None:
            if sys.stderr.isatty():
                print(f"\r\033[K    {title} ...", end="\r", file=sys.stderr, flush=True)
            return
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)
        if theme != state["theme"]:
            state["theme"] = theme
            print(f"  {theme}")
        why = REASONS[finding["reason"]]
        if finding["outcome"] == NO and finding["reason"] in ("refused", "failed"):
            why += f": {finding['says'][:SAID]}"
        line = f"    {SIGNS[finding['outcome']]} {finding['outcome']:<15} {title}{f' ({why})' if why else ''}"
        print(cleaned(line, key).replace("\n", " "), flush=True)

    return tell


def conclude(report, columns):
    """Print what does not work and what to change."""
    for title, classes, reason in to_avoid(columns):
        print(f"  Does not work: {title.replace('`', '')} with {', '.join(classes)}: {reason}.")
    for text, place in flags(report.server, columns):
        print(f"  {text} ({place})")


def main(words, prog="chatlas-doctor"):
    """Ask a server; returns the exit status.

    Raises:
        Cause: the server cannot be asked.
    """
    arguments = parser(prog).parse_args(words)
    key = os.environ.get(arguments.api_key_env, "")
    python, report, settings = prepared(arguments, key)
    start, columns, status = time.monotonic(), [], KINDS["ok"][0]
    intro = f"{report.name} at {report.base_url}, model {report.model}, {python.says}"
    print(cleaned(intro, key).replace("\n", " "), flush=True)
    try:
        for class_name in classes_for(report, settings["api"]):
            column = Column(class_name)
            print(f"\n{class_name}", flush=True)
            columns.append(column)
            asked = settings | {"class_name": class_name}
            names = (KEY_VARIABLE, arguments.api_key_env)
            ask_class(column, python.program, asked, start + WHOLE, teller(column, key), names)
            if column.lacking:
                print("  Your chatlas does not have this class.")
    except KeyboardInterrupt:
        status = 130
        print("\nInterrupted: what was not asked is marked so.", file=sys.stderr)
    columns = [column for column in columns if column.catalog and not column.lacking]
    for column in columns:
        column.give_up("interrupted" if status else "out-of-time")
        for reason in LEFT_OUT:
            if names := [name for name, found in column.findings.items() if found["reason"] == reason]:
                print(f"  {column.class_name} was not asked: {', '.join(names)} ({REASONS[reason]}).")
    found = as_json(report.server, report.version, report.model, python, columns, time.monotonic() - start, key)
    print(f"\n{found['requests']} requests in {found['seconds']:.0f} seconds.")
    conclude(report, columns)
    for file, text in ((arguments.json, json.dumps(found, indent=1) + "\n"), (arguments.html, page(found, columns))):
        if file:
            Path(file).write_text(text, encoding="utf-8")
            print(f"Written: {file}")
    return status
