"""The doctor's package as one file that works alone and that a careful reader can check; the site offers it.

python -m scripts.site.one_file > doctor.py
"""

import ast

from chatlas_doctor import __version__

from scripts.common.paths import ROOT

PACKAGE = ROOT / "doctor" / "src" / "chatlas_doctor"
MODULES = (  # each uses only those before it
    *("causes", "address", "ask", "servers", "models", "keys", "machine", "look", "snippet", "reader"),
    *("chat", "features", "report", "examine", "usual", "cli"),
)
HEAD = '''"""{about}

    python doctor.py http://localhost:8000

This is chatlas-doctor {version} as one file, put together from the modules of its package: copy it anywhere. It needs
nothing but Python 3.11 or newer. It runs the code that it recommends with your Python, which needs chatlas for that.
"""
'''


def one_file():
    """The modules one after the other, with the imports of the standard library in front."""
    imports, parts = set(), []
    for name in MODULES:
        text = (PACKAGE / f"{name}.py").read_text(encoding="utf-8")
        lines, body = text.splitlines(), ast.parse(text).body
        for node in body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                if not (isinstance(node, ast.ImportFrom) and node.module.startswith("chatlas_doctor")):
                    imports.add(ast.unparse(node))
                for number in range(node.lineno - 1, node.end_lineno):
                    lines[number] = ""
        if name == MODULES[-1]:  # its docstring is what --help shows
            about = f"__doc__ = {ast.unparse(body[0])}"
        else:
            about = "\n".join(f"# {line}".rstrip() for line in ast.get_docstring(ast.parse(text)).splitlines())
        code = "\n".join(lines[body[0].end_lineno :]).strip("\n")
        parts.append(f"# --- {name} {'-' * (96 - len(name))}\n{about}\n\n\n{code}")
    about = ast.get_docstring(ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")))
    return (
        "\n\n\n".join([HEAD.format(about=about, version=__version__) + "\n" + "\n".join(sorted(imports)), *parts])
        + "\n"
    )


if __name__ == "__main__":
    print(one_file(), end="")
