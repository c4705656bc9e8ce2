"""The report as one HTML file that loads nothing."""

import re
from html import escape

from chatlas_doctor.interview.advice import flags, to_avoid
from chatlas_doctor.interview.words import REASONS, SIGNS

STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
:root { color-scheme: light dark }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .25rem .5rem; vertical-align: top }
tr { border-bottom: 1px solid #8885 } tbody th[colspan] { padding-top: 1rem } small { display: block; opacity: .75 }
"""


def titled(text):
    """A title's Markdown as HTML: its words in backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


def cell(finding):
    """A cell: the sign, the word, and the reason below."""
    why = REASONS[finding["reason"]]
    return f"<td>{SIGNS[finding['outcome']]} {finding['outcome']}{f'<small>{escape(why)}</small>' if why else ''}</td>"


def table(columns):
    """The table, a row for each question, grouped by theme."""
    heads = "".join(f"<th scope=col>{escape(column.class_name)}</th>" for column in columns)
    rows, last = [], ""
    for name, title, theme in columns[0].catalog if columns else ():
        if theme != last:
            last = theme
            rows.append(f"<tr><th scope=rowgroup colspan={len(columns) + 1}>{escape(theme)}</th></tr>")
        cells = "".join(cell(column.findings[name]) for column in columns)
        rows.append(f"<tr><th scope=row>{titled(title)}</th>{cells}</tr>")
    return f"<table><thead><tr><td></td>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def page(found, columns):
    """The page.

    Args:
        found: what report.as_json() gives.
        columns: asking.Column objects.
    """
    server = f"{found['server']['name']} {found['server']['version']}".strip()
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    avoid = "".join(
        f"<li>{titled(title)} with {escape(', '.join(classes))}: {escape(reason)}.</li>"
        for title, classes, reason in to_avoid(columns)
    )
    todo = "".join(f"<li>{escape(text)}</li>" for text, _ in flags(found["server"]["name"], columns))
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(server)}, asked with chatlas</title>",
        "<meta name=viewport content='width=device-width, initial-scale=1'>",
        f"<style>{STYLE}</style><h1>{escape(server)}</h1>",
        f"<p>Model {escape(found['model'])}, asked {found['date']} with {escape(versions)}: "
        f"{found['requests']} requests in {found['seconds']:.0f} seconds.</p>",
        f"<h2>What to change or watch</h2><ul>{todo}</ul>" if todo else "",
        f"<h2>What does not work</h2><ul>{avoid}</ul>" if avoid else "",
        f"<h2>All questions</h2>{table(columns)}",
        "<p>“The model did not” is no word about the server: another model may do it.</p></html>",
    ]
    return "\n".join(filter(None, parts)) + "\n"
