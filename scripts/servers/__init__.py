"""Starts servers, waits until they answer and stops them: embedded, in a container, or one that somebody has.

Their environments, models and flags belong here, too. Nothing here knows what is asked of a server.
"""
