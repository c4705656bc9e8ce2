"""Faults in Python: mutmut's operators, and those that a reader of this site would suffer from."""

import ast
import re

import libcst
from mutmut.mutation.mutators import mutation_operators

from scripts.upkeep.faults.letters import chosen, slip

SIBLINGS = (
    ("ChatOpenAI", "ChatOpenAICompletions", "ChatOllama"),
    ("BadRequestError", "AuthenticationError", "NotFoundError", "APIConnectionError", "InternalServerError"),
    ("OpenAI", "AsyncOpenAI"),
)


def nodes(text, *types):
    """The nodes of these types in a text of Python."""
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, types)]


def span(text, node):
    """Where a node stands: ast counts bytes in a line."""
    lines = text.splitlines(keepends=True)

    def at(line, column):
        return sum(map(len, lines[: line - 1])) + len(lines[line - 1].encode()[:column].decode())

    return at(node.lineno, node.col_offset), at(node.end_lineno, node.end_col_offset)


def put(text, node, new):
    """The text with `new` in a node's place."""
    start, end = span(text, node)
    return text[:start] + new + text[end:]


def librarys(text, rng):
    """One change by an operator of mutmut, drawn evenly by operator."""
    module = libcst.parse_module(text)
    found = {}

    class Visitor(libcst.CSTVisitor):
        def on_visit(self, node):
            for kind, operator in mutation_operators:
                if isinstance(node, kind):
                    found.setdefault(operator.__name__, []).extend((node, new) for new in operator(node))
            return not isinstance(node, libcst.Annotation)

    module.visit(Visitor())
    operator = chosen((pairs for pairs in found.values() if pairs), rng)
    return module.deep_replace(*rng.choice(operator)).code if operator else None


def argument_renamed(text, rng):
    """A slip in the name of an argument."""
    node = chosen((keyword for keyword in nodes(text, ast.keyword) if keyword.arg), rng)
    if node is None:
        return None
    start, _ = span(text, node)
    return text[:start] + slip(node.arg, rng) + text[start + len(node.arg) :]


def arguments_swapped(text, rng):
    """The first two arguments of a call change places."""
    node = chosen((call for call in nodes(text, ast.Call) if len(call.args) >= 2), rng)
    if node is None or ast.unparse(node.args[0]) == ast.unparse(node.args[1]):
        return None
    (start, end), (start2, end2) = (span(text, argument) for argument in node.args[:2])
    return text[:start] + text[start2:end2] + text[end:start2] + text[start:end] + text[end2:]


def class_swapped(text, rng):
    """A class becomes its sibling, everywhere in the text: as somebody who took the wrong one would write it."""
    found = {(name, group) for group in SIBLINGS for name in group if re.search(rf"\b{name}\b", text)}
    if not found:
        return None
    name, group = rng.choice(sorted(found))
    other = rng.choice([each for each in group if each != name])
    return re.sub(rf"\b{name}\b", other, text)


def await_taken_out(text, rng):
    """An await is missing."""
    node = chosen(nodes(text, ast.Await), rng)
    return put(text, node, text[slice(*span(text, node.value))]) if node else None


def statement_taken_out(text, rng, *types):
    """A statement is missing."""
    bodies = [body for node in ast.walk(ast.parse(text)) for body in bodies_of(node)]
    found = [(each, body) for body in bodies for each in body if isinstance(each, types or ast.stmt)]
    found = [(each, body) for each, body in found if not is_docstring(each)]
    if not found:
        return None
    node, body = rng.choice(found)
    return put(text, node, "pass" if len(body) == 1 else "").replace("\n    \n", "\n").strip("\n")


def bodies_of(node):
    """The lists of statements in a node."""
    return [getattr(node, name) for name in ("body", "orelse", "finalbody") if isinstance(getattr(node, name, 0), list)]


def is_docstring(node):
    """Whether a statement is only a text."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def assertion_taken_out(text, rng):
    """An assertion is missing."""
    return statement_taken_out(text, rng, ast.Assert)


def exception_widened(text, rng):
    """An exception is caught by its base."""
    node = chosen((each for each in nodes(text, ast.ExceptHandler) if each.type), rng)
    return put(text, node.type, "Exception") if node else None


OWN = {
    "mutmut's": librarys,
    "an argument renamed": argument_renamed,
    "two arguments swapped": arguments_swapped,
    "a class swapped": class_swapped,
    "an await taken out": await_taken_out,
    "a statement taken out": statement_taken_out,
    "an assertion taken out": assertion_taken_out,
    "an exception widened": exception_widened,
}
