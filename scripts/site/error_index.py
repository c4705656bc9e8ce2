"""Derives the index of errors, docs/troubleshooting.qmd, from the headers of docs/errors.

Its prose is in docs/_troubleshooting.qmd. The box for a pasted traceback is docs/errors/explain.js with the patterns.
"""

import json
import re
from pathlib import Path

import openai

from scripts.common.paths import ROOT
from scripts.content import errors

PROSE = ROOT / "docs" / "_troubleshooting.qmd"
PAGE = ROOT / "docs" / "troubleshooting.qmd"
SCRIPT = ROOT / errors.FOLDER / "explain.js"
BOX, INDEX = "<!-- Here comes the box: scripts/site/error_index.py -->", "<!-- Here comes the index -->"
STATUS = "A status of the server: Error code"
OTHERS = "Another exception, or a warning"
HTML = """```{{=html}}
<form id="explain" onsubmit="return false">
<label for="pasted">Paste the message or the whole traceback. It stays in this browser.</label>
<textarea id="pasted" rows="5" spellcheck="false" autocomplete="off"></textarea>
<div id="answers" role="status"></div>
</form>
<noscript>The box needs JavaScript. The list below does not.</noscript>
<script type="application/json" id="errors">{data}</script>
<script>
(function () {{
{script}
{show}
}})();
</script>
```"""
SHOW = """
const errors = JSON.parse(document.getElementById("errors").textContent);
const field = document.getElementById("pasted"), answers = document.getElementById("answers");
field.addEventListener("input", () => {
  answers.replaceChildren();
  if (!field.value.trim()) return;
  const found = explain(field.value, errors).slice(0, SHOWN);
  if (!found.length) {
    const line = document.createElement("p"), doctor = document.createElement("a");
    doctor.href = "#let-a-program-look";
    doctor.textContent = "Let a program look at your server";
    line.append("I don't know this one. ", doctor, ".");
    answers.append(line);
  }
  for (const page of found) {
    const line = document.createElement("p"), link = document.createElement("a"), why = document.createElement("span");
    link.href = page.address.replace("docs/", "");
    link.textContent = page.title;
    why.textContent = " " + page.says + " Why this page: " + page.why + ".";
    line.append(link, why);
    answers.append(line);
  }
});"""


def status_of(entry):
    """The status that an exception of openai stands for, "5xx" for those of a broken server; None without one."""
    name = entry.error.exception.removeprefix("openai.")
    if name == entry.error.exception:
        return None
    if name == "InternalServerError":
        return "5xx"
    kind = getattr(openai, name).__annotations__.get("status_code", "")
    found = re.search(r"\d{3}", str(kind)) or re.search(r"(?<=Error code: )\d{3}", "\n".join(entry.error.match))
    return found[0] if found else None


def line(entry):
    """An entry's line in the index."""
    servers = "" if entry.error.servers == ["any"] else f" ({', '.join(entry.error.servers)})"
    return f"- [{entry.title}]({Path(errors.FOLDER).name}/{entry.name}.qmd){servers}: {entry.says}"


def grouped(entries, key):
    """The entries as lists below what `key` gives for each, in the order of that."""
    kinds = sorted({key(entry) for entry in entries})
    return "\n\n".join(
        "\n".join([f"**{kind}**\n", *(line(entry) for entry in entries if key(entry) == kind)]) for kind in kinds
    )


def index():
    """The lists: by status, by exception, then by what is seen without one."""
    entries = errors.load()
    with_status = [entry for entry in entries if status_of(entry)]
    raised = [e for e in entries if e.error.exception != errors.NO_ERROR and e not in with_status]
    parts = {
        STATUS: grouped(with_status, lambda entry: f"{status_of(entry)} {entry.error.exception}"),
        OTHERS: grouped(raised, lambda entry: entry.error.exception.removeprefix("builtins.")),
    }
    for seen, title in errors.SEEN.items():
        parts[title] = "\n".join(line(entry) for entry in entries if seen in entry.error.seen)
    executed = sum(entry.is_executed for entry in entries)
    contents = "\n".join(f"- [{title}](#{anchor(title)})" for title in parts if parts[title])
    count = (
        f"{len(entries)} errors. The way out of {executed} is executed; {len(entries) - executed} say "
        f'"{errors.NOT_EXECUTED}", with a source and a date.'
    )
    lists = [f"## {title} {{#{anchor(title)}}}\n\n{text}" for title, text in parts.items() if text]
    return "\n\n".join([count, f"::: {{.contents}}\n{contents}\n:::", *lists])


def anchor(title):
    """A heading's anchor."""
    return "".join(letter if letter.isalnum() else "-" for letter in title.lower()).replace("--", "-")


def text():
    """The page."""
    data = json.dumps(errors.data(), ensure_ascii=False).replace("</", "<\\/")
    box = HTML.format(data=data, script=SCRIPT.read_text(), show=SHOW)
    prose = PROSE.read_text().replace("---\n", "---\n# Derived: edit docs/_troubleshooting.qmd.\n", 1)
    return prose.replace(BOX, box).replace(INDEX, index())


def texts():
    """The text of each page that is derived, by path."""
    return {PAGE: text()}
