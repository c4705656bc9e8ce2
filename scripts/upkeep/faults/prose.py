"""What a sentence says: turned round, and no test can see it. These have no target."""

import re

from scripts.upkeep.faults.fault import Kind
from scripts.upkeep.faults.letters import chosen, replaced
from scripts.upkeep.faults.programs import written

OPPOSITES = ("before after", "always never", "first last", "more fewer", "same other", "with without", "only also")
SENTENCE = re.compile(r"^[A-Z`*|].*$", re.MULTILINE)


def body(text):
    """Where the paragraphs begin: after the header."""
    header = re.match(r"---\n.*?\n---\n", text, re.DOTALL)
    return header.end() if header else 0


def sentence_word(text, rng, pattern):
    """One match of `pattern` in a paragraph, None if there is none."""
    lines = [m.span() for m in SENTENCE.finditer(text, body(text))]
    return chosen((m for span in lines for m in re.compile(pattern).finditer(text, *span)), rng)


def negation_changed(text, rng):
    """A "not" too many, or one too few."""
    found = sentence_word(text, rng, r" not\b| (?:is|are|does|can|has)(?= [a-z])")
    return found and replaced(text, found.span(), "" if found[0] == " not" else f"{found[0]} not")


def opposite(text, rng):
    """A word becomes its opposite."""
    pairs = [pair.split() for pair in OPPOSITES]
    other = {a: b for a, b in pairs} | {b: a for a, b in pairs}
    found = sentence_word(text, rng, rf"\b(?:{'|'.join(other)})\b")
    return found and replaced(text, found.span(), other[found[0]])


KIND = Kind("prose", written, {"a not": negation_changed, "an opposite": opposite}, has_target=False)
