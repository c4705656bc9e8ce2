"""Derives from results/ and the pins what is rendered and not tracked: the variables, the table's page, the evidence,
the index of errors.

Quarto runs it before it renders (_quarto.yml), the offline preview and the tests do so, too.

    python -m scripts.site.derive    (make derive)
"""

import os
import time

from scripts.common.paths import BUILD, ROOT
from scripts.common.problem import run_main
from scripts.content import variables
from scripts.matrix import compatibility
from scripts.site import error_index

MADE_OF = ("results", "requirements", "notebooks", "doctor/src", "scripts", "docs/_*.qmd", "docs/errors", "*.toml")


def is_current():
    """Whether everything has been derived since anything that it is made of changed."""
    note = BUILD / "derived"
    if not note.exists():
        return False
    made_of = [file for pattern in MADE_OF for path in ROOT.glob(pattern) for file in (path, *path.rglob("*"))]
    newest = max(file.stat().st_mtime for file in made_of if "__pycache__" not in file.parts)
    return note.stat().st_mtime > newest and all(map(os.path.exists, note.read_text().splitlines()))


def derive():
    """Write what is derived, and remove evidence that nothing makes any more."""
    began = time.time()
    BUILD.mkdir(exist_ok=True)
    wanted = {variables.FILE: variables.text()} | compatibility.texts() | error_index.texts()
    for path in compatibility.EVIDENCE.glob("*.qmd"):
        if path not in wanted:
            path.unlink(missing_ok=True)
    for path, text in wanted.items():
        write(path, text)
    (BUILD / "derived").write_text("\n".join(map(str, wanted)))
    os.utime(BUILD / "derived", (began, began))


def write(path, text):
    """Write a file at once, for those who read it, and only if it changes: Quarto's preview renders what changes."""
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(exist_ok=True)
    new = BUILD / f"{path.name}.{os.getpid()}"
    new.write_text(text)
    new.replace(path)


if __name__ == "__main__":
    run_main(derive)
