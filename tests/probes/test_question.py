"""A finding's question is known by a digest: the same with each Python, another one when something else is asked."""

import shutil
import subprocess
import sys

import pytest
from chatlas_doctor.probes.question import digests

from scripts.common.paths import ROOT

THEME = '''
"""A theme."""

WORDS = ("a", "b")
OTHER = 1


def helper(text: str) -> str:
    """Help."""
    return f"{text!r:>{len(WORDS)}} {{x}}" + "\\n"


@probe("Title")
def asked(target, *, times=2):
    """What it shows."""
    OTHER = None
    return [helper(word) for word in WORDS if word is not OTHER] + [b"x", 1.5, ...]


@probe("Another")
def another(target):
    """What it shows."""
    return OTHER
'''


def test_a_digest_is_the_same_with_each_python():
    assert digests(THEME)["asked"] == "62b5d6cbdda2"


def test_all_probes_have_the_same_digests_with_each_python_that_is_here():
    program = (
        "import pathlib, sys; from chatlas_doctor.probes.question import digests\n"
        "assert (3, 11) <= sys.version_info < (3, 14)\n"
        "for path in sorted(pathlib.Path('chatlas_doctor/probes/themes').glob('*.py')):\n"
        "    print(path.stem, digests(path.read_text()))"
    )
    found = {}
    for python in {sys.executable, *filter(None, map(shutil.which, ("python3.11", "python3.12", "python3.13")))}:
        done = subprocess.run(
            [python, "-c", program], cwd=ROOT / "doctor/src", capture_output=True, text=True, timeout=60
        )
        if done.returncode == 0:
            found[python] = done.stdout
    assert set(found.values()) == {found[sys.executable]}, list(found)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('@probe("Title")', '@probe("A better title")'),
        ('"""What it shows."""\n    OTHER', '"""Better words."""\n\n    # why\n    OTHER'),
        ("OTHER = 1\n", "OTHER = 2\n"),  # `asked` has one of its own
        ('@probe("Another")', '@probe("One more")\ndef more(target):\n    """New."""\n\n\n@probe("Another")'),
    ],
)
def test_other_words_are_no_other_question(before, after):
    assert before in THEME
    assert digests(THEME.replace(before, after))["asked"] == digests(THEME)["asked"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("times=2", "times=3"),
        ('WORDS = ("a", "b")', 'WORDS = ("a", "c")'),
        ('+ "\\n"', '+ ""'),
        ("word is not OTHER", "word != OTHER"),
        ('"""Help."""', '"""Help me."""'),  # what a tool's docstring says is read by the model
    ],
)
def test_another_code_is_another_question(before, after):
    assert before in THEME
    changed = digests(THEME.replace(before, after))
    assert changed["asked"] != digests(THEME)["asked"]
    assert changed["another"] == digests(THEME)["another"]
