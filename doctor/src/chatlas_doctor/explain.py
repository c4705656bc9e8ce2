"""Finds the page on an error in what somebody pastes: a message, a whole traceback, an error's JSON.

    chatlas-doctor explain < traceback.txt
    chatlas-doctor explain traceback.txt

docs/errors/explain.js does the same on the index of errors; a test holds both to the same answers. A pattern is text,
in which … stands for up to GAP characters. Nothing of what was pasted is printed: it may hold a key.
"""

import argparse
import json
import re
import sys
from importlib import resources
from pathlib import Path
from typing import NamedTuple

HALF = 20_000  # characters that are read at each end of a longer text
GAP = 200
SHOWN = 3
OURS = ("chatlas", "openai", "ollama", "litellm", "vllm", "llama_cpp")  # what a traceback of ours goes through
UNKNOWN = "I don't know this one. `chatlas-doctor URL` asks your server what is wrong."


class Match(NamedTuple):
    """A page that knows the text: its title, its address on the site, and what of the text it knows."""

    title: str
    address: str
    why: str
    says: str


def load():
    """The errors that the package was built with, a dict for each page of docs/errors."""
    return json.loads(resources.files(__package__).joinpath("errors.json").read_text("utf-8"))


def plain(text):
    """`text` in one line, without colours and without the backslashes of JSON; the middle of a long one left out."""
    if len(text) > 2 * HALF:
        text = text[:HALF] + " " + text[-HALF:]
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    text = text.replace("\\n", " ").replace('\\"', '"').replace("\\'", "'")
    return re.sub(r"[ \t\r\n]+", " ", text)


def holds(text, pattern):
    """Whether the pattern is in the text: its pieces in their order, each near the one before it."""
    first, *others = pattern.split("…")
    start = text.find(first)
    while start >= 0:
        end = start + len(first)
        for piece in others:
            at = text.find(piece, end, end + GAP + len(piece))
            if at < 0:
                break
            end = at + len(piece)
        else:
            return True
        start = text.find(first, start + 1)
    return False


def explain(text, errors=None):
    """The pages that know an error, best first; none for what is no business of the site.

    Args:
        text: what was pasted.
        errors: what load() returns; that by default.
    """
    text = plain(text)
    if 'File "' in text and not any(word in text for word in OURS):
        return []
    found = []
    for error in load() if errors is None else errors:
        known = [pattern for pattern in error["match"] if holds(text, pattern)]
        if known:
            longest = max(known, key=lambda pattern: len(pattern.replace("…", "")))
            found.append((-len(longest.replace("…", "")), error["name"], error, longest))
    return [
        Match(error["title"], f"docs/errors/{name}.html", f"your text has “{pattern}”", error["says"])
        for _, name, error, pattern in sorted(found, key=lambda each: each[:2])
    ]


def in_words(matches):
    """What is printed of the best of these matches."""
    if not matches:
        return UNKNOWN
    return "\n\n".join(f"{match.title}\n  {match.says}\n  {match.address}  ({match.why})" for match in matches[:SHOWN])


def main(argv=None):
    """Explain a file or what is on standard input; returns 1 for what nothing is known of, 2 without the errors."""
    parser = argparse.ArgumentParser(
        prog="chatlas-doctor explain", description="Finds the page on an error in a pasted message or traceback."
    )
    parser.add_argument("file", nargs="?", help="a file with the message; standard input by default")
    file = parser.parse_args(argv).file
    try:
        text = Path(file).read_text("utf-8", "replace") if file else sys.stdin.buffer.read().decode("utf-8", "replace")
    except OSError as error:
        parser.error(f"{error.strerror}: give a file that there is")
    try:
        matches = explain(text)
    except FileNotFoundError:  # started from a clone, where nothing has packed them
        print("The errors come with the installed program: pip install ./doctor, in the clone.", file=sys.stderr)
        return 2
    sys.stdout.buffer.write((in_words(matches) + "\n").encode("utf-8"))
    return 0 if matches else 1
