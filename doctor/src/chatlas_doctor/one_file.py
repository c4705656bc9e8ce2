"""The package as one file that works alone and that a careful reader can check; the site offers it.

python -m chatlas_doctor.one_file > doctor.py
"""

import ast
import re
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
MODULES = (  # each uses only those before it
    *("causes", "address", "ask", "servers", "models", "keys", "machine", "strangers", "look", "snippet", "reader"),
    *("chat", "features", "report", "examine", "usual", "cli"),
)
HEAD = '''"""{about}

    python doctor.py http://localhost:8000

This is chatlas-doctor {version} as one file, put together from the modules of its package: copy it anywhere. It needs
nothing but Python 3.11 or newer. It runs the code that it recommends with your Python, which needs chatlas for that.
"""
'''


def imported(nodes):
    """The imports of the standard library among these, as sorted lines, each module once."""
    plain, named = set(), {}
    for node in nodes:
        if isinstance(node, ast.Import):
            plain |= {alias.name for alias in node.names}
        elif not node.module.startswith("chatlas_doctor"):
            named.setdefault(node.module, set()).update(alias.name for alias in node.names)
    lines = [f"import {name}" for name in sorted(plain)]
    return lines + [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(named.items())]


def one_file():
    """The modules one after the other, with the imports of the standard library in front."""
    imports, parts = [], []
    for name in MODULES:
        text = (PACKAGE / f"{name}.py").read_text(encoding="utf-8")
        lines, body = text.splitlines(), ast.parse(text).body
        for node in body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports.append(node)
                lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
        about = "\n".join(f"# {line}".rstrip() for line in ast.get_docstring(ast.parse(text)).splitlines())
        if name == MODULES[-1]:  # its docstring is what --help shows
            about = f"__doc__ = {ast.unparse(body[0])}"
        code = "\n".join(lines[body[0].end_lineno :]).strip("\n")
        parts.append(f"# --- {name} {'-' * (96 - len(name))}\n{about}\n\n\n{code}")
    text = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    about, version = ast.get_docstring(ast.parse(text)), re.search(r'__version__ = "(.*)"', text)[1]
    head = HEAD.format(about=about, version=version) + "\n" + "\n".join(imported(imports))
    return "\n\n\n".join([head, *parts]) + "\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(one_file().encode())
