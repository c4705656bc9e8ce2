"""What pages say of chatlas and openai alone. Asked here, so that `make newest TARGET=test-servers` asks it, too."""

import contextlib
import subprocess
import warnings

import pytest
from chatlas import ChatOpenAI, ChatOpenAICompletions

from scripts import environments, execute, pages, sections
from tests.misbehaving import answers

TROUBLESHOOTING = "docs/troubleshooting.qmd"

# Run beside openai 2: prints the error for a model that is not there.
WRONG_MODEL = """
import sys
from chatlas import ChatOpenAICompletions
chat = ChatOpenAICompletions(base_url=sys.argv[1], api_key="EMPTY", model="smollm2/")
try:
    chat.chat("Hello", echo="none")
except Exception as error:
    print(error)
"""


@pytest.mark.parametrize("kind", [ChatOpenAICompletions, ChatOpenAI])
def test_the_key_of_the_environment_goes_to_a_local_server_unless_one_is_passed(kind, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    keys = []
    with answers.serving(answers.careless) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for passed in ({}, {"api_key": "EMPTY"}):
            chat = kind(base_url=f"{server.url}/v1", model="first", kwargs={"max_retries": 0}, **passed)
            with contextlib.suppress(Exception):  # what the server answers is no matter
                chat.chat("Hello", echo="none")
            keys.append(server.seen[-1][2]["authorization"])
    kept = "docs/which-class.qmd#a-key, docs/troubleshooting.qmd#missing-credentials"
    assert keys[0] == "Bearer sk-of-the-environment", f"this now works: remove the workaround in {kept}"
    assert keys[1] == "Bearer EMPTY"


def test_a_regional_host_of_openai_is_warned_of():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        ChatOpenAI(base_url="https://eu.api.openai.com/v1", api_key="EMPTY")
    warned = any("ChatOpenAI() uses" in str(warning.message) for warning in caught)
    assert warned, "this now works: take the first proposal out of docs/upstream.md"


def run_with(folder, chatlas, openai, program, *arguments):
    """Run a program with these releases, as pip would install them; returns all that it printed."""
    python = environments.client(folder, f"chatlas{chatlas}", f"openai{openai}")
    command = [python, "-c", program, *arguments]
    done = subprocess.run(command, env=execute.clean_environment(), capture_output=True, text=True, timeout=120)
    return done.stdout + done.stderr


def test_the_text_beside_openai_2_is_the_one_on_the_page(root, tmp_path):
    begins = "Error code: 404 - {'error': {'message': 'The model"
    assert run_with(tmp_path / "client", "==0.21.1", "<3", WRONG_MODEL, f"{root}/v1").startswith(begins)
    assert f"`{begins}`" in pages.text(TROUBLESHOOTING)


@pytest.mark.parametrize(
    ("chatlas", "openai", "text"),
    [
        ("==0.21.0", ">=3", "No module named 'httpx'"),
        (">=0.21.2", "<3", "cannot import name 'AnnotationURLCitation'"),
    ],
)
def test_chatlas_and_openai_have_to_go_together(tmp_path, chatlas, openai, text):
    printed = run_with(tmp_path / "client", chatlas, openai, "import chatlas")
    (place,) = [s.place for s in sections.of(TROUBLESHOOTING) if s.anchor == sections.anchor_of(text)]
    assert printed, f"this now works: remove the workaround in {place}"
    assert text in printed
