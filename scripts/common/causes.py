"""Finds the lines of a log that name the cause: what a server dies of stands far above its last lines."""

import os
import re

FIRST, LAST = 5, 3  # lines that name causes: the first ones, and the last ones
END = 5  # lines after these; without any, the log's last lines
WIDTH = 300  # characters of a line
STAMP = re.compile(  # what a logger puts in front: who, the level, the time, the place
    r"^(?:\([^()]*pid=\d+\)\s*)?(?:\S+ - )?(?:[\w. ]+:)?"
    r"(?P<level>DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL)\b(?::\s*|(?:\s+[\d:,.-]+)*(?:\s+\[[\w./-]+:\d+\])?\s?)",
)
RAISED = re.compile(r"^[\w.]*(?:Error|Exception|Exit)\b(?:: .|$)")  # the line that ends a traceback
MEANT = re.compile(r"\w(?:Error|Exception)\(.|cannot open shared object|undefined symbol")  # also in a warning
WORDS = re.compile(
    r"\b(?:error|fatal|panic|failed|killed|cannot|refused|denied|unrecognized|no such|out of memory|already in use)\b"
    r"|core dumped|segmentation fault",
    re.IGNORECASE,
)
NOISE = re.compile(r"^\s|^Traceback|^During handling|^The above exc|\w+Warning: |LD_PRELOAD cannot be preloaded")


def read(text):
    """The level and the message of each line that is not a traceback's, "" as level where no logger says one."""
    for line in re.sub(r"\x1b\[[\d;]*m", "", text).replace("\r", "\n").split("\n"):
        stamp = STAMP.match(line)
        level, message = (stamp["level"], line[stamp.end() :]) if stamp else ("", line)
        if message.strip() and not NOISE.search(message):
            yield level, message.rstrip()


def names_one(level, message):
    """Whether a line names a cause; a warning does only when it quotes an exception or the dynamic linker."""
    if level in ("DEBUG", "INFO"):
        return False
    plain = not level.startswith("WARN") and (RAISED.search(message) or WORDS.search(message))
    return bool(plain or MEANT.search(message))


def of(text):
    """The lines of `text` that name a cause, each once, and what came after them; cut to what a screen shows."""
    named, after = {}, []
    for level, message in read(text):
        after.append(message)
        if names_one(level, message):
            named.setdefault(re.sub(r"\d+", "", message), message)
            after = []
    shown = list(named.values())
    if len(shown) > FIRST + LAST:
        shown[FIRST:-LAST] = ["..."]
    return "\n".join(line if len(line) <= WIDTH else f"{line[:WIDTH]}..." for line in [*shown, *after[-END:]])


def of_log(path):
    """The same of a log file, with the words that lead to it in the middle of a sentence."""
    text = ""
    if os.path.exists(path):
        with open(path, errors="replace") as log:
            text = log.read()
    return f"what {path} says of the cause:\n{of(text)}"
