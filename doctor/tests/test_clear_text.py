"""Without a typed http://, no key leaves this machine in clear text."""

import dataclasses

import pytest
from chatlas_doctor.address import read_address
from chatlas_doctor.causes import Cause
from chatlas_doctor.look import look
from chatlas_doctor.report import Report

from tests.imitation import answers, chats, replay
from tests.imitation.server import KEY
from tests.imitation.wiretap import wiretap

CLEAR_TEXT = [
    ("192.168.1.5:8000", True),
    ("192.168.1.5", True),
    ("gpu-box:8000", True),
    ("example.org:8000", True),
    ("[fd00::5]:8000", True),
    ("127.0.0.1.example.org:8000", True),
    ("localhost.example.org:8000", True),
    ("http://192.168.1.5:8000", False),
    ("HTTP://gpu-box:8000", False),
    ("https://gpu-box:8000", False),
    ("192.168.1.5:443", False),
    ("gpu-box:8443", False),
    ("example.org", False),
    ("localhost:8000", False),
    ("127.0.0.2:8000", False),
    ("0.0.0.0:8000", False),
    ("[::1]:8000", False),
]


@pytest.mark.parametrize(("typed", "exposed"), CLEAR_TEXT, ids=[typed for typed, _ in CLEAR_TEXT])
def test_only_where_http_was_typed_may_a_key_leave_this_machine_in_clear_text(typed, exposed):
    assert read_address(typed).exposes_a_key is exposed


@pytest.mark.usefixtures("another_machine")
@pytest.mark.parametrize("options", [[], ["--full"], ["--json"], ["--model", "m"]], ids=" ".join)
@pytest.mark.parametrize("behave", [replay.ollama, answers.unauthorized, answers.forbidden])
def test_without_a_scheme_the_key_is_not_sent_in_clear_text_to_another_machine(imitate, diagnose, behave, options):
    server = imitate(behave)
    status, _, out = diagnose(f"127.0.0.1:{server.port}/v1", "--api-key", KEY, *options)
    assert (status, KEY in out) == (19, False)
    assert f"The key was not sent in clear text to 127.0.0.1:{server.port}: type http:// to send it." in out
    assert f"give this address: {server.url}/v1" in out
    assert server.seen
    assert KEY not in str(server.seen)


@pytest.mark.usefixtures("another_machine")
@pytest.mark.parametrize(
    "behave", [answers.broken, answers.html_page, answers.loading, answers.closes, answers.redirects_to("http://x")]
)
def test_nor_is_it_sent_to_what_is_no_server(imitate, diagnose, behave):
    server = imitate(behave)
    status, _, out = diagnose(f"127.0.0.1:{server.port}", "--api-key", KEY)
    assert (status in (8, 9, 5, 12), KEY in out, KEY in str(server.seen)) == (True, False, False)


@pytest.mark.usefixtures("another_machine")
def test_without_a_key_or_with_http_typed_another_machine_is_asked_as_before(imitate, diagnose):
    server = imitate(chats.serves("m"))
    assert diagnose(f"127.0.0.1:{server.port}/v1")[0] == 0
    assert server.keys == {"Bearer EMPTY"}
    server.seen.clear()
    assert diagnose(f"http://127.0.0.1:{server.port}/v1", "--api-key", KEY)[0] == 0
    assert server.keys == {f"Bearer {KEY}"}


def test_without_a_scheme_https_is_found_and_no_byte_of_the_key_goes_there_in_clear_text(
    imitate, diagnose, tls, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[1]))
    server = imitate(chats.serves("m"), context=tls[0])
    with wiretap(server.port) as (port, sent):
        status, first, out = diagnose(f"localhost:{port}/v1", "--api-key", KEY)
    assert (status, f"at https://localhost:{port}/v1" in first, KEY in out) == (0, True, False)
    assert server.keys == {None, f"Bearer {KEY}"}  # None: the look for https
    assert len(sent) > 1000
    assert KEY.encode() not in sent


def test_without_a_scheme_a_certificate_that_is_not_trusted_gets_no_key(imitate, diagnose, tls):
    server = imitate(chats.serves("m"), context=tls[0])
    with wiretap(server.port) as (port, sent):
        status, first, _ = diagnose(f"localhost:{port}/v1", "--api-key", KEY)
    assert (status, "is not trusted" in first, server.seen) == (6, True, [])
    assert KEY.encode() not in sent


def test_what_a_wiretap_would_see_of_a_key_in_clear_text(imitate, diagnose):
    server = imitate(chats.serves("m"))
    with wiretap(server.port) as (port, sent):
        assert diagnose(f"http://localhost:{port}/v1", "--api-key", KEY)[0] == 0
    assert KEY.encode() in sent


def test_a_guess_of_the_scheme_is_not_said_to_be_typed(imitate):
    server = imitate(chats.serves("m"))
    address = dataclasses.replace(read_address("127.0.0.1:8443"), port=server.port)
    with pytest.raises(Cause, match=r"No scheme was typed and https was tried, but .* plain http"):
        look(address, KEY, None, Report())
    assert server.keys == {None}
