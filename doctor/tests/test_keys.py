"""Keys, redirects and proxies: where a reader's key goes, and where it does not."""

import sys

import pytest
from chatlas_doctor import snippet as snippet_module
from chatlas_doctor.address import Address, read_address
from chatlas_doctor.causes import KEY_VARIABLE
from chatlas_doctor.keys import oddity
from chatlas_doctor.snippet import run_snippet, snippet

from tests.imitation import answers, chats, replay
from tests.imitation.server import KEY


def test_the_key_goes_to_the_server_and_into_no_output(imitate, diagnose, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-never-sent")
    server = imitate(replay.ollama)
    for out in (diagnose(server.url, "--api-key", KEY)[2], diagnose(server.url, "--api-key", KEY, "--json")[2]):
        assert KEY not in out
    assert server.keys == {f"Bearer {KEY}"}
    assert any(method == "POST" for method, *_ in server.seen)


@pytest.mark.parametrize("key", [KEY, ""])
def test_the_code_runs_with_the_readers_proxy_unless_that_would_read_the_key(imitate, monkeypatch, key):
    server, proxy = imitate(replay.ollama), imitate(replay.ollama)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    code = snippet(f"{server.url}/v1", "smollm2:135m", bool(key))
    run_snippet(code, read_address(server.url), key, sys.executable)
    assert (len(server.seen), len(proxy.seen)) == ((1, 0) if key else (0, 1))


def test_a_socks_proxy_that_the_client_has_no_part_for_is_named(imitate, diagnose, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    status, first, _ = diagnose(imitate(replay.ollama).url + "/v1", "--api-key", KEY)
    assert (status, "SOCKS" in first, "cannot be imported" in first) == (15, True, False)


def test_the_environments_openai_key_is_never_sent(imitate, diagnose, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-never-sent")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-openai-never-sent")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-never-sent")
    server = imitate(replay.ollama)
    assert diagnose(f"{server.url}/v1")[0] == 0
    assert server.keys == {"Bearer EMPTY"}
    assert "never-sent" not in str(server.seen)


@pytest.mark.parametrize("key", [KEY, "abc123"])
def test_the_key_is_read_from_the_doctors_own_variable(imitate, diagnose, monkeypatch, key):
    monkeypatch.setenv(KEY_VARIABLE, key)
    server = imitate(answers.echoes_the_key)
    status, first, out = diagnose(server.url)
    assert (status, key in out) == (7, False)
    assert "The server refuses this key (401). It says: Bad header: Bearer (your key)" in first
    assert server.keys == {f"Bearer {key}"}


UNSENDABLE = [
    ("sk-secret\nline", "a blank or a line break in it"),
    ("sk-secret\n", "a line break at its end"),
    (" sk-secret", "a blank or a line break in it"),
    ("Authorization: Bearer sk-secret", "begins with Authorization"),
    ("sk-secret with blanks", "a blank or a line break in it"),
    ("Bearer sk-secret", "begins with Bearer"),
    ("\u201csk-secret\u201d", "typographic quotes"),
    ("sk-sécret", "a character that no header can carry"),
]


@pytest.mark.parametrize(("key", "words"), UNSENDABLE, ids=[words for _, words in UNSENDABLE])
def test_a_key_that_no_header_can_carry_is_refused_and_not_printed(imitate, diagnose, key, words):
    server = imitate(answers.unauthorized)
    status, first, out = diagnose(server.url, "--api-key", key)
    assert (status, words in first, "cret" in out, server.seen) == (2, True, False, [])


@pytest.mark.parametrize(("key", "words"), [(f'"{KEY}"', "it has quotes around it"), ("$MY_KEY", "name of a variable")])
def test_what_is_odd_about_a_key_is_said_once_it_is_refused(imitate, diagnose, key, words):
    status, first, out = diagnose(imitate(answers.unauthorized).url, "--api-key", key)
    assert (status, words in first, KEY in out) == (7, True, False)


@pytest.mark.parametrize("make", [answers.redirects_to, chats.redirects_chat_to])
def test_a_redirect_is_not_followed(imitate, diagnose, make):
    elsewhere = imitate(replay.ollama)
    status, first, _ = diagnose(imitate(make(elsewhere.url)).url, "--api-key", KEY)
    assert (status, "sends" in first) == (12, True)
    assert elsewhere.seen == []


def test_a_proxy_that_catches_localhost_is_named_and_gets_nothing(imitate, diagnose, monkeypatch):
    proxy = imitate(answers.html_page)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("http_proxy", proxy.url)
    status, first, _ = diagnose(imitate(replay.ollama).url, "--api-key", KEY)
    assert (status, "HTTP_PROXY is set" in first, proxy.seen) == (13, True, [])
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert diagnose(f"{imitate(replay.ollama).url}/v1")[0] == 0


def test_at_openai_nothing_is_generated_without_full(imitate, diagnose, monkeypatch):
    server = imitate(replay.ollama)
    monkeypatch.setattr(Address, "is_openai", True)
    monkeypatch.setattr(snippet_module, "is_openai", lambda base_url: True)
    status, _, out = diagnose(server.url, "--api-key", KEY)
    assert (status, "ChatOpenAI(" in out, "was not run" in out) == (17, True, True)
    assert {(method, path) for method, path, _ in server.seen} == {("GET", "/v1/models"), ("GET", "/models")}
    server.seen.clear()
    diagnose(server.url)
    assert server.keys == {None}


@pytest.mark.parametrize("key", ["dGhlkeyIsTokenAndSecret==", "THEIR_API_KEY=hidden-7", "hidden-7...token"])
def test_what_looks_wrong_about_a_key_shows_no_part_of_it(key):
    said = oddity(key)
    assert not any(part in said for part in (key.rstrip("="), "hidden", "THEIR"))
