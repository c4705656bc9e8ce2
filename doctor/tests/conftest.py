"""For the tests of the doctor against servers that misbehave on purpose and against recorded exchanges."""

import os

import pytest
from chatlas_doctor import cli, machine, usual
from chatlas_doctor.address import Address
from chatlas_doctor.causes import KEY_VARIABLE

from tests.imitation.fixtures import imitate, port, tls  # noqa: F401

OF_A_READER = (KEY_VARIABLE, "VIRTUAL_ENV", "CONDA_PREFIX")


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    """The environment of a reader without keys and proxies, and no model server on a usual port."""
    for name in list(os.environ):
        if (
            name.lower().endswith("_proxy")
            or name.startswith("OPENAI_")
            or name in (KEY_VARIABLE, "VIRTUAL_ENV", "CONDA_PREFIX")
        ):
            monkeypatch.delenv(name)
    monkeypatch.setattr(machine, "PORTS", ())
    monkeypatch.setattr(usual, "PORTS", ())


@pytest.fixture
def diagnose(capsys):
    """Run the doctor in this process; gives exit status, first line and the whole output."""

    def run(*arguments):
        status = cli.main([*map(str, arguments)])
        out = capsys.readouterr().out
        return status, out.splitlines()[0], out

    return run


@pytest.fixture
def another_machine(monkeypatch):
    """127.0.0.1 stands for another machine: the doctor does not know it for its own."""
    monkeypatch.setattr(Address, "is_loopback", False)
