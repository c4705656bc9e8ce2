"""Says which places on the site to change when a cell no longer finds, or prints, what they show.

A cell that shows an error catches it by its class and gives it a name, and the check cell behind it
uses that name. When nothing is raised any more, the cell passes and the name does not exist. Where
something goes wrong without an error, the check cell asserts that it does, with the message MENDED.
"""

import ast
import re

from scripts.content import notebooks, sections

MENDED = "this now works"
OTHER_OUTPUT = "Cell outputs differ"  # nbval's words


def parsed(source):
    """The syntax tree of a cell, which may await."""
    return compile(source, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def caught(source):
    """The names that `source` gives to the errors it expects: those assigned where it catches one."""
    handlers = [node for node in ast.walk(parsed(source)) if isinstance(node, ast.ExceptHandler)]
    nodes = [node for handler in handlers for statement in handler.body for node in ast.walk(statement)]
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def holds_an_error(notebook, label):
    """Whether the cell `label` catches an error, and the check cell behind it asserts something of it."""
    cells = {cell.id: cell.source for cell in notebooks.code_cells(notebook)}
    asserts = [node for node in ast.walk(parsed(cells.get(f"check-{label}", ""))) if isinstance(node, ast.Assert)]
    asserted = {node.id for test in asserts for node in ast.walk(test) if isinstance(node, ast.Name)}
    return bool(caught(cells[label]) & asserted)


def changes(result):
    """A line for each cell that failed and that a page shows; more where it printed something else than is stored.

    Args:
        result: what report.write returns.
    """
    outcomes = {cell["id"]: cell for cell in result["cells"]}
    source_of = {cell.id: cell.source for cell in notebooks.code_cells(notebooks.read(result["notebook"]))}
    failed = [name.removeprefix("check-") for name, cell in outcomes.items() if cell["outcome"] == "failed"]
    lines = []
    name = result["notebook"].removeprefix("notebooks/").removesuffix(".ipynb")
    for label in dict.fromkeys(failed):
        showing = sections.showing(result["notebook"], label)
        other_output = outcomes[label].get("error", "").startswith(OTHER_OUTPUT)
        if not showing and not other_output:
            continue
        places = ", ".join(showing)
        error = outcomes.get(f"check-{label}", {}).get("error", "")
        missing = re.fullmatch(r"NameError: name '(\w+)' is not defined", error)
        what = f"CHANGED: {result['notebook']}#{label} on {result['backend']}"
        raises_nothing = missing and missing[1] in caught(source_of[label])
        ran = outcomes[label]["outcome"] == "passed" or other_output
        if ran and (raises_nothing or error == f"AssertionError: {MENDED}"):
            lines.append(f"{what}: {MENDED}: remove the workaround in {places}{sections.and_see(*showing)}")
        elif other_output:
            lines.append(
                f"{what}: it prints something else than is stored{' and shown in ' * bool(places)}{places}. "
                f"{outcomes[label]['error']}\n"
                f"If what it prints now is right: `make update-outputs ONLY={name}`, mend what the page says of it, "
                f"`make test-docs ONLY={name}`, `make accept-results`."
            )
        else:
            lines.append(f"{what}: not found as shown in {places}: mend what stands there, or the cell")
    return lines
