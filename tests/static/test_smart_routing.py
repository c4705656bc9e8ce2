"""The recipe on the page is short enough to paste, knows OpenAI's hosts as the doctor does, and sends no stray key."""

from urllib.parse import urlsplit

import openai
import pytest
from chatlas_doctor.address import is_openai
from openai._data_residency import _DATA_RESIDENCY_BASE_URLS
from openai.auth._x509 import _OPENAI_MTLS_HOSTS

from scripts.content import notebooks
from tests.imitation import answers, chats
from tests.imitation.server import KEY

OPENAI_CLIENTS_HOSTS = {urlsplit(url).hostname for url in _DATA_RESIDENCY_BASE_URLS.values()} | _OPENAI_MTLS_HOSTS


def recipe():
    """The recipe's source, as the notebook has it."""
    notebook = notebooks.read("notebooks/smart-routing.ipynb")
    cell = next(cell.source for cell in notebooks.code_cells(notebook) if cell.id == "chat-for")
    return cell.split("\n\n\nchat = chat_for(")[0]


ITS = {}
exec(compile(recipe(), "recipe.py", "exec"), ITS)


def test_the_recipe_is_short():
    assert len(recipe().splitlines()) <= 25
    assert max(map(len, recipe().splitlines())) <= 80


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://api.openai.com/v1", True),
        ("https://API.OpenAI.com/v1", True),
        ("https://api.openai.com:443/v1", True),
        ("https://eu.api.openai.com/v1", True),
        ("https://mtls.api.openai.com/v1", True),
        ("https://mtls-eu.api.openai.com/v1", True),
        ("https://name:password@api.openai.com/v1", True),
        ("https://api.openai.com@example.org/v1", False),
        ("https://api.openai.com.example.org/v1", False),
        ("https://xapi.openai.com/v1", False),
        ("https://example.org/api.openai.com/v1", False),
        ("https://example.org/?api.openai.com", False),
        ("https://openai.com/v1", False),
        ("https://eu-api.openai.com/v1", False),
        ("https://auth.openai.com/v1", False),
        ("api.openai.com/v1", False),
        ("http://localhost:8000/v1", False),
        ("http:///v1", False),
    ],
)
def test_openais_hosts_are_known_to_the_letter(url, own):
    assert ITS["is_openai"](url) is own
    assert is_openai(url) is own


def test_the_hosts_that_the_openai_client_knows_are_known():
    assert {"eu.api.openai.com"} <= OPENAI_CLIENTS_HOSTS
    assert {"mtls.api.openai.com", "mtls-eu.api.openai.com"} <= OPENAI_CLIENTS_HOSTS
    assert all(is_openai(f"https://{host}/v1") for host in OPENAI_CLIENTS_HOSTS)


@pytest.mark.parametrize("given", [{}, {"api_key": None}, {"api_key": ""}])
def test_chat_for_sends_a_dummy_and_never_the_environments_key(imitate, monkeypatch, given):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-never-sent")
    server = imitate(answers.unauthorized)
    with pytest.raises(openai.AuthenticationError):
        ITS["chat_for"](f"{server.url}/v1", **given)
    with pytest.raises(openai.AuthenticationError):
        ITS["chat_for"](f"{server.url}/v1", model="m", **given).chat("Hello", echo="none")
    assert server.keys == {"Bearer EMPTY"}


def test_chat_for_sends_the_key_that_it_is_given(imitate):
    server = imitate(answers.unauthorized)
    with pytest.raises(openai.AuthenticationError):
        ITS["chat_for"](f"{server.url}/v1", api_key=KEY)
    assert server.keys == {f"Bearer {KEY}"}


def test_chat_for_lists_the_models_when_there_are_several(imitate):
    with pytest.raises(ValueError, match=r"choose a model.*'first', 'other'"):
        ITS["chat_for"](f"{imitate(chats.chat_without_the_models_listed).url}/v1")


def test_chat_for_chats(imitate):
    chat = ITS["chat_for"](f"{imitate(chats.careless).url}/v1", system_prompt="Be brief.")
    assert "Monday" in str(chat.chat("Which days are there?", echo="none"))


def test_chat_for_uses_the_responses_api_at_openai_only(recwarn):
    chat = ITS["chat_for"]("https://api.openai.com/v1", "gpt-5", api_key=KEY)
    other = ITS["chat_for"]("http://localhost:1/v1", "m")
    assert type(chat.provider).__name__ == "OpenAIProvider"
    assert type(other.provider).__name__ == "OpenAICompletionsProvider"
    assert not [warning for warning in recwarn if "Responses API" in str(warning.message)]


def test_chatlas_warns_of_the_responses_api_at_a_regional_host():
    with pytest.warns(UserWarning, match="Responses API"):
        chat = ITS["chat_for"]("https://eu.api.openai.com/v1", "gpt-5", api_key=KEY)
    assert type(chat.provider).__name__ == "OpenAIProvider"
