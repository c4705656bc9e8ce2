"""Set-ups as readers have them, written from what servers answer, before anyone looked at the doctor's code.

`make setups` runs the doctor on each and prints how many causes its first line names; `make test` does not.
"""
