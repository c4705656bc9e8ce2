"""Operators that make faults: each takes a text and a random number generator and changes one thing in it.

A kind is a set of operators and of the texts that they change; one file each. scripts/upkeep/sampled.py draws.
"""
