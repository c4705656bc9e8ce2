"""A word of a program in a sentence, in a shell block or in a shown file is one that the program knows.

Words are flags, environment variables, routes, parsers, metrics, providers and what a Modelfile has. Error texts,
values and ids are not looked at; names of chatlas are test_names.py's.
"""

import functools
import json
import re
from pathlib import Path

import chatlas
import openai
import panflute
from chatlas_doctor.causes import KEY_VARIABLE

from scripts.common.paths import ROOT
from scripts.content import backends, commands, pages, tree
from tests.words import PAGES, RECORDED, SERVERS, cells, inline, known, names, unknown

DOCTOR = [
    flag
    for file in (ROOT / "doctor/src/chatlas_doctor").rglob("*.py")
    for flag in re.findall(r'add_argument\(\s*"(--[\w-]+)"', file.read_text())
]
FLAGS = {
    **RECORDED["others"]["flags"],
    **{name: RECORDED[name]["flags"] for name in SERVERS},
    "llama-server": RECORDED["llama-cpp"]["flags"],
    "doctor.py": DOCTOR,
    "chatlas-doctor": DOCTOR,
}
FLAG = re.compile(r"(?<![\w-])--[a-z][\w-]*")
VARIABLE = re.compile(  # a capability of Linux looks like one
    r"(?<![\w/.-])(?<!--cap-add )(?<!cap_add: \[)[A-Z]{2}[A-Z0-9]*_[A-Z0-9_]*(?![\w*-])|(?<![\w?&])[A-Z]{2,}(?==)"
)
TAKEN = re.compile(  # where this repository takes a variable from
    r'\$\{(\w+)|os\.environ/(\w+)|environ(?:\.get\(|\[)"(\w+)"|\bvars\.(\w+)|^export (.*)$', re.MULTILINE
)
TAKE = ("Makefile", "compose.yaml", "containers/*/compose.yaml", "servers/*.yaml", "scripts/**/*.py", ".github/*/*.yml")
ROUTE = re.compile(r"""(?:(?<=[\s("'])|^|https?://(?:localhost|127\.0\.0\.1|upstream)(?::\w+)?)(/[\w./{}:-]*)""")
OF_THE_MACHINE = re.compile(r"/(?:dev|etc|home|mnt|opt|path|proc|root|run|srv|sys|tmp|usr|var)(?:/|$)")
FILE = re.compile(r"(?<![\w/+.*-])[\w.+-]+\.(?:py|toml|ya?ml|json|txt|s?css|ipynb|jinja|service)(?!\w)")
PORT = re.compile(r"(?:://[\w.-]+:|(?:localhost|127\.0\.0\.1):|--port[ =]|PORT=)(\d{2,5})\b(?::(\d+))?")
METRIC = re.compile(r"(?:vllm|llamacpp):\w+")
CAPITALS = re.compile(r"[A-Z]{3,}(?= |$)")
METHODS = {"DELETE", "GET", "HEAD", "POST", "PUT"}


def shown_commands(page):
    """The commands of a page: the lines of its shell blocks, and inline code that begins with a program."""
    return commands.shell(page) + [code.split() for code in inline(page) if " " in code and code.split()[0] in FLAGS]


def parts(command):
    """A command as a list of [program, its words]: `sudo`, a pipe, `-m` and a container's image begin another one."""
    found = [["", []]]
    for word in command:
        if word in ("sudo", "|"):
            found.append(["", []])
        elif not found[-1][0] and "=" not in word:
            found[-1][0] = Path(word).name.removesuffix("3")  # /opt/vllm/bin/pip, python3
        elif found[-1] == ["python", ["-m"]]:
            found.append([word.partition(".")[0], []])
        elif word.startswith(commands.IMAGES):
            found.append(["vllm", []])
        elif word == "doctor.py":
            found.append([word, []])
        else:
            found[-1][1].append(word)
    return found


def has(flags, word):
    """Whether a word is one of `flags`, or several flags of one letter written as one."""
    flag = word.partition("=")[0]
    return flag in flags or (not flag.startswith("--") and all(f"-{letter}" in flags for letter in flag[1:]))


