"""For the tests of the doctor against servers that misbehave on purpose and against recorded exchanges."""

import os
import sys

import pytest

from scripts import doctor


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    """The environment of a reader without keys and proxies, and no model server on a usual port."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("OPENAI_") or name == doctor.KEY_VARIABLE:
            monkeypatch.delenv(name)
    monkeypatch.setattr(doctor, "PORTS", ())


@pytest.fixture
def diagnose(monkeypatch, capsys):
    """Run the doctor in this process; gives exit status, first line and the whole output."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["doctor.py", *map(str, arguments)])
        status = doctor.main()
        out = capsys.readouterr().out
        return status, out.splitlines()[0], out

    return run


@pytest.fixture
def another_machine(monkeypatch):
    """127.0.0.1 stands for another machine: the doctor does not know it for its own."""
    monkeypatch.setattr(doctor.Address, "is_loopback", False)
