"""The key: whether a header can carry it, and what looks wrong about it."""

import re

from chatlas_doctor.causes import Cause

PAIRS = ('""', "''", "``", "\u201c\u201d", "\u2018\u2019", "\u201e\u201c", "\u00ab\u00bb")

ODD = (  # signs that a refused key is none, and what they are called; nothing of the key is shown
    (r"^\$\{?\w+\}?$|^%\w+%$", "is the name of a variable (it begins with $), not its value"),
    (r"^(?:export\s+)?[a-z_]\w*(?:key|token|secret)\w*=[^=]", "begins with a variable's name and =, as in NAME=value"),
    (r"\*{3}|\.{3}|\u2026", "has a part left out in its middle, as web pages show keys"),
    (r"^<.*>$|your.?(api|own|secret)?.?(key|token)|change.?me|x{6,}|placeholder", "looks like a placeholder"),
    (r"^https?://", "is an address"),
    (r"^(~|\.{0,2}/|[a-z]:\\).*\.\w+$", "looks like the path of a file, not what is in it"),
    (r"[,;]$", "has a comma or semicolon at its end"),
)


def check_key(key):
    """Raise the Cause, of kind "usage", if no header can carry this key; it is not shown."""
    text = ""
    if key and (key[-1] in "\r\n" or key[0] in "\r\n"):
        text = "The key has a line break at its end, which no header can carry: code that sends it as it is fails, too."
    elif re.match(r"(proxy-)?authorization\s*:|(x-)?api-key\s*:", key, re.IGNORECASE):
        text = f"The key begins with {key.partition(':')[0]}: that is the header's name, which the client adds itself."
    elif re.match(r"bearer\s", key, re.IGNORECASE):
        text = "The key begins with Bearer: that word belongs to the header, and the client adds it itself."
    elif re.search(r"\s", key):
        text = "The key has a blank or a line break in it, which no key has."
    elif not key.isascii() and key[0] + key[-1] in PAIRS:
        text = "The key has typographic quotes around it, which no header can carry."
    elif not key.isascii() or not key.isprintable():
        text = "The key has a character that no header can carry: only ASCII letters, digits and signs can be sent."
    if text:
        raise Cause("usage", text, "Copy it anew. Nothing was sent.")


def oddity(key):
    """What looks wrong about a key that was refused, as a clause to append, or ""."""
    if len(key) > 1 and key[0] + key[-1] in PAIRS:
        return ": it has quotes around it"
    for pattern, what in ODD:
        if re.search(pattern, key, re.IGNORECASE):
            return f": it {what}"
    return ""
