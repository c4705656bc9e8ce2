"""Reads what is in the repository: the tables, the notebooks, the pages and the versions that they name.

Nothing here starts a program but pandoc, uses the network or writes a file that readers see.
"""
