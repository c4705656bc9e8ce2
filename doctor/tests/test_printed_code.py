"""The code that the doctor prints runs as it is pasted."""

import json
import os
import re
import subprocess
import sys

from chatlas_doctor.causes import KEY_VARIABLE

from tests.imitation import chats
from tests.imitation.server import KEY


def printed_code(out):
    """The code between the report's two sentences about it."""
    return out[out.index(":\n\n", out.index("This code")) + 3 : out.rindex("It printed")]


def paste(code, first=""):
    """Run the code as a file, in a shell in which the line `first` was typed before."""
    environment = {name: value for name, value in os.environ.items() if name != KEY_VARIABLE}
    command = ["bash", "-c", f'{first}\n"{sys.executable}" -']
    return subprocess.run(command, input=code, env=environment, capture_output=True, text=True, timeout=60)


def test_the_printed_code_runs_as_pasted_after_the_line_that_it_names(imitate, diagnose):
    server = imitate(chats.serves("m"))
    code = printed_code(diagnose(server.url, "--api-key", KEY)[2])
    server.seen.clear()
    told = re.search(r"in your shell: (export .*)", code)[1]
    done = paste(code, told.replace("the key of your server", KEY))
    assert (done.stdout, done.stderr) == ("Paris.\n", "")
    assert server.keys == {f"Bearer {KEY}"}


def test_the_printed_code_says_what_to_set_and_sends_no_other_key(imitate, diagnose, monkeypatch):
    server = imitate(chats.serves("m"))
    code = printed_code(diagnose(server.url, "--api-key", KEY)[2])
    server.seen.clear()
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-never-sent")
    done = paste(code)
    assert done.stderr.endswith(f"ValueError: Set {KEY_VARIABLE} to the key of your server first.\n")
    assert server.seen == []


def test_the_printed_code_does_not_cut_the_answer_and_the_run_does(imitate, diagnose):
    server = imitate(chats.serves("m"))
    out = diagnose(server.url)[2]
    assert "This code works (it was run with a limit of 16 tokens, which it does not have itself):" in out
    assert json.loads(diagnose(server.url, "--json")[2])["run_with_max_tokens"] == 16
    assert paste(printed_code(out)).stdout == "Paris.\n"
    assert [(body["temperature"], body.get("max_tokens")) for body in server.asked] == [(0, 16), (0, 16), (0, None)]
