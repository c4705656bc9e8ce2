"""What a probe asks, as a short digest, so that a stored finding shows whether its question is still the one asked."""

import ast
import functools
import hashlib
import json


@functools.cache
def digests(source):
    """The digest of each function of a theme's file, by the function's name.

    It covers the function's code and what that uses of the same file, and is the same with each Python. The
    function's own title and docstring, comments and layout count for nothing: better words are no other question.
    A helper's docstring does count, because the model reads that of a tool. What the themes share
    (target.py) does not: whoever changes that asks everything again.

    Args:
        source: the file's text.
    """
    defined = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined[node.name] = node
        elif isinstance(node, ast.Assign):
            defined |= {part.id: node for target in node.targets for part in ast.walk(target) if is_name(part)}
    functions = {name: node for name, node in defined.items() if isinstance(node, ast.FunctionDef)}
    return {name: digest(node, defined) for name, node in functions.items()}


def digest(function, defined):
    """The digest of one function.

    Args:
        function: its node, with a docstring.
        defined: the nodes of what its file defines, by name.
    """
    asked = [function.args, *function.body[1:]]
    parts, found = [plain(node) for node in asked], {}
    waiting = used(function)
    while waiting:
        name = waiting.pop()
        if name in defined and name not in found and defined[name] is not function:
            found[name] = plain(defined[name])
            waiting |= used(defined[name])
    text = json.dumps([parts, sorted(found.items())])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def used(node):
    """The names that a node reads and does not set itself."""
    inside = list(ast.walk(node))
    own = {part.arg for part in inside if isinstance(part, ast.arg)}
    own |= {part.name for part in inside if isinstance(part, ast.FunctionDef | ast.ClassDef) and part is not node}
    own |= {part.id for part in inside if is_name(part) and not isinstance(part.ctx, ast.Load)}
    return {part.id for part in inside if is_name(part)} - own


def is_name(node):
    """Whether a node is a plain name."""
    return isinstance(node, ast.Name)


def plain(node):
    """A node as lists and texts, without places and without what is empty: there newer Pythons differ."""
    if isinstance(node, ast.JoinedStr):  # 3.12 ends some with an empty part
        return ["JoinedStr", *[plain(value) for value in node.values if getattr(value, "value", None) != ""]]
    if isinstance(node, ast.AST):
        fields = [(name, plain(value)) for name, value in ast.iter_fields(node) if value not in (None, [])]
        return [type(node).__name__, *fields]
    return [plain(item) for item in node] if isinstance(node, list) else repr(node)
