"""Pages: what they embed, include and link, the classes and numbers in their sentences, the navigation."""

import re

from scripts.content import notebooks, pages
from scripts.upkeep.faults.fault import Kind, Place
from scripts.upkeep.faults.letters import chosen, digit, replaced, slip, slip_in, taken_out
from scripts.upkeep.faults.programs import written
from scripts.upkeep.faults.prose import sentence_word

CLASSES = ("ChatOpenAI", "ChatOpenAICompletions", "ChatOllama")
LINK = re.compile(r"(?<=\]\()(?P<word>[\w./-]+\.qmd)")
NUMBER = r"(?<![\w.#/:`=\"-])\d+(?:\.\d+)*(?![\w`\]/-])"


def embed_swapped(text, rng):
    """Another cell of the same notebook is embedded."""
    found = chosen(pages.EMBED.finditer(text), rng)
    if not found:
        return None
    path = found["path"].replace("../", "")
    others = [cell.id for cell in notebooks.visible_cells(notebooks.read(path)) if cell.id not in found["labels"]]
    return replaced(text, found.span("labels"), rng.choice(others)) if others else None


def link_elsewhere(text, rng):
    """A link leads to another page of the same folder."""
    found = chosen(LINK.finditer(text), rng)
    if not found:
        return None
    others = sorted(set(re.findall(LINK, text)) - {found[0]})
    return replaced(text, found.span(), rng.choice(others)) if others else None


def class_in_a_sentence(text, rng):
    """A sentence names another class."""
    found = sentence_word(text, rng, rf"(?<=`)(?:{'|'.join(CLASSES)})\b")
    return found and replaced(text, found.span(), rng.choice([name for name in CLASSES if name != found[0]]))


def number(text, rng):
    """A number or a version in a sentence or a table is another one."""
    found = sentence_word(text, rng, NUMBER)
    return found and replaced(text, found.span(), digit(found[0], rng))


PAGES = {
    "an embed swapped": embed_swapped,
    "an embed taken out": taken_out(pages.EMBED),
    "a slip in a link": slip_in(LINK),
    "a link elsewhere": link_elsewhere,
    "a slip in an anchor": slip_in(re.compile(r"\]\([\w./-]*#(?P<word>[\w-]+)\)"), slip),
    "an include taken out": taken_out(pages.INCLUDE),
    "a slip in an include": slip_in(re.compile(r"\{\{< include (?P<word>\S+) >\}\}")),
    "a slip in a variable of ours": slip_in(re.compile(r"\{\{< var (?P<word>\S+) >\}\}")),
    "a class swapped in a sentence": class_in_a_sentence,
    "a number changed": number,
    "an entry of the navigation taken out": taken_out(re.compile(r"^ +- (?:href: )?docs/\S+\.qmd\n", re.MULTILINE)),
}


def places():
    """The pages, and the settings with the navigation."""
    return [[*written()[0], Place("_quarto.yml")]]


KIND = Kind("pages", places, PAGES)
