"""The programs behind `make`, in rooms. Each room may use the rooms to its left, and none to its right:

common <- content <- servers <- run <- matrix <- site <- upkeep

`make test` holds this with import-linter (pyproject.toml). doctor.py is what readers download: it uses no room, and
no room uses it. The package in doctor/ uses no room either; the rooms use its probes.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "doctor" / "src"))  # chatlas_doctor, which is not installed
