"""`chatlas-doctor explain` and the box on the index of errors give the same answers, with nothing of the reader's."""

import json
import subprocess
from pathlib import Path

import playwright
import pytest

from scripts.common.paths import ROOT
from scripts.content import errors
from tests.doctor.packed import explain
from tests.imitation.server import KEY

NODE = Path(playwright.__file__).parent / "driver" / "node"
BOX = ROOT / errors.FOLDER / "explain.js"
FOREIGN = json.loads((Path(__file__).parent / "foreign.json").read_text())
PROVOKED = [errors.printed(entry) for entry in errors.load() if entry.error.match]
ODD = [
    "",
    "…",
    "\x1b[31mConnection error.\x1b[0m",
    "The model `" + "x" * 200 + "` does not exist",
    "The model `" + "x" * 201 + "` does not exist",
    "The model `a\nb`\tdoes not  exist",
    "The model `\U0001f600` does not exist",
    '{"error": {"message": "\\"auto\\" tool choice requires --enable-auto-tool-choice and"}}',
    "a" * 50_000 + " Request timed out.",
    "The model `" * 3000,
    f"openai.AuthenticationError: Error code: 401 - Incorrect API key provided: {KEY}",
]


def in_the_browser(texts):
    """What the box's script answers for each of these texts, as explain() returns it."""
    program = f"{BOX.read_text()}\nconst [texts, errors] = JSON.parse(require('fs').readFileSync(0));\n"
    program += "console.log(JSON.stringify(texts.map((text) => explain(text, errors))));"
    done = subprocess.run(
        [NODE, "-e", program],
        input=json.dumps([texts, errors.data()]),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_box_and_the_terminal_give_the_same_answers():
    texts = [*PROVOKED, *ODD, *FOREIGN]
    here = [[match._asdict() for match in explain.explain(text, errors.data())] for text in texts]
    for text, shown, printed in zip(texts, in_the_browser(texts), here, strict=True):
        assert shown == printed, text[:200]


@pytest.mark.parametrize("text", FOREIGN, ids=lambda text: text.splitlines()[-1][:60])
def test_what_is_no_business_of_the_site_is_not_known(text):
    assert explain.explain(text, errors.data()) == []
    assert explain.in_words([]) == explain.UNKNOWN


def test_there_are_enough_that_are_no_business_of_the_site():
    assert len(set(FOREIGN)) >= 30


@pytest.mark.parametrize("text", [*PROVOKED, *ODD], ids=range(len(PROVOKED) + len(ODD)))
def test_nothing_of_what_was_pasted_is_printed(text):
    """Neither a key nor what a terminal would obey; what is printed is the site's own."""
    marked = f"{KEY} \x1b[2J [red]\x07 <script> {text} {KEY}"
    printed = explain.in_words(explain.explain(marked, errors.data()))
    assert printed == explain.in_words(explain.explain(f"{text} ", errors.data()))
    assert KEY not in printed
    assert printed.replace("\n", "").isprintable()


def test_it_reads_a_file_and_says_what_it_knows(tmp_path, capsysbinary, monkeypatch):
    monkeypatch.setattr(explain, "load", errors.data)
    file = tmp_path / "traceback.txt"
    file.write_bytes(b"openai.NotFoundError: Error code: 404 \xff")
    assert explain.main([str(file)]) == 0
    assert b"docs/errors/error-code-404.html" in capsysbinary.readouterr().out
    file.write_text("KeyError: 'a'")
    assert explain.main([str(file)]) == 1
    assert explain.UNKNOWN in capsysbinary.readouterr().out.decode()
    with pytest.raises(SystemExit):
        explain.main([str(tmp_path / "lost.txt")])
    assert b"give a file that there is" in capsysbinary.readouterr().err