def test_flags_in_shell_blocks_are_those_of_the_program_that_is_started():
    wrong = []
    for page in PAGES:
        for program, words in (part for command in shown_commands(page) for part in parts(command)):
            flags = FLAGS.get(program, ())
            given = [word for word in words if re.match(r"--?[A-Za-z]", word)]
            wrong += [unknown(page, word, flags) for word in given if not has(flags, word)]
    assert not wrong, "\n".join(wrong)


def test_vllm_takes_every_command_that_starts_it():
    shown = [(page, arguments) for page in PAGES for arguments in commands.of_vllm(page)] + commands.deployed()
    assert len(shown) >= 8
    wrong = [f"{place}: {error}" for place, each in shown for error in commands.errors(each, RECORDED["vllm"])]
    assert not wrong, "\n".join(wrong)


def test_flags_in_sentences_are_those_of_a_program_of_the_page():
    of_others = {flag for flags in [*RECORDED["others"]["flags"].values(), DOCTOR] for flag in flags}
    wrong = []
    for page in PAGES:
        flags = known(page, "flags") | of_others
        named = [(code, flag) for code in inline(page) for flag in FLAG.findall(code)]
        wrong += [unknown(page, flag, flags, code) for code, flag in named if flag not in flags]
    assert not wrong, "\n".join(wrong)


@functools.cache
def variables():
    """The variables that chatlas, openai, this repository and the shell take."""
    clients = [*Path(chatlas.__file__).parent.rglob("*.py"), Path(openai.__file__).with_name("_client.py")]
    of_clients = re.findall(r'"([A-Z]+(?:_[A-Z0-9]+)+)"', "\n".join(file.read_text() for file in clients))
    ours = "\n".join(file.read_text() for pattern in TAKE for file in ROOT.glob(pattern))
    of_ours = " ".join(name for names in TAKEN.findall(ours) for name in names).split()
    return {*of_clients, *of_ours, KEY_VARIABLE, "HOME", "PATH", "PYTHON"}


def test_environment_variables_are_those_of_a_program_of_the_page():
    wrong = []
    for page in PAGES:
        taken = known(page, "variables") | variables()
        texts = inline(page) + pages.code_blocks(page, "bash", "yaml", "ini")
        named = [(text, name) for text in texts for name in VARIABLE.findall(text)]
        wrong += [unknown(page, name, taken, text) for text, name in named if name not in taken]
    assert not wrong, "\n".join(wrong)


def test_ports_are_those_of_a_server_of_the_page():
    ours = {str(backend.port) for backend in backends.load().values()}
    wrong = []
    for page in PAGES:
        named = [port for found in PORT.findall(pages.text(page)) for port in found if port]
        of_page = ours | set(RECORDED["others"]["ports"].get(str(page), ()))
        wrong += [unknown(page, port, of_page) for port in named if port not in of_page]
    assert not wrong, "\n".join(wrong)


@functools.cache
def files():
    """The names of files that there are here, in chatlas, and in models and programs as recorded."""
    ours = {path.name for path in ROOT.rglob("*.*") if not {".venv", "_build", "_site"} & set(path.parts)}
    return ours | {path.name for path in Path(chatlas.__file__).parent.glob("*.py")} | set(RECORDED["others"]["files"])


def test_files_are_those_of_this_repository_or_of_a_program():
    wrong = []
    for page in PAGES:
        named = [(code, name) for code in inline(page) for name in FILE.findall(code)]
        wrong += [
            unknown(page, name, files(), code)
            for code, name in named
            if name not in files() | set(FILE.findall(cells(page)))
        ]
    assert not wrong, "\n".join(wrong)


@functools.cache
def of_every_server():
    """The routes that openai asks for, below /v1: a server that is compatible has some of them."""
    files = (Path(openai.__file__).parent / "resources").rglob("*.py")
    return {f"/v1{route}" for file in files for route in re.findall(r'"(/[\w/]+)"', file.read_text())}


