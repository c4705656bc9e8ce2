"""Reads the pages: their code blocks, embedded cells, included files and variables, as Quarto would expand them."""

import functools
import os
import re
from pathlib import Path

import panflute
import yaml

from scripts.common.paths import ROOT
from scripts.common.problem import Broken
from scripts.content import notebooks, tree, variables

# Our own regular expressions, since pandoc does not know Quarto's shortcodes, and reads a header's values as Markdown.
EMBED = re.compile(r"^\{\{< embed (?P<path>\S+?)#(?P<labels>\S+)(?P<options>[^>\n]*)>\}\}$", re.MULTILINE)
INCLUDE = re.compile(r"^\{\{< include (\S+) >\}\}$", re.MULTILINE)
VARIABLE = re.compile(r"\{\{< var ([\w.-]+) >\}\}")
KNOWN = re.compile(r"\{\{< (?:var|include|pagebreak|video|meta) [^{}]*>\}\}")
HEADER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


def sources():
    """The pages that _quarto.yml renders, relative to the repository."""
    patterns = yaml.safe_load((ROOT / "_quarto.yml").read_text())["project"]["render"]
    return sorted({path.relative_to(ROOT) for pattern in patterns for path in ROOT.glob(pattern)})


def written():
    """The pages that somebody writes: all but the evidence, which is derived from results/."""
    return [page for page in sources() if page.parent.name != "evidence"]


@functools.cache  # derived from every accepted result, and asked for by every page
def derived():
    """The variables' values."""
    return variables.derive()


def text(page):
    """The source of a page with included files written out and variables filled in.

    Raises:
        Broken: there is no such file or variable.
    """
    source = (ROOT / page).read_text()

    def place(match):
        return f"{page}, line {source.count(chr(10), 0, source.find(match[0])) + 1}"

    def included(match):
        start = Path() if match[1].startswith("/") else Path(page).parent  # "/" is the project's folder
        file = ROOT / start / match[1].lstrip("/")
        if not file.is_file():
            raise Broken(place(match), f"there is no file {match[1]} to include")
        return file.read_text().rstrip("\n")

    def value(match):
        found = derived()
        for part in match[1].split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if not isinstance(found, str):
            raise Broken(place(match), f"there is no variable {match[1]}")
        return found

    return VARIABLE.sub(value, INCLUDE.sub(included, source))


def header(page):
    """The header of a page, with variables filled in: title, description-meta and what else it sets.

    Raises:
        Broken: there is none, it is no YAML, or has no title or description-meta.
    """
    return parsed_header(text(page), page)


@functools.cache  # many tests ask each page
def parsed_header(whole, page):
    """The header of a page with this text; raises Broken as header() does."""
    found = HEADER.match(whole)
    if not found:
        raise Broken(f"{page}, line 1", "there is no header: lines between --- and ---")
    try:
        values = yaml.safe_load(found[1])
    except yaml.YAMLError as error:
        raise Broken(f"{page}, header", f"this is no YAML: {error}") from None
    for key in ("title", "description-meta"):
        if not isinstance(values, dict) or not isinstance(values.get(key), str):
            raise Broken(f"{page}, header", f"there is no {key}")
    return values


def code_blocks(page, *languages):
    """The fenced blocks of a page in one of `languages`, written out as in text()."""
    return tree.code([tree.of(text(page), str(page))], *languages)


def inline_code(page):
    """The texts of a page's inline code, variables filled in."""
    return tree.inline([tree.of(text(page), str(page))])


def words(blocks):
    """The words of pandoc's blocks, without code blocks; a shortcode that is a paragraph has a line of its own."""
    return "\n".join(panflute.stringify(block) for block in blocks if not isinstance(block, panflute.CodeBlock))


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


def cell(page, path, label):
    """The cell `label` of the notebook `path`, which `page` embeds.

    Raises:
        Broken: there is none.
    """
    place = f"{page}, embed {path}#{label}"
    if not (ROOT / path).is_file():
        raise Broken(place, "there is no such notebook")
    by_id = {each.id: each for each in notebooks.code_cells(notebooks.read(path))}
    if label not in by_id:
        raise Broken(place, "the notebook has no code cell with this id")
    return by_id[label]


def check(page):
    """Raise Broken for what is wrong in the source of a page: in its header, its shortcodes or its fences."""
    header(page)
    rest = KNOWN.sub("", EMBED.sub("", (ROOT / page).read_text()))
    for line in rest.splitlines():
        if "{{<" in line or ">}}" in line:
            raise Broken(page, f"this is no shortcode that the site uses: {line[:60]}")
    for path, label, _ in embeds(page):
        cell(page, path, label)
    tree.check(tree.of(text(page), str(page)), page)


def expanded(page):
    """The source of a page with included files, variables and embedded cells written out, for a renderer without."""

    def cells(match):
        parts = []
        for path, label, echo in embedded(match[0], page):
            found = cell(page, path, label)
            if echo:
                parts.append(f"```python\n{found.source}\n```")
            parts += [f"```{{.default .output}}\n{printed.rstrip()}\n```" for printed in outputs(found)]
            alt = found.metadata.get("fig-alt", "")
            parts += [f'![](data:image/png;base64,{image}){{fig-alt="{alt}"}}' for image in images(found)]
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
