"""What keeps the rest current: pins, new and old releases, accepted results, seeded faults, bare machines.

Nobody who only reads the site or runs the notebooks needs it, and no other room uses it.
"""
