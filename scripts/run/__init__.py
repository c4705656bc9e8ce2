"""The main job: executes notebooks against servers, reports what was verified, stores what cells print.

What is asked without a notebook belongs to matrix.
"""
