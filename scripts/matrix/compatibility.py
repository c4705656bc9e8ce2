"""Makes the page with the compatibility table, and the pages of its evidence, from results/matrix.

docs/compatibility.qmd is the prose of docs/_compatibility.qmd with the table put in, since Quarto looks for what a
page includes before anything can be derived. docs/evidence/ has a page for each backend and chatlas.
"""

import json
import re

from chatlas_doctor.probes import catalog

from scripts.common.paths import ROOT
from scripts.content import backends, pages, sections
from scripts.matrix import expected_failures, reported, stored

PROSE = ROOT / "docs" / "_compatibility.qmd"
PAGE = ROOT / "docs" / "compatibility.qmd"
PLACE = "<!-- Here comes the table: scripts/matrix/compatibility.py -->"
REPORTED = "<!-- Here comes what users reported: scripts/matrix/reported.py -->"
EVIDENCE = ROOT / "docs" / "evidence"
CHAT_FAILS = "A plain chat fails here with {classes}, so that most of the other questions could not be asked."
WORDS = {
    "supported": "✓ yes",
    "partly": "◐ partly",
    "unsupported": "✗ no",
    "not applicable": "○ n/a",
    "not asked": "— not asked: the test model can't",
    "not run": "? not run",
}
NOT_YET = "… not asked yet"
STYLES = {"supported": "yes", "partly": "partly", "unsupported": "no"}  # a mark's class in docs/site.css


def anchor(*parts):
    """Names as one anchor."""
    return re.sub(r"[^a-z0-9]+", "-", " ".join(parts).lower()).strip("-")


def page_name(result, chatlas):
    """The evidence page of a result's columns with that chatlas."""
    newest = result["columns"][0]["chatlas"]
    return anchor(result["backend"]) if chatlas == newest else anchor(result["backend"], "chatlas", chatlas)


def mark(finding):
    """The symbol and word for a finding; a star where the model was not good enough. The legend has the rest."""
    return WORDS[finding["outcome"]].partition(":")[0] + (" \\*" if finding["model"] is False else "")


def cell(result, column, probe):
    """A cell of the table: the mark, linked to its evidence."""
    if not column:
        return WORDS["not run"]
    target = f"evidence/{page_name(result, column['chatlas'])}.qmd#{anchor(probe, column['class'])}"
    if why := stored.why_not_asked(result, column, probe):
        return f'[{NOT_YET}]({target} "{why}"){{.unknown}}'
    finding = stored.current(column)[probe]
    return f"[{mark(finding)}]({target}){{.{STYLES.get(finding['outcome'], 'unknown')}}}"


