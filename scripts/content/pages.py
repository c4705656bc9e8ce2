"""Reads the pages: their code blocks, embedded cells, included files and variables, as Quarto would expand them."""

import functools
import os
import re
from pathlib import Path

import yaml

from scripts.common.paths import ROOT
from scripts.content import notebooks, variables

EMBED = re.compile(r"^\{\{< embed (?P<path>\S+?)#(?P<labels>\S+)(?P<options>[^>]*)>\}\}$", re.MULTILINE)
INCLUDE = re.compile(r"^\{\{< include (\S+) >\}\}$", re.MULTILINE)
VARIABLE = re.compile(r"\{\{< var ([\w.-]+) >\}\}")
BLOCK = re.compile(r"^```(?:\{\.)?(?P<language>\w+)[^\n]*\n(?P<text>.*?)\n```$", re.MULTILINE | re.DOTALL)


def sources():
    """The pages that _quarto.yml renders, relative to the repository."""
    patterns = yaml.safe_load((ROOT / "_quarto.yml").read_text())["project"]["render"]
    return sorted({path.relative_to(ROOT) for pattern in patterns for path in ROOT.glob(pattern)})


@functools.cache  # derived from every accepted result, and asked for by every page
def derived():
    """The variables' values."""
    return variables.derive()


def text(page):
    """The source of a page with included files written out and variables filled in.

    Raises:
        KeyError: there is no such variable.
    """

    def included(match):
        start = Path() if match[1].startswith("/") else Path(page).parent  # "/" is the project's folder
        return (ROOT / start / match[1].lstrip("/")).read_text().rstrip("\n")

    def value(match):
        found = derived()
        for part in match[1].split("."):
            found = found[part]
        return str(found)

    return VARIABLE.sub(value, INCLUDE.sub(included, (ROOT / page).read_text()))


def header(page):
    """The header of a page, with variables filled in: title, description-meta and what else it sets."""
    return yaml.safe_load(re.match(r"---\n(.*?)\n---\n", text(page), re.DOTALL)[1])


def code_blocks(page, *languages):
    """The fenced blocks of a page in one of `languages`, written out as in text()."""
    return [match["text"] for match in BLOCK.finditer(text(page)) if match["language"] in languages]


def embeds(page):
    """The cells that a page embeds, as embedded() returns them."""
    return embedded((ROOT / page).read_text(), page)


def embedded(source, page):
    """The cells that `source`, a part of `page`, embeds.

    Returns:
        A list of (notebook path relative to the repository, label, whether the code shows).
    """
    found = []
    for match in EMBED.finditer(source):
        path = os.path.normpath(Path(page).parent / match["path"])
        found += [(path, label, "echo=true" in match["options"]) for label in match["labels"].split(",")]
    return found


def expanded(page):
    """What text() gives, with embedded cells written out, too: for a renderer without them."""

    def cells(match):
        path = os.path.normpath(Path(page).parent / match["path"])
        by_id = {cell.id: cell for cell in notebooks.code_cells(notebooks.read(path))}
        parts = []
        for label in match["labels"].split(","):
            cell = by_id[label]
            if "echo=true" in match["options"]:
                parts.append(f"```python\n{cell.source}\n```")
            parts += [f"```{{.default .output}}\n{printed.rstrip()}\n```" for printed in outputs(cell)]
            alt = cell.metadata.get("fig-alt", "")
            parts += [f'![](data:image/png;base64,{image}){{fig-alt="{alt}"}}' for image in images(cell)]
        return "\n\n".join(parts)

    return EMBED.sub(cells, text(page))


def outputs(cell):
    """The texts that a cell's stored outputs show on a page (as in Quarto: no stderr, an image instead of its text)."""
    shown = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream" and output.name == "stdout":
            shown.append(output.text)
        elif output.output_type in ("execute_result", "display_data") and "image/png" not in output.data:
            shown.append(output.data.get("text/plain", ""))
    return shown


def images(cell):
    """The images that a cell's stored outputs show on a page: PNG, in base64 without line breaks."""
    found = [output.data.get("image/png") for output in cell.get("outputs", []) if "data" in output]
    return ["".join(image.split()) for image in found if image]
