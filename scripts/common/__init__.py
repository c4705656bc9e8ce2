"""What every program here needs: folders, locks, processes, signs of life, JSON for diffs, and problems in words.

Nothing that knows of a notebook, a page or a server belongs here.
"""
