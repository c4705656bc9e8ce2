"""What the words on the pages are compared with: what each program knows, and where a word stands.

tests/static/words/NAME.json holds what a server knows: `make words` writes those that have a pin, the others are
written by hand. chatlas and openai are asked here.
"""

import difflib
import functools
import inspect
import json
import re
from pathlib import Path

import chatlas
import openai

from scripts.common.paths import ROOT
from scripts.content import guides, notebooks, pages

RECORDED = {path.stem: json.loads(path.read_text()) for path in (ROOT / "tests/static/words").glob("*.json")}
SERVERS = {"vllm": "vllm", "litellm": "litellm", "ollama": "ollama", "llama-cpp": "llama"}  # as a page names them
PAGES = [*pages.written(), Path("README.md")]
SNAKE = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")
TABLES = ("backends.toml", "notebooks.toml", "expected_failures.toml", "pyproject.toml")


@functools.cache
def inline(page):
    """The texts of a page's inline code, each once."""
    return list(dict.fromkeys(pages.inline_code(page)))


def known(page, kind):
    """The words of this kind that are known to the servers of which a page speaks."""
    text = pages.text(page).lower()
    spoken_of = [name for name, title in SERVERS.items() if title in text]
    return {word for name in spoken_of for word in RECORDED[name].get(kind, ())}


def unknown(page, word, words, shown=""):
    """One line on an unknown word: where it stands (`shown`, if that is longer), and the nearest known one."""
    near = difflib.get_close_matches(word, words, 1, 0.5)
    return f"{place(page, shown, word)}: no program knows {word}" + (f"; is it {near[0]}?" if near else "")


def place(page, *sought):
    """FILE:LINE of the first of these texts, in the page, in what it is made from or in what it includes."""
    included = [ROOT / name.lstrip("/") for name in pages.INCLUDE.findall((ROOT / page).read_text())]
    files = [file for file in (ROOT / page, ROOT / page.with_name(f"_{page.name}"), *included) if file.exists()]
    for text in filter(None, sought):
        for file in files:
            for number, line in enumerate(file.read_text().splitlines(), 1):
                if text in line:
                    return f"{file.relative_to(ROOT)}:{number}"
    return page


@functools.cache
def cells(page):
    """The code of the notebooks of a page: what is named there has been executed."""
    own = {guide.notebook for guide in guides.load().values() if guide.page == str(page)}
    read = [notebooks.read(path) for path in own | {path for path, _, _ in pages.embeds(page)}]
    return "\n".join(cell.source for notebook in read for cell in notebooks.code_cells(notebook))


@functools.cache
def names(page):
    """The names of arguments, fields, settings and parsers that a page may use."""
    recorded = {
        word
        for name in SERVERS
        for kind in ("fields", "parameters", "tool_parsers", "reasoning_parsers")
        for word in RECORDED[name].get(kind, ())
    }
    executed = "\n".join([cells(page), *pages.code_blocks(page, "python", "yaml", "javascript")])
    found = recorded | of_chatlas() | of_openai() | set(re.findall(r"\b[a-z_]\w+", executed))
    return found | of_this_repository() if page.stem in ("compatibility", "contribute", "README") else found


@functools.cache
def of_chatlas():
    """The names that chatlas and its chats have, and those of the arguments of its functions and classes."""
    classes = [each for each in vars(chatlas).values() if inspect.isclass(each)]
    methods = [method for each in classes for method in vars(each).values() if inspect.isfunction(method)]
    functions = [each for each in vars(chatlas).values() if inspect.isfunction(each)]
    taken = {name for each in [*classes, *methods, *functions] for name in parameters(each)}
    return {*dir(chatlas), *dir(chatlas.Chat), *taken}


def parameters(function):
    """The parameters of a function or class by name; none for what does not tell."""
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


@functools.cache
def of_openai():
    """The fields of requests and answers, from openai's types."""
    types = Path(openai.__file__).parent / "types"
    files = [file for folder in (types, types / "chat", types / "responses") for file in folder.glob("*.py")]
    source = "\n".join(file.read_text() for file in files)
    return {*re.findall(r"^    (\w+):", source, re.MULTILINE), *SNAKE.findall(source)}


@functools.cache
def of_this_repository():
    """What the tables and the probes call things."""
    files = [*(ROOT / name for name in TABLES), *(ROOT / "doctor/src/chatlas_doctor/probes").rglob("*.py")]
    return {word for file in files for word in SNAKE.findall(file.read_text())}
