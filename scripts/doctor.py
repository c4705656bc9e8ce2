"""The doctor from a clone of the repository: `python scripts/doctor.py URL`. Its program is the package in doctor/.

The site offers the whole program under this name, as one file (scripts/site/one_file.py).
"""

import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "doctor" / "src"

if __name__ == "__main__":
    if not SOURCE.exists():
        sys.exit("This file alone is not the doctor: take the one that the site offers, or the whole clone")
    sys.path.insert(0, str(SOURCE))
    from chatlas_doctor.cli import main

    sys.exit(main())
