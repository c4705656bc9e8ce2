"""Imitates a server that cannot load its model."""

import sys

print("ValueError: no such model", file=sys.stderr)
sys.exit(3)
