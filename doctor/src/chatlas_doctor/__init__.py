"""Says in one sentence what stands between chatlas and your model server, and shows code that works."""

__version__ = "0.1.0"
