"""Derives from results/ and the pins what is rendered and not tracked: the variables, the table's page, the evidence.

Quarto runs it before it renders (_quarto.yml), the offline preview and the tests do so, too.

    python -m scripts.site.derive    (make derive)
"""

import os

from scripts.common.paths import BUILD
from scripts.common.problem import run_main
from scripts.content import variables
from scripts.matrix import compatibility


def derive():
    """Write what is derived, and remove evidence that nothing makes any more."""
    wanted = {variables.FILE: variables.text()} | compatibility.texts()
    for path in compatibility.EVIDENCE.glob("*.qmd"):
        if path not in wanted:
            path.unlink(missing_ok=True)
    for path, text in wanted.items():
        write(path, text)


def write(path, text):
    """Write a file at once, for those who read it, and only if it changes: Quarto's preview renders what changes."""
    if path.exists() and path.read_text() == text:
        return
    BUILD.mkdir(exist_ok=True)
    path.parent.mkdir(exist_ok=True)
    new = BUILD / f"{path.name}.{os.getpid()}"
    new.write_text(text)
    new.replace(path)


if __name__ == "__main__":
    run_main(derive)
