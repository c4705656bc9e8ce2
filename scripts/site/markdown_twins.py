"""Writes each page as Markdown beside its HTML, and llms.txt, which lists them for assistants.

Quarto's own `llms-txt: true` (looked at in 1.10.18) writes PAGE.llms.md where our published addresses are PAGE.md, an
llms.txt without descriptions, and links to previews of notebooks that are not there; Quarto 1.4 and the offline preview
have none.
"""

import os
import re
from pathlib import Path

import panflute
import yaml

from scripts.common.paths import ROOT
from scripts.content import pages, tree

SOURCE_LINK = re.compile(r"^([^#:]+)\.qmd(?=#|$)")
RULE = (
    "For a server that you run yourself (vLLM, LiteLLM, llama.cpp, any OpenAI-compatible one), use "
    '`ChatOpenAICompletions(base_url="http://HOST:PORT/v1", api_key=..., model=...)`. For Ollama, use '
    '`ChatOllama(base_url="http://HOST:11434")`, without /v1. `ChatOpenAI` speaks OpenAI\'s Responses API and is for '
    "OpenAI itself. chatlas has no ChatVLLM."
)


def twin(page):
    """A page as plain Markdown: variables, cells and included files written out, links to the other twins."""
    blocks = tree.read(pages.expanded(page), str(page)).walk(plain).content
    return f"# {pages.header(page)['title']}\n\n{tree.written(blocks, 'gfm', str(page))}"


def plain(element, doc):
    """An element of pandoc's tree without what only Quarto reads."""
    if isinstance(element, (panflute.RawBlock, panflute.RawInline)):
        return []
    if isinstance(element, panflute.Str) and element.text.startswith("{."):
        return []  # what Quarto reads after a table's caption, pandoc takes for words
    if isinstance(element, (panflute.Div, panflute.Span)):
        return list(element.content)
    if isinstance(element, panflute.Image):
        alt = panflute.stringify(element) or element.attributes.get("fig-alt", "")
        return panflute.RawInline(f"[Picture: {alt}]", format="gfm")
    if isinstance(element, panflute.Figure):
        return panflute.Plain(*element.content[0].content)
    if isinstance(element, panflute.Link):
        element.url = SOURCE_LINK.sub(r"\1.md", element.url)
    if isinstance(element, panflute.CodeBlock):
        language = "".join(element.classes[:1])
        element.classes, element.attributes = ["text" if language == "default" else language], {}
    return element


def index(address):
    """The text of llms.txt, in the order of the sidebar. Evidence is left out: the table links it."""
    website = yaml.safe_load((ROOT / "_quarto.yml").read_text())["website"]
    lines = [f"# {website['title']}", "", f"> {website['description']}", "", RULE, "", "## Pages", ""]
    for page in ordered():
        header = pages.header(page)
        path = page.with_suffix(".md").as_posix()
        lines.append(f"- [{header['title']}]({address + '/' if address else ''}{path}): {header['description-meta']}")
    return "\n".join(lines) + "\n"


def ordered():
    """The pages as _quarto.yml lists them, without the evidence and the page for missing ones."""
    patterns = yaml.safe_load((ROOT / "_quarto.yml").read_text())["project"]["render"]
    found = dict.fromkeys(path for pattern in patterns for path in sorted(ROOT.glob(pattern)))
    listed = [Path(os.path.relpath(path, ROOT)) for path in found]
    return [page for page in listed if page.parent.name != "evidence" and page.stem != "404"]


def write(site, address):
    """Write the twins and llms.txt into the folder `site`.

    Args:
        address: the site's address without a slash at its end, "" while it is not set.
    """
    for page in pages.sources():
        if page.stem != "404":
            path = site / page.with_suffix(".md")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(twin(page))
    (site / "llms.txt").write_text(index(address))
