"""The names of chatlas, of openai and of the servers' settings in inline code are names that there are.

Looked at are calls, their arguments, names with an underscore, classes and errors; no other inline code.
"""

import ast
import asyncio
import builtins
import functools
import importlib
import inspect
import re

import chatlas
import openai

from scripts.common.paths import ROOT
from scripts.content import pages
from tests.words import PAGES, RECORDED, SNAKE, cells, inline, names, parameters, unknown

FILE = re.compile(r"\.(?:py|toml|ya?ml|json|txt|q?md|s?css|ipynb|jinja|gguf|safetensors)$|/$")
SETTING = re.compile(r"(\w+_\w+): ")  # of YAML
CLASS = re.compile(r"(?:(openai)\.)?([A-Z]\w*(?:Error|Exception)|[A-Z][a-z]\w*[A-Z]\w*)(?=$|[:(])")
MEANT = {"asyncio": asyncio, "chat": chatlas.Chat, "chatlas": chatlas, "openai": openai}  # before a dot
HAVE_CLASSES = ("builtins", "chatlas", "json", "openai", "pydantic")


@functools.cache
def callables():
    """What prose may call, by name: chatlas' functions and classes, the methods of a chat, Python's own."""
    methods = dict(inspect.getmembers(chatlas.Chat, callable))
    return {**vars(builtins), **methods, **{name: getattr(chatlas, name) for name in dir(chatlas)}}


def parsed(code):
    """The nodes of inline code as Python, with `…` for what is left out; also of arguments alone, `stream=False`."""
    if "/" in code and not re.search("[(=\"']", code):
        return []  # a path, and no division
    code = code.replace("…", "...")
    for source in (code, f"_({code})", f"_({code}...)"):
        try:
            return list(ast.walk(ast.parse(source, mode="eval")))
        except SyntaxError:
            pass
    return []


def resolved(node):
    """What `name`, `chat.name` or `openai.name` is; None for what is no such name."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return getattr(MEANT.get(node.value.id), node.attr, None)
    return callables().get(node.id) if isinstance(node, ast.Name) else None


def executed_arguments(page):
    """The arguments in the cells of a page: of a class of the same name in another package, for example."""
    return re.findall(r"\b(\w+)=", cells(page))


def not_there(code, page):
    """The unknown names in a piece of inline code.

    Returns:
        A dict: each with the names that there are in its place.
    """
    found = {}
    if (setting := SETTING.match(code)) and setting[1] not in names(page):
        found[setting[1]] = names(page)
    for node in parsed(code):
        if isinstance(node, ast.Call):
            takes = parameters(resolved(node.func)) if resolved(node.func) else {}
            takes = {*takes, *executed_arguments(page)} if takes and "kwargs" not in takes else names(page)
            given = [each.arg for each in node.keywords if each.arg and not each.arg.isupper()]
            found |= {name: takes for name in given if name not in takes}
            if isinstance(node.func, ast.Name) and not resolved(node.func):
                defined = re.findall(r"(?:def|class) (\w+)", "\n".join([cells(page), *inline(page)]))
                found |= {node.func.id: callables()} if node.func.id not in ("_", *defined) else {}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in MEANT:
            found |= {} if resolved(node) else {node.attr: dir(MEANT[node.value.id])}
        elif isinstance(word := getattr(node, "id", getattr(node, "value", None)), str) and SNAKE.fullmatch(word):
            found |= {} if word in names(page) or word in callables() else {word: names(page)}
    return found


def test_calls_arguments_and_fields_in_inline_code_are_those_of_chatlas_openai_or_a_server():
    wrong = []
    for page in PAGES:
        for code in inline(page):
            if not (FILE.search(code) or (ROOT / code).exists() or code in RECORDED["others"]["flags"]):
                wrong += [unknown(page, name, there, code) for name, there in not_there(code, page).items()]
    assert not wrong, "\n".join(wrong)


def test_classes_and_errors_in_inline_code_are_those_of_chatlas_openai_or_a_cell():
    of_modules = {name for module in HAVE_CLASSES for name in dir(importlib.import_module(module))}
    wrong = []
    for page in PAGES:
        shown = "\n".join([cells(page), *pages.code_blocks(page, "javascript")])
        for code, module, name in ((code, *named.groups()) for code in inline(page) if (named := CLASS.match(code))):
            classes = dir(openai) if module else of_modules | set(re.findall(r"\b[A-Z]\w+\b", shown))
            wrong += [] if name in classes else [unknown(page, name, classes, code)]
    assert not wrong, "\n".join(wrong)
