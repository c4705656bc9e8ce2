"""Makes the site: derives, renders, finishes, and provides the browser that looks at it.

Nothing here starts a model server.
"""
