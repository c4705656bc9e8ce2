"""The fixtures that the doctor's tests share with all others."""

import contextlib
import socket
import ssl

import pytest
import trustme

from tests.imitation.server import serving


@pytest.fixture
def imitate():
    """A function that starts an imitation server, given its behaviour; it is stopped after the test."""
    with contextlib.ExitStack() as stack:
        yield lambda behave, **options: stack.enter_context(serving(behave, **options))


@pytest.fixture
def port():
    """A port where nothing listens, and which nobody else is given meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture
def tls(tmp_path):
    """A server context with a certificate for localhost, and the file of the authority that signed it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    return context, tmp_path / "authority.pem"
