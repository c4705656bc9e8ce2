"""The accepted findings in results/matrix, and what each is worth with today's probes and pins.

A finding stays as it is, with the versions and the date that it was found with, until its server is asked
again. A probe that a server was not asked, or was asked in another form, is "not asked yet" there.
"""

import copy
import hashlib
import json

import yaml
from chatlas_doctor.probes import catalog
from chatlas_doctor.probes.outcome import NOT_RUN

from scripts.common.json_text import json_text
from scripts.common.paths import ROOT
from scripts.common.problem import Broken
from scripts.content import backends

ACCEPTED = ROOT / "results" / "matrix"


def results():
    """The accepted result of each backend, by name: the newest where there are several."""
    found = {}
    for path in sorted(ACCEPTED.glob("*.json")):
        result = read(path)
        if result["date"] >= found.get(result["backend"], result)["date"]:
            found[result["backend"]] = result
    return found


def text(result):
    """A result as it is stored: a line for each finding, and one for each exchange, which several findings may name."""
    columns, findings, exchanges = [], [], {}
    for column in result["columns"]:
        columns.append({name: value for name, value in column.items() if name != "findings"})
        for finding in column["findings"]:
            names = [fingerprint(exchange) for exchange in finding["evidence"]]
            exchanges = dict(zip(names, finding["evidence"], strict=True)) | exchanges
            findings.append({"class": column["class"], "chatlas": column["chatlas"], **finding, "evidence": names})
    parts = {"columns": columns, "findings": findings, "exchanges": dict(sorted(exchanges.items()))}
    return json_text(result | parts) + "\n"


def read(path):
    """The result that text() was given for this file: findings in their columns, each with its exchanges.

    Raises:
        Broken: a finding names a column or an exchange that the file does not have.
    """
    result = json.loads(path.read_text())
    exchanges = result.pop("exchanges")
    columns = {(c["class"], c["chatlas"]): c | {"findings": []} for c in result["columns"]}
    for finding in result.pop("findings"):
        place = f"results/matrix/{path.name}: {finding['probe']}"
        named = finding.pop("class"), finding.pop("chatlas")
        if named not in columns:
            raise Broken(place, f"{' with chatlas '.join(named)} is none of the file's columns")
        if missing := {*finding["evidence"]} - {*exchanges}:
            raise Broken(place, f"the exchange {missing.pop()} is none of the file's")
        columns[named]["findings"].append(finding | {"evidence": [exchanges[name] for name in finding["evidence"]]})
    return result | {"columns": list(columns.values())}


def file_name(result):
    """The name of a result's file."""
    return f"{result['backend']}-{result['version']}-cpu.json"


def fingerprint(exchange):
    """A short digest of an exchange, by which findings name it; the names in its JSON come in any order."""
    return hashlib.sha256(json.dumps(exchange, sort_keys=True).encode()).hexdigest()[:16]


def by_probe(column):
    """The findings of a column by probe, those for another question included; none without a column."""
    return {finding["probe"]: finding for finding in column["findings"]} if column else {}


def is_current(finding):
    """Whether the finding answers a question as it is asked today."""
    probe = catalog.load().get(finding["probe"])
    return probe is not None and probe.question == finding["question"]


def current(column):
    """The findings of a column that count today, by probe."""
    return {name: finding for name, finding in by_probe(column).items() if is_current(finding)}


def newest(result):
    """The columns with the newest chatlas of those that were asked: the first one's."""
    return [column for column in result["columns"] if column["chatlas"] == result["columns"][0]["chatlas"]]


def why_not_asked(result, column, probe):
    """Why a column has no answer to `probe` as it is asked today; "" where it has one."""
    finding = by_probe(column).get(probe)
    if finding and is_current(finding):
        return ""
    when = finding.get("later", result)["date"] if finding else result["date"]
    return f"asked {result['version']} on {when} {'with another question' if finding else 'without it'}"


def pin(backend):
    """The version of a backend that the site is for: of its package, else of its image."""
    if backend.version:
        return backend.version
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return services[backend.container["container"]]["image"].rpartition(":")[2]


def moved(result):
    """What a result was found with and what the site pins now, where that differs: (name, then, now) each."""
    backend, column = backends.get(result["backend"]), result["columns"][0]
    pins = [(name, column[name], backends.pinned(name, "client")) for name in ("chatlas", "openai")]
    pins.append((backend.title, result["version"], pin(backend)))
    return [(name, then, now) for name, then, now in pins if then != now]


def to_ask(found):
    """A line for each backend that has something to be asked again, with the command that does it.

    Args:
        found: results by backend.
    """
    lines = []
    for backend in backends.load().values():
        command = f"make matrix ONLY={backend.name}"
        result = found.get(backend.name)
        if not result:
            lines.append(f"{command}   {backend.title} was not asked yet")
            continue
        columns = result["columns"]
        missing = [probe for probe in catalog.load() if any(why_not_asked(result, c, probe) for c in columns)]
        why = [f"{name} {then} was asked, the pin is {now}" for name, then, now in moved(result)]
        if missing and not why:  # else the whole column is asked anyway
            command += f" PROBES={','.join(missing)}"
        why += [f"not asked yet: {', '.join(missing)}"] if missing else []
        if why:
            lines.append(f"{command}   {backend.title} {result['version']}, {result['date']}: {'; '.join(why)}")
    return lines


def merged(stored, result):
    """The findings of some probes, put into the stored columns of the same server, model, chatlas and openai.

    "Not run" does not take the place of an answer.

    Args:
        stored: the accepted result of the backend, None without one.
        result: what `make matrix PROBES=…` found.

    Returns:
        The stored result with them, None where no column takes them; and a line for each column that does not.
    """
    together, lines = copy.deepcopy(stored), []
    columns = {(c["class"], c["chatlas"]): c for c in together["columns"]} if together else {}
    for column in result["columns"]:
        into = columns.get((column["class"], column["chatlas"]))
        if why := no_place(stored, into, result, column):
            lines.append(
                f"Not kept: {column['class']} of chatlas {column['chatlas']}: {why}. All of it has to be asked: "
                f"make matrix ONLY={result['backend']}"
            )
            continue
        later = {"date": result["date"], "python": column["python"], "hardware": result["hardware"]}
        kept = by_probe(into)
        for finding in column["findings"]:
            if finding["outcome"] != NOT_RUN or finding["probe"] not in current(into):
                kept[finding["probe"]] = finding | {"later": later}
        into["findings"] = [kept[probe] for probe in catalog.load() if probe in kept]
    return (together if len(lines) < len(result["columns"]) else None), lines


def no_place(stored, into, result, column):
    """Why the findings of `column` do not belong to the stored column `into`; "" where they do."""
    if not into:
        return "there is no stored column of these"
    then, now = stored | into, result | column
    differing = [name for name in ("version", "model", "openai") if then[name] != now[name]]
    return ", ".join(f"{name}: {now[name] or 'unknown'}, and {then[name]} is stored" for name in differing)


def lost(stored, result):
    """The probes that have an answer in a stored column and none in the one that would replace it."""
    if not stored:
        return []
    new = {(c["class"], c["chatlas"]): c for c in result["columns"]}
    new |= {(c["class"], stored["columns"][0]["chatlas"]): c for c in newest(result)}
    pairs = [(column, new.get((column["class"], column["chatlas"]))) for column in stored["columns"]]
    return sorted({probe for old, column in pairs if column for probe in set(current(old)) - set(current(column))})
