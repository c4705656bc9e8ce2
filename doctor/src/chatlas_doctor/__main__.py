"""`python -m chatlas_doctor`."""

import sys

from chatlas_doctor.cli import main

if __name__ == "__main__":
    sys.exit(main())
