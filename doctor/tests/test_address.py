"""The address: any form of it is read, its path is put right, and http and https are told apart."""

from urllib.parse import quote

import pytest
from chatlas_doctor.address import read_address
from chatlas_doctor.look import look
from chatlas_doctor.report import Report

from tests.imitation import answers, replay
from tests.imitation.server import KEY

ADDRESSES = [
    ("http://localhost:8000", "http://localhost:8000", ""),
    ("localhost:8000", "http://localhost:8000", ""),
    ("  HTTP://LOCALHOST:8000/  ", "http://localhost:8000", ""),
    ("localhost:8000/v1/", "http://localhost:8000", ""),
    ("http://localhost:8000/v1/v1", "http://localhost:8000", ""),
    ("http://localhost:8000/v1/chat/completions", "http://localhost:8000", ""),
    ("http://localhost:8000//v1//", "http://localhost:8000", ""),
    ("http://localhost:8000/v1?x=1#y", "http://localhost:8000", ""),
    ("::1", "http://[::1]", ""),
    ("[::1]:8000/v1", "http://[::1]:8000", ""),
    ("[::]:8000/v1", "http://localhost:8000", ""),
    ("192.168.1.5", "http://192.168.1.5", ""),
    ("https://example.org/gateway/v1", "https://example.org", "/gateway"),
    ("example.org/v1", "https://example.org", ""),
    ("example.org:8000", "http://example.org:8000", ""),
    ("127.0.0.1:443", "https://127.0.0.1", ""),
    ("[::1]:443", "https://[::1]", ""),
    ("localhost:8443/v1", "https://localhost:8443", ""),
    ("gpu-box:8443", "https://gpu-box:8443", ""),
    ("http://localhost:443", "http://localhost:443", ""),
    ("http://name:password@localhost:8000", "http://localhost:8000", ""),
    ("https://bücher.example", "https://xn--bcher-kva.example", ""),
    ("http://localhost:8000/modèles/v1", "http://localhost:8000", "/mod%C3%A8les"),
    ("http://localhost:8000/my models/v1", "http://localhost:8000", "/my%20models"),
    ("http://localhost:8000/my%20models/v1/", "http://localhost:8000", "/my%20models"),
    ("http://localhost:8000/\udce9/v1", "http://localhost:8000", "/%E9"),  # a byte of a terminal that is not UTF-8
]


@pytest.mark.parametrize(("typed", "origin", "prefix"), ADDRESSES, ids=[typed for typed, *_ in ADDRESSES])
def test_any_form_of_address_is_read(typed, origin, prefix):
    address = read_address(typed)
    assert (address.origin, address.prefix) == (origin, prefix)


PASTED = [
    ('"http://localhost:8000/v1"', "quotes", ""),
    ("base_url='http://localhost:8000/v1',", "base_url", ""),
    ("OPENAI_BASE_URL=http://localhost:8000/v1", "OPENAI_BASE_URL", ""),
    ("curl http://localhost:8000/v1 -H 'A: b'", "out of the line", ""),
    ("htp://localhost:8000/v1", "", "htp:// is mistyped for http://"),
    ("https:/localhost:8000/v1", "", "https:/ is mistyped for https://"),
    ("http://localhost:8000/v1\u200b", "", "does not see"),
    ("[http://localhost:8000/v1](http://localhost:8000/v1)", "out of the line", ""),
    ("0.0.0.0:8000->8000/tcp", "docker ps", "0.0.0.0 is where a server listens"),
    ("http://name:password@localhost:8000/v1", "the password in the address were taken off", ""),
    ("http://http://localhost:8000/v1", "", "http:// stands there twice"),
    ("http\uff1a//localhost:8000/v1", "", "of another width"),
    ("http:\\\\localhost:8000\\v1", "", "has backslashes"),
    ("tcp://localhost:8000", "", "tcp:// is not what"),
    ("http://localhost:8000/v1?api-version=2024-10-21", "", "has a query"),
    ("*:8000", "", "0.0.0.0 is where a server listens"),
    ("[::]:8000", "", ":: is where a server listens"),
    ("http://0.0.0.0:8000/v1", "", "0.0.0.0 is where a server listens"),
]


@pytest.mark.parametrize(("typed", "said", "wrong"), PASTED, ids=[typed for typed, *_ in PASTED])
def test_an_address_is_taken_out_of_what_was_pasted_and_it_is_said_how(typed, said, wrong):
    address = read_address(typed)
    assert address.port == 8000
    assert said in " ".join(address.cleaned)
    assert wrong in address.wrong
    assert bool(address.wrong) == bool(wrong)


@pytest.mark.parametrize(
    "typed", ["", "http://", "ftp://x", "localhost:port", "http://a b/", "http://[::1", "file:///x"]
)
def test_what_is_no_address_is_refused(diagnose, typed):
    status, first, _ = diagnose(typed)
    assert (status, first) == (2, "This is not an address of a server.")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "/v1 is missing at the end of the URL"),
        ("/v1/v1", "/v1 is in the URL twice"),
        ("/v1/chat/completions", "The URL goes too far, with /chat/completions at its end"),
        ("/api", "The path /api is wrong"),
    ],
)
def test_the_path_is_put_right(imitate, path, words):
    server, report = imitate(replay.ollama), Report()
    look(read_address(server.url + path), "", None, report)
    assert (report.path_problem, report.base_url) == (words, f"{server.url}/v1")


@pytest.mark.parametrize("path", ["/modèles/v1", "/my models/v1"])
def test_a_path_that_no_request_line_can_carry_is_quoted(imitate, diagnose, path):
    server = imitate(answers.unknown_paths_are_200)
    status, first, _ = diagnose(server.url + path)
    assert (status, "no model list" in first) == (8, True)
    assert f"{quote(path)}/models" in [asked for _, asked, _ in server.seen]


def test_a_wrong_path_is_the_cause_although_the_snippet_works(imitate, diagnose):
    server = imitate(replay.ollama)
    status, first, _ = diagnose(server.url)
    words = f"/v1 is missing at the end of the URL: use {server.url}/v1, and chatlas works (Ollama 0.24.0)."
    assert (status, first) == (20, words)


def test_a_certificate_that_is_not_trusted(imitate, diagnose, tls):
    server = imitate(replay.ollama, context=tls[0])
    status, first, _ = diagnose(server.url, "--api-key", KEY)
    assert (status, "is not trusted" in first, server.seen) == (6, True, [])


def test_a_certificate_that_is_trusted(imitate, diagnose, tls, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[1]))
    status, first, _ = diagnose(f"{imitate(replay.ollama, context=tls[0]).url}/v1")
    assert (status, "chatlas works" in first) == (0, True)


def test_http_where_https_is_spoken(imitate, diagnose, tls):
    server = imitate(replay.ollama, context=tls[0])
    status, first, out = diagnose(server.url.replace("https", "http"))
    assert (status, first) == (6, f"The URL says http, but the server at localhost:{server.port} speaks https.")
    assert f"Use https:// instead: {server.url}/v1." in out


def test_https_where_http_is_spoken(imitate, diagnose):
    server = imitate(replay.ollama)
    status, first, _ = diagnose(server.url.replace("http", "https"), "--api-key", KEY)
    assert (status, "says https, but the server" in first) == (6, True)
    assert all("authorization" not in headers for _, _, headers in server.seen)
