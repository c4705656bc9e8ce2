"""Small questions to a server, each asked through a chatlas class; `make matrix` and `chatlas-doctor probe` ask them.

Everything here runs with chatlas alone, since it also runs beside older releases of it.
"""
