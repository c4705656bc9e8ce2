"""What a reader copies from a page, or does because of it, fits the server, the pins and this repository."""

import ast
import builtins
import difflib
import json
import re
import shlex
import subprocess

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.common.paths import ROOT
from scripts.content import backends, commands, guides, notebooks, pages, tree, variables

# The programs that the pages' shell blocks start, with the subcommands that they have. Somebody who
# adds one has run it.
PROGRAMS = {
    "chatlas-doctor": None,
    "cp": None,
    "curl": None,
    "docker": {"build", "compose", "exec", "logs", "ps", "pull", "run", "stop"},
    "export": None,
    "git": {"clone", "mv"},
    "litellm": None,
    "llama-server": None,
    "lms": {"daemon", "get", "load", "ls", "ps", "server"},  # of its documentation; the page says that it was not run
    "make": set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)),
    "ollama": {"create", "list", "ps", "pull", "run", "serve", "show"},
    "pip": {"install"},
    "python": None,
    "sha256sum": None,
    "shiny": {"run"},
    "sudo": {"/opt/vllm/bin/pip", "cp", "python3", "systemctl"},
    "uvicorn": None,
    "vllm": {"serve"},
}
WRITTEN = pages.written()


@pytest.fixture(params=WRITTEN, ids=str)
def page(request):
    return request.param


@pytest.fixture(params=[page for page in WRITTEN if pages.code_blocks(page, "bash")], ids=str)
def shell_page(request):
    """A page with commands in blocks."""
    return request.param


SHOWN = [guide for guide in guides.load().values() if not guide.is_not_run_yet]  # that one no reader sees


@pytest.fixture(params=[guide for guide in SHOWN if not guide.is_of_errors], ids=lambda guide: guide.name)
def guide(request):
    """A guide with a page of its own."""
    return request.param


@pytest.mark.parametrize("guide", SHOWN, ids=lambda guide: guide.name)
def test_the_parameters_are_those_of_the_server_that_made_the_outputs(guide):
    first = guides.runs(guide)[0]
    key = "sk-your-key" if first.backend.makes_key else "EMPTY"
    right = first.parameters(f"http://localhost:{first.backend.port}", key)
    shown = notebooks.parameters(notebooks.read(guide.notebook))
    assert {name: value for name, value in shown.items() if name in right} == {name: right[name] for name in shown}


def test_the_start_page_has_a_row_for_each_server_with_its_class_and_address():
    rows = [line for line in (ROOT / "index.qmd").read_text().splitlines() if line.startswith("|")]
    for backend in backends.load().values():
        (row,) = [line for line in rows if line.startswith(f"| [{backend.title}]({backend.page}) |")]
        (shown,) = re.findall(r"`(Chat\w+)`", row)
        assert f"= {shown}(" in snippet_of(backend), row
        assert f"`:{backend.port}{backend.api}`" in row, row


def snippet_of(backend):
    return notebooks.snippet(notebooks.read(backend.notebook))


def test_snippets_use_the_class_that_the_site_recommends(guide):
    """ChatOpenAI is for OpenAI itself: no snippet that a reader copies first uses it."""
    called = {node.func.id for node in ast.walk(ast.parse(snippet_of(guide))) if is_call_of_a_name(node)}
    assert "ChatOpenAI" not in called


def is_call_of_a_name(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def test_cells_pasted_in_the_order_of_the_page_use_no_name_too_early(guide):
    notebook = notebooks.read(guide.notebook)
    by_id = {cell.id: cell for cell in notebooks.code_cells(notebook)}
    order = [label for path, label, _ in pages.embeds(guide.page) if path == guide.notebook]
    cells = [notebooks.parameters_cell(notebook), *(by_id[label] for label in dict.fromkeys(order))]
    # one scope, one line after the other, as a reader's session runs it
    defined, missing = set(vars(builtins)), []
    for cell in cells:
        for statement in ast.parse(cell.source).body:
            missing += [f"{cell.id}: {name}" for name in sorted(used_at_once(statement) - defined)]
            defined |= defined_by(statement)
    assert missing == []


def used_at_once(statement):
    """The names that a statement of a cell reads when it runs, but for those that it makes itself."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return set()
    inner = {
        name
        for node in ast.walk(statement)
        if isinstance(node, ast.Lambda)
        for name in (argument.arg for argument in node.args.args)
    }
    names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
    return {node.id for node in names if isinstance(node.ctx, ast.Load)} - defined_by(statement) - inner


def defined_by(statement):
    """The names that a statement of a cell defines."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif (isinstance(node, ast.ExceptHandler) and node.name) or isinstance(
            node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        ):
            found.add(node.name)
    return found


def test_a_page_shows_the_code_of_each_of_its_cells(guide):
    """The snippet's code is on the page as a block, or embedded as that of every other cell."""
    embeds = [(label, echo) for path, label, echo in pages.embeds(guide.page) if path == guide.notebook]
    without = {label for label, _ in embeds} - {label for label, echo in embeds if echo}
    snippet = notebooks.snippet(notebooks.read(guide.notebook))
    assert without == ({"quickstart"} if snippet in pages.code_blocks(guide.page, "python") else set())


