"""Says in one sentence what stands between chatlas and your model server, and shows code that works.

    chatlas-doctor http://localhost:8000    what is wrong, or code that works
    chatlas-doctor                          what answers at the usual ports of this machine
    chatlas-doctor wait http://localhost:8000    wait until a server answers
    chatlas-doctor explain                  what an error means that you paste
    chatlas-doctor probe http://localhost:8000   everything that chatlas can do, asked of your server

It looks first (GET requests, 4 seconds in all), then runs the code that it recommends with your Python, with at most
16 tokens; where that fails it asks the server once more itself, and quotes what it says.
"""

import argparse
import importlib
import json
import os
import sys

from chatlas_doctor.causes import KEY_VARIABLE, KINDS, Cause
from chatlas_doctor.examine import examine
from chatlas_doctor.models import listed
from chatlas_doctor.reader import find
from chatlas_doctor.report import Report, as_json, cleaned, show
from chatlas_doctor.usual import survey, wait


def parser(prog):
    """The command line of an examination."""
    statuses = "\n".join(f"  {status:>3}  {meaning}" for status, meaning in KINDS.values())
    made = argparse.ArgumentParser(
        prog=prog,
        description=__doc__.replace("chatlas-doctor", prog),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"The key goes to the URL's own host only, and is never printed. To another machine it leaves in clear\n"
        f"text only if you typed http://. Redirects to other hosts are not followed. The doctor\n"
        f"uses no proxy; the code that it runs uses yours, unless the proxy could read the key.\n"
        f"Nothing is generated at OpenAI's own hosts without --full.\n\nexit status:\n{statuses}\n  130  interrupted",
    )
    made.add_argument(
        "url", nargs="?", help="the server's address in any form, or the line of your code that has it; without one, "
        "the usual ports of this machine are looked at"
    )  # fmt: skip
    made.add_argument("--api-key", metavar="KEY", help=f"the server's key; safer as {KEY_VARIABLE} in the environment")
    made.add_argument("--model", metavar="ID", help="the model id that your code uses")
    made.add_argument("--full", action="store_true", help="also check streaming, tools, JSON schema, /v1/responses")
    made.add_argument(
        "--python", metavar="PROGRAM", help="the Python that runs your code; else the active environment's, else this"
    )
    made.add_argument("--json", action="store_true", help="print the report as JSON")
    return made


def waiting_parser(prog):
    """The command line of `wait`."""
    made = argparse.ArgumentParser(prog=f"{prog} wait", description="Wait until a server lists its models.")
    made.add_argument("url", help="the server's address in any form")
    made.add_argument("--api-key", metavar="KEY", help=f"the server's key; safer as {KEY_VARIABLE} in the environment")
    made.add_argument("--for", dest="seconds", type=float, default=300, metavar="SECONDS", help="at most (300)")
    made.add_argument("--json", action="store_true", help="print the report as JSON")
    return made


def key_of(arguments):
    """The key that was given, as it was given."""
    return os.environ.get(KEY_VARIABLE, "") if arguments.api_key is None else arguments.api_key


def finish(report, key, in_json):
    """Print a report and give its exit status."""
    report = cleaned(report, key)
    if in_json:
        print(json.dumps(as_json(report), indent=2))
    else:
        show(report)
    return KINDS[report.kind][0]


def tell(step):
    """Say on a terminal what is done now."""
    if sys.stderr.isatty():
        print(f"\r\033[K{step} ...", end="\r", file=sys.stderr, flush=True)


def run(arguments):
    """Examine one server."""
    key, report = key_of(arguments), Report()
    try:
        python = find(arguments.python)
        report.client = python.says
        examine(arguments, key, python, report, tell)
    except Cause as cause:
        report.kind, report.cause, report.advice = cause.kind, cause.text, cause.advice
        if report.path_problem and cause.kind not in ("usage", "redirect"):
            report.advice.append(f"{report.path_problem}, too: use {report.base_url}.")
    tell("")
    return finish(report, key, arguments.json)


def look_around(arguments, prog):
    """List what answers at the usual ports; status 0 if something does."""
    reports = [cleaned(report, "") for report in survey()]
    if arguments.json:
        print(json.dumps([as_json(report) for report in reports], indent=2))
    for report in () if arguments.json else reports:
        models = f": {listed(report.models, 4)}" if report.models else ""
        print(
            f"{report.base_url}  {report.name}{models}" if report.kind == "ok" else f"{report.base_url}  {report.cause}"
        )
    good = [report for report in reports if report.kind == "ok"]
    if not arguments.json:
        ask = f"Ask about one of them: {prog} {good[0].base_url}" if good else f"Name its address: {prog} URL"
        print(ask if reports else f"Nothing answers at the usual ports of this machine. {ask}")
    return KINDS["ok" if good else "no_server"][0]


def explained(words):
    """Hand over to `explain`, which the single file does not have."""
    try:
        module = importlib.import_module("chatlas_doctor.explain")
    except ImportError:
        print("This file cannot explain errors: install the whole program, pip install ./doctor.", file=sys.stderr)
        return KINDS["usage"][0]
    return module.main(words)


def probed(words, prog):
    """Hand over to `probe`, which the single file does not have."""
    try:
        module = importlib.import_module("chatlas_doctor.interview.command")
    except ImportError:
        print("This file cannot question a server: install the whole program, pip install ./doctor.", file=sys.stderr)
        return KINDS["usage"][0]
    return module.main(words, prog)


def main(words=None):
    """Run a command; returns the exit status."""
    words = sys.argv[1:] if words is None else words
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a letter that a console lacks stays right in the code
    prog = "chatlas-doctor" if not sys.argv[0].endswith("doctor.py") else "python doctor.py"
    try:
        if words[:1] == ["explain"]:
            return explained(words[1:])
        if words[:1] == ["probe"]:
            return probed(words[1:], prog)
        if words[:1] == ["wait"]:
            arguments = waiting_parser(prog).parse_args(words[1:])
            key = key_of(arguments)
            report = wait(arguments.url, key, arguments.seconds, lambda line: print(line, file=sys.stderr, flush=True))
            return finish(report, key, arguments.json)
        arguments = parser(prog).parse_args(words)
        return run(arguments) if arguments.url is not None else look_around(arguments, prog)
    except Cause as cause:
        print(cause.text, *cause.advice, sep="\n  ")
        return KINDS[cause.kind][0]
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains as it ends
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
