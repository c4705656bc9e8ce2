"""Writes each page as Markdown beside its HTML, and llms.txt, which lists them for assistants."""

import os
import re
from pathlib import Path

import yaml

from scripts.common.paths import ROOT
from scripts.content import pages

RAW_HTML = re.compile(r"^```\{=html\}\n.*?\n```\n", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^((?:```|~~~~).*?^(?:```|~~~~)$)", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^:{3,}.*\n", re.MULTILINE)
ATTRIBUTES = re.compile(r" \{[#.][^}]*\}$", re.MULTILINE)
HEADER = re.compile(r"^```\{\.(\w+) \w+=[^}]*\}$", re.MULTILINE)  # a file name, a highlighted line
COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE | re.DOTALL)
IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)(?:\{[^}]*\})?")
SOURCE_LINK = re.compile(r"\]\(([^)#:\s]+)\.qmd")
RULE = (
    "For a server that you run yourself (vLLM, LiteLLM, llama.cpp, any OpenAI-compatible one), use "
    '`ChatOpenAICompletions(base_url="http://HOST:PORT/v1", api_key=..., model=...)`. For Ollama, use '
    '`ChatOllama(base_url="http://HOST:11434")`, without /v1. `ChatOpenAI` speaks OpenAI\'s Responses API and is for '
    "OpenAI itself. chatlas has no ChatVLLM."
)


def twin(page):
    """A page as plain Markdown: variables, cells and included files written out, links to the other twins."""
    header = pages.header(page)
    text = COMMENT.sub("", RAW_HTML.sub("", body(page))).replace("```{.default .output}", "```text")
    text = HEADER.sub(r"```\1", text)
    parts = CODE.split(text)  # prose and code blocks in turn; code stays as it is
    text = "".join(part if index % 2 else prose(part) for index, part in enumerate(parts))
    return f"# {header['title']}\n\n{text.strip()}\n"


def prose(text):
    """Prose without what only Quarto reads."""
    for pattern in (FENCE, ATTRIBUTES):
        text = pattern.sub("", text)
    text = IMAGE.sub(lambda match: f"[Picture: {match[1]}]", text)
    return re.sub(r"\n{3,}", "\n\n", SOURCE_LINK.sub(r"](\1.md", text))


def body(page):
    """The source of a page below its header, with variables, cells and included files written out."""
    return re.sub(r"\A---\n.*?\n---\n", "", pages.expanded(page), flags=re.DOTALL)


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