def test_a_page_with_code_says_what_to_install(page):
    if pages.code_blocks(page, "python"):
        bound = f'"chatlas>={variables.oldest_chatlas()}"'
        installing = [block for block in pages.code_blocks(page, "bash") if block.startswith("pip install ")]
        assert any(bound in block for block in installing)


def requirements_in(words):
    """What a `pip install` command names, without options and folders of this repository."""
    return [Requirement(word) for word in words[2:] if not word.startswith(("-", "./"))]


PINNED = {
    canonicalize_name(name)
    for path in (ROOT / "requirements").glob("*.txt")
    for name in re.findall(r"^([\w.-]+)==", path.read_text(), re.MULTILINE)
}


def test_what_pages_install_is_what_is_installed_here(shell_page):
    for words in commands.shell(shell_page):
        if words[:2] == ["pip", "install"]:
            named = [requirement.name for requirement in requirements_in(words)]
            # vllm is what the pages name for a GPU; its CPU build is what is pinned
            assert {canonicalize_name(name) for name in named} <= PINNED | {"vllm"}, words


def test_shell_blocks_are_shell(shell_page):
    for block in pages.code_blocks(shell_page, "bash"):
        done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, timeout=10)
        assert done.returncode == 0, done.stderr


def test_shell_blocks_start_programs_that_there_are(shell_page):
    for words in commands.shell(shell_page):
        assert words[0] in PROGRAMS, f"{words[0]}: add it to PROGRAMS when you have run it"
        subcommands = PROGRAMS[words[0]]
        assert subcommands is None or words[1] in subcommands, " ".join(words[:2])


def test_what_shell_blocks_install_or_name_in_the_clone_is_there(shell_page):
    for words in commands.shell(shell_page):
        here = [word for word in words if word.startswith("./")]
        assert all((ROOT / word.partition("[")[0]).exists() for word in here), shlex.join(words)
        named = [word for word in words[2:] if not word.startswith("-")]
        assert named or words[:2] != ["pip", "install"], f"{shlex.join(words)} installs nothing"


def test_commands_in_sentences_start_programs_that_there_are(page):
    for first, second, *_ in (words for code in pages.inline_code(page) if len(words := code.split()) > 1):
        meant = difflib.get_close_matches(first, PROGRAMS, 1, 0.8)
        subcommands = PROGRAMS[meant[0]] if meant else None
        assert not meant or first == meant[0], f"{first} {second}: is it {meant[0]}?"
        assert subcommands is None or second in subcommands, f"{first} {second}"


def test_the_variables_that_a_page_exports_are_those_that_its_server_is_given():
    for backend in backends.load().values():
        exported = {w[1].partition("=")[0] for w in commands.shell(backend.page) if w[0] == "export"}
        assert exported <= set(backend.environ), backend.page


def test_the_two_flags_for_tools_come_together(shell_page):
    for command in commands.of_vllm(shell_page):
        both = {"--enable-auto-tool-choice", "--tool-call-parser"} & set(command)
        assert len(both) in (0, 2), shlex.join(command)


def test_make_targets_named_on_pages_exist(page):
    assert make_targets(pages.inline_code(page)) <= PROGRAMS["make"]


def make_targets(codes):
    """The targets of the `make` commands in inline code and in blocks."""
    return {line.split()[1] for code in codes for line in code.splitlines() if re.match("make [a-z]", line)}


def test_make_targets_named_in_the_readme_exist():
    readme = [tree.of((ROOT / "README.md").read_text(), "README.md")]
    named = make_targets(tree.inline(readme) + tree.code(readme, "bash"))
    assert {"test", "test-docs"} <= named <= PROGRAMS["make"]


@pytest.mark.parametrize("guide", SHOWN, ids=lambda guide: guide.name)
def test_what_is_embedded_can_be_read_by_quarto(guide):
    """Quarto loses the newlines of a source that is one text instead of a list of lines."""
    raw = json.loads((ROOT / guide.notebook).read_text())
    assert all(isinstance(cell["source"], list) for cell in raw["cells"])


OURS = re.compile(r"\b(?:local-|chatlas-docs-)?smollm2\b")


def test_no_python_block_names_a_model_that_only_this_project_has(page):
    """Nor do the lines that a reader pastes after the snippet; what is embedded is held by the next test."""
    assert [block for block in pages.code_blocks(page, "python") if OURS.search(block)] == []


def test_no_cell_names_a_model_that_its_page_has_not_made(page):
    """A cell may name what a file or a cell of the same page has made before it."""
    source = (ROOT / page).read_text()
    for path, label, echo in pages.embeds(page):
        before = source[: source.index(f"#{label}")]
        before = pages.INCLUDE.sub(lambda match: (ROOT / match[1].lstrip("/")).read_text(), before)
        cell = pages.cell(page, path, label)
        named = {match[0] for match in OURS.finditer(cell.source)} if echo else set()
        assert {name for name in named if name not in before} == set(), f"{path}#{label}"
