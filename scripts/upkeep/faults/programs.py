"""Words of programs, in the shell blocks, files and inline code that pages show."""

import re

from scripts.content import pages
from scripts.upkeep.faults.fault import Kind, Place
from scripts.upkeep.faults.letters import digit, slip_in, taken_out

BLOCK = re.compile(r"^```\{?\.?(?:bash|yaml|ini|dockerfile|powershell)\b[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def written():
    """The pages that people write, and the README."""
    return [[Place(str(path)) for path in [*pages.written(), "README.md"]]]


def blocks(text):
    """The spans of shell blocks and shown files."""
    return [m.span(1) for m in BLOCK.finditer(text)]


def code(text):
    """The spans of shell blocks, shown files and inline code."""
    outside = re.sub(r"^```.*?^```", lambda m: " " * len(m[0]), text, flags=re.MULTILINE | re.DOTALL)
    return blocks(text) + [m.span(1) for m in INLINE.finditer(outside)]


FLAG = re.compile(r"(?<![\w-])--[a-z][\w-]+")
WORDS = {
    "a slip in a flag": slip_in(FLAG, parts=code),
    "a slip in a path or route": slip_in(
        re.compile(r"(?<![\w:/<])~?(?:/[\w.-]+){1,}|\b[\w.-]+(?:/[\w.-]+)+"), parts=code
    ),
    "a slip in a variable": slip_in(re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b"), parts=code),
    "another port": slip_in(re.compile(r"(?<=:)\d{4,5}\b|(?<=--port )\d+|(?<=PORT=)\d+"), digit, code),
    "a slip in a parameter": slip_in(re.compile(r"\b[a-z]+(?:_[a-z]+)+\b"), parts=code),
    "a slip in an image": slip_in(re.compile(r"\b[a-z]+/[a-z-]+(?=:)"), parts=blocks),
    "a slip in a package": slip_in(re.compile(r"pip install (?:-\S+ )*\"?(?P<word>[a-z][\w-]*)"), parts=code),
    "a flag taken out": taken_out(re.compile(r" --[a-z][\w-]+(?:[ =][\w./-]+)?(?= |\n|$)"), blocks),
    "listens everywhere": taken_out(re.compile(r"127\.0\.0\.1:(?=\d+:)"), blocks),
    "an address of this machine becomes every interface": taken_out(re.compile(r"127\.0\.0\.1"), blocks, "0.0.0.0"),
}
KIND = Kind("words of programs", written, WORDS)
