"""An interpreter that the pins were not resolved for."""

import collections
import sys

import pytest

from scripts.common import python_version
from scripts.common.problem import Problem

Version = collections.namedtuple("Version", "major minor micro")


@pytest.mark.parametrize("version", [(3, 10, 0), (3, 14, 0)])
def test_other_pythons_are_refused(monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", Version(*version))
    with pytest.raises(Problem, match=rf"(?s)Python 3\.{version[1]} cannot.*PYTHON="):
        python_version.check_python()
