"""Slips of the hand in one word: a letter lost, two swapped, a digit changed. Other operators use them."""

import re


def chosen(found, rng):
    """One of `found`, None if there are none."""
    found = list(found)
    return rng.choice(found) if found else None


def replaced(text, span, new):
    """`text` with what stands at `span` exchanged; None where that changes nothing."""
    changed = text[: span[0]] + new + text[span[1] :]
    return None if changed == text else changed


def lost(word, rng):
    """The word without one of its letters."""
    at = chosen((m.start() for m in re.finditer(r"[A-Za-z]", word)), rng)
    return word if at is None else word[:at] + word[at + 1 :]


def swapped(word, rng):
    """The word with two neighbouring letters swapped."""
    at = chosen((i for i in range(len(word) - 1) if word[i : i + 2].isalpha() and word[i] != word[i + 1]), rng)
    return word if at is None else word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def digit(word, rng):
    """The word with one of its digits changed."""
    at = chosen((m.start() for m in re.finditer(r"\d", word)), rng)
    return word if at is None else word[:at] + rng.choice([d for d in "123456789" if d != word[at]]) + word[at + 1 :]


def slip(word, rng):
    """The word with one slip."""
    return rng.choice([lost, swapped])(word, rng)


def slip_in(pattern, how=slip, parts=None):
    """An operator that makes a slip in what `pattern` finds: its group `word`, else all of it.

    Args:
        how: the slip.
        parts: a function that gives the spans of the text in which the pattern counts; everywhere without it.
    """

    def operator(text, rng):
        spans = parts(text) if parts else [(0, len(text))]
        words = [m.span("word" if "word" in m.groupdict() else 0) for s in spans for m in pattern.finditer(text, *s)]
        span = chosen(words, rng)
        return replaced(text, span, how(text[slice(*span)], rng)) if span else None

    return operator


def taken_out(pattern, parts=None, instead=""):
    """An operator that takes out what `pattern` finds."""
    return slip_in(pattern, lambda word, rng: instead, parts)