def leads_to(path, routes):
    """Whether a path is one of `routes`, the beginning of one, or one without the /v1 of the base URL."""
    path = path.rstrip("/") + "/"
    if any(f"{route}/".startswith((path, f"/v1{path}")) for route in routes):
        return True
    an_id = r"[^/]*[A-Z0-9{<][^/]*"  # a plain word in the place of an id is a typo
    patterns = [re.sub(r"\{[^}]*\}|:\w+", lambda _: an_id, route) for route in routes if re.search("[{:]", route)]
    return any(re.fullmatch(f"(/v1)?{pattern}/", path) for pattern in patterns)


def test_routes_are_those_of_a_server_of_the_page():
    wrong = []
    for page in PAGES:
        routes = known(page, "routes") | of_every_server() | set(RECORDED["others"]["routes"])
        urls = [word for words in commands.shell(page) for word in words if "://" in word]
        named = [(text, path) for text in inline(page) + urls for path in ROUTE.findall(text)]
        ours = ROUTE.findall(cells(page))  # those of an app that a cell starts
        named = [(text, path) for text, path in named if not (OF_THE_MACHINE.match(path) or path in ours)]
        named = [(text, path) for text, path in named if not (ROOT / path[1:]).exists()]
        wrong += [unknown(page, path, routes, text) for text, path in named if not leads_to(path, routes)]
    assert not wrong, "\n".join(wrong)


def test_parsers_named_where_parsers_are_spoken_of_are_those_of_vllm():
    parsers = {*RECORDED["vllm"]["tool_parsers"], *RECORDED["vllm"]["reasoning_parsers"]}
    others = {*FLAGS, *(word for each in backends.load().values() for word in (each.serves, each.package))}
    wrong = []
    for page in (page for page in PAGES if "parser" in pages.text(page)):
        for block in tree.found([tree.of(pages.text(page), str(page))], panflute.Para, panflute.TableRow):
            if "parser" in panflute.stringify(block):
                named = [code for code in tree.inline([block]) if re.fullmatch(r"[a-z][a-z0-9_-]+", code)]
                wrong += [unknown(page, name, parsers) for name in named if name not in parsers | others | names(page)]
    assert not wrong, "\n".join(wrong)


def test_metrics_are_those_of_the_servers():
    published = {name.removesuffix("_total") for name in RECORDED["vllm"]["metrics"]}
    published |= {f"llamacpp:{name}" for name in RECORDED["llama-cpp"]["fields"]}
    named = [(page, code) for page in PAGES for code in inline(page) if METRIC.fullmatch(code)]
    assert named
    wrong = [unknown(page, code, published) for page, code in named if code.removesuffix("_total") not in published]
    assert not wrong, "\n".join(wrong)


def test_a_modelfile_has_instructions_and_parameters_that_ollama_knows():
    instructions, parameters = RECORDED["ollama"]["instructions"], RECORDED["ollama"]["parameters"]
    wrong = []
    for page in (page for page in PAGES if "Modelfile" in pages.text(page)):
        lines = [line for block in pages.code_blocks(page, "dockerfile") for line in block.splitlines() if line]
        for line in lines + [code for code in inline(page) if CAPITALS.match(code)]:
            first, *rest = line.split()
            if first not in {*instructions, *METHODS, *variables()}:
                wrong.append(unknown(page, first, instructions, line))
            if first == "PARAMETER" and rest and rest[0] not in parameters:
                wrong.append(unknown(page, rest[0], parameters, line))
    assert not wrong, "\n".join(wrong)


def test_providers_before_a_models_name_are_those_of_litellm():
    providers = RECORDED["litellm"]["providers"]
    named = [(page, code) for page in PAGES for code in inline(page) if re.fullmatch(r"\w+/", code)]
    named = [(page, code) for page, code in named if not (ROOT / code).is_dir()]
    wrong = [unknown(page, code, providers) for page, code in named if code[:-1] not in providers]
    assert not wrong, "\n".join(wrong)


def test_words_are_recorded_from_the_versions_that_are_pinned():
    pinned = {name: backend.version for name, backend in backends.load().items() if backend.version}
    assert {name: RECORDED[name]["version"] for name in pinned} == pinned, "run `make words`"
    accepted = json.loads((ROOT / "results/ollama-embedded.json").read_text())["versions"]["ollama"]
    assert RECORDED["ollama"]["version"] == accepted, "write tests/static/words/ollama.json anew"