def rows(headings, cells_of):
    """A Markdown table with a row for each probe and one for each theme.

    Args:
        headings: those of the columns after the first.
        cells_of: a function from a probe's name to the row's cells, or to None to leave it out.
    """
    breakable = [heading.replace("OpenAICompletions", "OpenAI<wbr>Completions") for heading in headings]
    lines = [f"| | {' | '.join(breakable)} |", f"|{'-' * 30}|{'|'.join(['-' * 14] * len(headings))}|"]
    theme = None
    for probe in catalog.load().values():
        cells = cells_of(probe.name)
        if cells is None:
            continue
        if probe.theme != theme:
            theme = probe.theme
            lines.append(f"| **{theme}** |{' |' * len(headings)}")
        lines.append(f"| {probe.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def outcomes(result, column):
    """What was found for each probe that this column has an answer to."""
    if not column:
        return {}
    return {
        name: finding["outcome"]
        for name, finding in stored.current(column).items()
        if not stored.why_not_asked(result, column, name)
    }


def summary(found):
    """A line for each backend: how many questions work with each class, how many in part, and how many do not."""
    lines = []
    for backend in backends.load().values():
        if backend.name not in found:
            continue
        result, parts = found[backend.name], []
        for column in stored.newest(result):
            kinds = list(outcomes(result, column).values())
            rest = len(catalog.load()) - sum(kinds.count(kind) for kind in STYLES)
            parts.append(
                f"{column['class']}: {kinds.count('supported')} work, {kinds.count('partly')} partly, "
                f"{kinds.count('unsupported')} not" + (f", {rest} not asked or n/a" if rest else "")
            )
        lines.append(f"- **{backend.title} {result['version']}**: {'; '.join(parts)}.")
    return "\n".join(lines)


def alike(found_by_column):
    """The rows of the table, by their number, in which no two columns differ, and a theme's where no row is left."""
    rows_alike, row, theme, theme_row, left = [], 0, None, 0, False
    for probe in catalog.load().values():
        row += 1
        if probe.theme != theme:
            rows_alike += [] if left or not theme_row else [theme_row]
            theme, theme_row, left, row = probe.theme, row, False, row + 1
        differs = len({found.get(probe.name) for found in found_by_column}) > 1
        left = left or differs
        rows_alike += [] if differs else [row]
    return rows_alike + ([] if left else [theme_row])


def table(found):
    """The table of all backends, with the boxes that hide a backend's columns and show the rows that are alike."""
    columns, boxes, rules = [], [], []
    for backend in backends.load().values():
        result = found.get(backend.name)
        with_class = {c["class"]: c for c in stored.newest(result)} if result else {}
        version = f"{backend.title} {result['version']}" if result else backend.title
        hidden = []
        for class_name in backend.classes:
            columns.append((f"{version} {class_name}", result, with_class.get(class_name)))
            hidden.append(f"#matrix tr > :nth-child({len(columns) + 1})")
        boxes.append(f'<label><input type="checkbox" id="show-{backend.name}" checked> {version}</label>')
        rules.append(f"body:has(#show-{backend.name}:not(:checked)) :is({', '.join(hidden)}) {{ display: none; }}")
    same = alike([outcomes(result, column) for _, result, column in columns])
    boxes.append('<label><input type="checkbox" id="show-alike"> also the questions that all answer alike</label>')
    hidden = [f"#matrix tbody > :nth-child({row})" for row in same]
    rules += [f"body:has(#show-alike:not(:checked)) :is({', '.join(hidden)}) {{ display: none; }}"] if same else []
    for number, (heading, _, _) in enumerate(columns, 2):  # on a phone, where no head stands above the cells
        rules.append(f'#matrix td:nth-child({number}) {{ --column: "{heading}"; }}')
    body = rows([c[0] for c in columns], lambda probe: [cell(result, column, probe) for _, result, column in columns])
    return (
        "```{=html}\n"
        f'<fieldset class="matrix-filter"><legend>Show</legend>\n{chr(10).join(boxes)}\n</fieldset>\n'
        f"<style>\n{chr(10).join(rules)}\n</style>\n```\n\n"
        f"::: {{#matrix}}\n\n{body}\n\n:::\n"
    )


def since(result):
    """The table of older chatlas releases on one backend: only the rows in which a class differs from itself."""
    columns = sorted(result["columns"], key=lambda column: tuple(map(int, column["chatlas"].split("."))))

    def cells_of(probe):
        outcomes = {name: set() for name in (column["class"] for column in columns)}
        for column in columns:
            finding = stored.current(column).get(probe)
            outcomes[column["class"]] |= {finding["outcome"]} - {"not run"} if finding else set()
        changed = any(len(found) > 1 for found in outcomes.values())
        return [cell(result, column, probe) for column in columns] if changed else None

    return rows([f"chatlas {column['chatlas']} {column['class']}" for column in columns], cells_of)


def stamp(result, column):
    """What was asked when, with which versions (those of `column`), model and hardware, and which pins moved since."""
    moved = [f"{name} {now}" for name, _, now in stored.moved(result)] if column in stored.newest(result) else []
    return (
        f"{backends.get(result['backend']).title} {result['version']}: asked {result['date']} with chatlas "
        f"{column['chatlas']}, openai {column['openai']}, Python {column['python']}, {result['model']}, "
        f"on {result['hardware']}." + (f" Since then this site has moved to {', '.join(moved)}." if moved else "")
    )


def matrix_text(found):
    """The table, what was asked when, and the table of older chatlas."""
    stamps = "\n".join(f"- {stamp(result, result['columns'][0])}" for result in found.values())
    for result in found.values():
        silent = [c["class"] for c in result["columns"] if not answers(c)]
        if silent:
            name = backends.get(result["backend"]).title
            stamps += f"\n- {name}: {CHAT_FAILS.format(classes=' and '.join(silent)).removesuffix('.')}: see `Chat`."
    stamps += "".join(f"\n- {b.title}: not run yet." for b in backends.load().values() if b.name not in found)
    older = [result for result in found.values() if len({c["chatlas"] for c in result["columns"]}) > 1]
    text = f"{summary(found)}\n\n{table(found)}\n{stamps}\n"
    for result in older:
        title = backends.get(result["backend"]).title
        text += (
            f"\n## Older chatlas on {title} {result['version']}\n\n"
            "The same probes with older releases (beside openai 2, which they need). Rows in which no class has "
            f"changed are left out.\n\n::: {{#older}}\n\n{since(result)}\n\n:::\n"
        )
    return text


def exchange_text(exchange):
    """One request with its response, as text."""
    request = "" if exchange["request"] is None else "\n" + json.dumps(exchange["request"], ensure_ascii=False)
    status = exchange["status"] or "no response"
    return f"{exchange['method']} {exchange['path']}{request}\n\n{status}\n{exchange['response'] or '(nothing)'}"


def link(place):
    """A link from an evidence page to a place on another page, by its heading; a whole page by its title."""
    page = place.partition("#")[0]
    (heading,) = [section.title for section in sections.of(page) if section.place == place]
    return f"[{heading or pages.header(page)['title']}](../{place.removeprefix('docs/')})"


def some_of(finding):
    """How many of the exchanges are shown, where it is not all of them."""
    shown, all_of_them = len(finding["evidence"]), finding["exchanges"]
    return f" (the last {shown} of {all_of_them})" if shown < all_of_them else ""


def finding_text(result, column, finding):
    """The evidence for one cell of the table; of a probe that was not asked, `finding` has only its name."""
    title = f"{catalog.load()[finding['probe']].title} ({column['class']})"
    lines = [f"### {title} {{#{anchor(finding['probe'], column['class'])}}}", ""]
    if why := stored.why_not_asked(result, column, finding["probe"]):
        lines.append(f"**{NOT_YET}** ({why})")
        summary = "What went over the wire with that other question"
    else:
        model = {True: " The model's answer was right.", False: " The model's answer was wrong.", None: ""}
        words = f"**{WORDS[finding['outcome']]}**: `` {finding['says']} ``{model[finding['model']]}"
        lines.append(f"{words} ({finding['seconds']} s)")
        if "later" in finding:
            lines += ["", "Asked {date} with Python {python}, on {hardware}.".format(**finding["later"])]
        places = expected_failures.pages_for(finding["probe"], column["class"], result["backend"])
        if places and finding["outcome"] in expected_failures.BROKEN:
            lines += ["", "What to do: " + ", ".join(map(link, places))]
        summary = "What went over the wire"
    if finding.get("evidence"):
        shown = "\n\n".join(map(exchange_text, finding["evidence"]))
        lines += [
            "",
            f"<details><summary>{summary}{some_of(finding)}</summary>",
            "",
            "~~~~text",
            shown,
            "~~~~",
            "",
            "</details>",
        ]
    return "\n".join(lines)


def answers(column):
    """Whether the first probe, a plain chat, works there; where it does not, most others cannot be asked."""
    chat = stored.current(column).get("chat")
    return not chat or chat["outcome"] != "unsupported"


def evidence_text(result, chatlas):
    """One evidence page."""
    columns = [column for column in result["columns"] if column["chatlas"] == chatlas]
    title = f"{backends.get(result['backend']).title} {result['version']} with chatlas {chatlas}"
    parts = [
        f'---\ntitle: "Evidence: {title}"\n'
        f'description-meta: "What each probe sent to {title}, and what came back."\ntoc-depth: 2\nsearch: false\n'
        "repo-actions: false\n---\n",
        f"{stamp(result, columns[0])} Long texts are cut. [Back to the table](../compatibility.qmd)\n",
    ]
    silent = [column["class"] for column in columns if not answers(column)]
    if silent:
        parts.append(f"{CHAT_FAILS.format(classes=' and '.join(silent))}\n")
    for probe in catalog.load().values():
        parts.append(f"## {probe.title} {{#{probe.name}}}\n\n{probe.shows}\n")
        for column in columns:
            finding = stored.by_probe(column).get(probe.name, {"probe": probe.name})
            parts.append(finding_text(result, column, finding) + "\n")
    return "\n".join(parts)


def page_text(found):
    """The page with the table; its header says where its prose is written."""
    prose = PROSE.read_text().replace("---\n", "---\n# Derived: edit docs/_compatibility.qmd.\n", 1)
    return prose.replace(PLACE, matrix_text(found).strip()).replace(REPORTED, reported.text())


def texts():
    """The text of each page that is derived, by path."""
    found = stored.results()
    wanted = {PAGE: page_text(found)}
    for result in found.values():
        for chatlas in dict.fromkeys(column["chatlas"] for column in result["columns"]):
            wanted[EVIDENCE / f"{page_name(result, chatlas)}.qmd"] = evidence_text(result, chatlas)
    return wanted
