"""The report: what is printed at the end, for people and as JSON."""

import dataclasses
import sys
from urllib.parse import urlsplit

from chatlas_doctor.ask import hidden
from chatlas_doctor.causes import KINDS
from chatlas_doctor.models import listed
from chatlas_doctor.snippet import TOKENS

GREEN, RED, DIM, PLAIN = "\033[1;32m", "\033[1;31m", "\033[2m", "\033[0m"


@dataclasses.dataclass
class Report:
    """All that is printed at the end."""

    kind: str = "ok"
    cause: str = ""
    advice: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)
    base_url: str = ""
    server: str = ""
    version: str = ""
    models: list = dataclasses.field(default_factory=list)
    context: dict = dataclasses.field(default_factory=dict)
    model: str | None = None
    path_problem: str = ""
    snippet: str = ""
    worked: bool | None = None
    answer: str = ""
    seconds: float = 0.0
    features: list = dataclasses.field(default_factory=list)
    client: str = ""

    @property
    def path(self):
        """The path of the base URL."""
        return urlsplit(self.base_url).path

    @property
    def name(self):
        """The server's name, and its version where it tells one."""
        return " ".join(filter(None, (self.server or "an OpenAI-compatible server", self.version)))


def cleaned(value, key):
    """`value`, in any nesting, without the key and without control characters, which could move the cursor."""
    if dataclasses.is_dataclass(value):
        return dataclasses.replace(value, **cleaned(vars(value), key))
    if isinstance(value, dict):
        return {cleaned(name, key): cleaned(item, key) for name, item in value.items()}
    if isinstance(value, list):
        return [cleaned(item, key) for item in value]
    if isinstance(value, str):
        for secret in {key, key.strip(), key.strip("\"'` ")}:
            value = hidden(value, secret) if len(secret) >= 8 else value  # a shorter one may be a plain word
        return "".join(c if c.isprintable() or c == "\n" else " " for c in value)
    return value


def conclude(report):
    """Put the first line together when the snippet has worked."""
    report.cause = f"chatlas works with {report.name} at {report.base_url}, model {report.model or '(the default)'}."
    if report.path_problem:
        report.kind = "address"
        report.cause = f"{report.path_problem}: use {report.base_url}, and chatlas works ({report.name})."
    if report.server == "Ollama":
        report.advice.append(f'ChatOllama(model="{report.model}") works, too; its base_url has no /v1.')
    broken = [feature for feature in report.features if feature.works is False]
    if broken:
        report.kind = "feature"
        report.cause = f"Chat works, but not {'; nor '.join(f'{f.name}: {f.seen}' for f in broken)}."
        report.advice += [feature.advice for feature in broken if feature.advice]


def as_json(report):
    """The report as a dict for --json."""
    result = dataclasses.asdict(report) | {"run_with_max_tokens": TOKENS}
    return {"status": KINDS[report.kind][0], **result, "seconds": round(report.seconds, 2)}


def say(text, style=""):
    """Print one paragraph, in colour where a person reads it."""
    text = text.replace("\n", " ")
    print(f"{style}{text}{PLAIN}" if style and sys.stdout.isatty() else text)


def show(report):
    """Print the report: the cause first, then what to do, the facts, and the code."""
    say(report.cause, GREEN if report.kind in ("ok", "not_run") else RED)
    for line in report.advice + report.notes:
        say(f"  {line}")
    sizes = [f"{m} ({report.context[m]} tokens of context)" if m in report.context else m for m in report.models]
    facts = {
        "base URL": report.base_url,
        "server": " ".join(filter(None, (report.server, report.version))),
        "models": listed(sizes) if sizes else "",
        "client": report.client,
    }
    say("")
    for name, value in facts.items():
        if value:
            say(f"  {name:<10}{value}", DIM if name == "client" else "")
    for feature in report.features:
        mark = {True: "yes", False: "NO", None: "-"}[feature.works]
        say(f"  {feature.name:<20}{mark:<5}{feature.seen}", RED if feature.works is False else "")
    if report.snippet:
        capped = f"with a limit of {TOKENS} tokens, which it does not have itself"
        did = {True: f"works (it was run {capped})", False: "was run and failed", None: "was not run"}[report.worked]
        print(f"\nThis code {did}:\n\n{report.snippet}")
    if report.worked:
        thinks = f"nothing: a thinking model may spend all {TOKENS} tokens on it"
        answer = report.answer or ("nothing" if report.kind == "reasoning" else thinks)
        say(f"It printed, in {report.seconds:.1f} s: {answer[:300]}")
