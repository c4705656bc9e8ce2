"""A word of a program in a sentence, in a shell block or in a shown file is one that the program knows.

Words are flags, environment variables, routes, parsers, metrics, what a Modelfile has, settings and fields, and the
names of chatlas and openai. What the servers know is recorded in tests/static/words (`make words`); chatlas, openai
and this repository are asked here. Error texts, values and ids are not looked at.
"""

import ast
import builtins
import difflib
import functools
import importlib
import inspect
import json
import re
from pathlib import Path

import chatlas
import openai
import panflute

from scripts.common.paths import ROOT
from scripts.content import backends, commands, guides, notebooks, pages, tree

FOLDER = ROOT / "tests/static/words"
RECORDED = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
SERVERS = {"vllm": "vLLM", "litellm": "LiteLLM", "ollama": "Ollama", "llama-cpp": "llama"}  # as a page names them
OTHERS = RECORDED["others"]["flags"] | {  # of programs that are no servers
    "doctor.py": re.findall(r'add_argument\(\s*"(--[\w-]+)"', (ROOT / "scripts/doctor.py").read_text())
}
PAGES = [*pages.written(), Path("README.md")]

FLAG = re.compile(r"(?<![\w-])--[a-z][\w-]*")
VARIABLE = re.compile(  # a capability of Linux looks like one
    r"(?<![\w/.-])(?<!--cap-add )(?<!cap_add: \[)[A-Z]{2}[A-Z0-9]*_[A-Z0-9_]*(?![\w*-])|(?<![\w?&])[A-Z]{2,}(?==)"
)
SETTING = re.compile(  # where this repository, or the shell, takes a variable from
    r'\$\{(\w+)|os\.environ/(\w+)|environ(?:\.get\(|\[)"(\w+)"|\bvars\.(\w+)|^export (.*)$', re.MULTILINE
)
ROUTE = re.compile(r"""(?:(?<=[\s("'])|^|https?://(?:localhost|127\.0\.0\.1|upstream)(?::\w+)?)(/[\w./{}:-]*)""")
OF_THE_MACHINE = re.compile(r"/(?:dev|etc|home|opt|proc|root|sys|tmp|usr|var)(?:/|$)")
SNAKE = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")
FILE = re.compile(r"\.(?:py|toml|ya?ml|json|txt|q?md|s?css|ipynb)$")
CLASS = re.compile(r"(?:(openai)\.)?([A-Z]\w*(?:Error|Exception)|[A-Z][a-z]\w*[A-Z]\w*)(?=$|[:(])")
CAPITALS = re.compile(r"[A-Z]{3,}(?= |$)")
METHODS = {"DELETE", "GET", "HEAD", "POST", "PUT"}


def texts(page):
    """The texts of a page's inline code and of its blocks that are not Python."""
    return inline(page) + pages.code_blocks(page, "bash", "yaml", "ini", "dockerfile")


@functools.cache
def inline(page):
    return list(dict.fromkeys(pages.inline_code(page)))


def known(page, kind):
    """The words of this kind that the servers know of which a page speaks."""
    text = pages.text(page).lower()
    spoken_of = [name for name, title in SERVERS.items() if title.lower() in text]
    return {word for name in spoken_of for word in RECORDED[name].get(kind, ())}


def anywhere(kind):
    return {word for name in SERVERS for word in RECORDED[name].get(kind, ())}


def unknown(page, word, words, shown=""):
    """One line on an unknown word: where it stands (the line with `shown`, inline code), and the nearest known one."""
    near = difflib.get_close_matches(word, words, 1, 0.5)
    return f"{place(page, shown, word)}: no program knows {word}" + (f"; is it {near[0]}?" if near else "")


def place(page, *sought):
    """FILE:LINE of the first of these texts that stands in a page, in what it is derived from or in what it includes."""
    included = [ROOT / name.lstrip("/") for name in pages.INCLUDE.findall((ROOT / page).read_text())]
    files = [file for file in (ROOT / page, ROOT / page.with_name(f"_{page.name}"), *included) if file.exists()]
    for text in filter(None, sought):
        for file in files:
            for number, line in enumerate(file.read_text().splitlines(), 1):
                if text in line:
                    return f"{file.relative_to(ROOT)}:{number}"
    return page


def shown_commands(page):
    """The commands of a page: the lines of its shell blocks, and inline code that begins with one of our programs."""
    return commands.shell(page) + [
        code.split()
        for code in inline(page)
        if re.match(r"(?:curl|docker|litellm|llama-server|lms|ollama|vllm) ", code)
    ]


def parts(words):
    """A command as a list of (program, its words): a pipe, `sudo` and a container's image begin another program."""
    found = []
    for word in ["|", *words]:
        name = word.rpartition("/")[2].removesuffix("3")  # /opt/vllm/bin/pip, python3
        if word == "|":
            found.append(["", []])
        elif name in OTHERS or name in RECORDED or name == "llama-server":
            found.append([name, []])
        elif word.startswith(commands.IMAGES) or word.startswith("vllm.entrypoints"):
            found.append(["vllm", []])
        else:
            found[-1][1].append(word)
    return found


def flags_of(program):
    """The flags of a program that a shell block starts; None for one that has no flags there."""
    recorded = RECORDED.get("llama-cpp" if program == "llama-server" else program, {})
    return set(OTHERS[program] if program in OTHERS else recorded.get("flags", ()))


def has_flag(flags, word):
    """Whether a word is one of `flags`, or several of one letter written as one."""
    word = word.partition("=")[0]
    return word in flags or (not word.startswith("--") and all(f"-{letter}" in flags for letter in word[1:]))


def test_flags_in_shell_blocks_are_those_of_the_program_that_is_started():
    wrong = []
    for page in PAGES:
        for program, words in (part for command in shown_commands(page) for part in parts(command)):
            flags = flags_of(program)
            wrong += [
                unknown(page, word, flags)
                for word in words
                if re.match(r"--?[A-Za-z]", word) and not has_flag(flags, word)
            ]
    assert not wrong, "\n".join(wrong)


def test_vllm_takes_every_command_that_starts_it():
    shown = [(page, arguments) for page in PAGES for arguments in commands.of_vllm(page)] + commands.deployed()
    assert len(shown) >= 8
    wrong = [f"{place}: {error}" for place, each in shown for error in commands.errors(each, RECORDED["vllm"])]
    assert not wrong, "\n".join(wrong)


def test_flags_in_sentences_are_those_of_a_program_of_the_page():
    of_others = {flag for flags in OTHERS.values() for flag in flags}
    wrong = []
    for page in PAGES:
        flags = known(page, "flags") | of_others
        wrong += [
            unknown(page, flag, flags, code)
            for code in inline(page)
            for flag in FLAG.findall(code)
            if flag not in flags
        ]
    assert not wrong, "\n".join(wrong)


@functools.cache
def settings():
    """The variables that chatlas, openai, this repository's programs and files, and the shell take."""
    packages = [file.read_text() for module in (chatlas,) for file in Path(module.__file__).parent.rglob("*.py")]
    client = Path(openai.__file__).with_name("_client.py").read_text()
    found = set(re.findall(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"', "\n".join([*packages, client])))
    ours = [ROOT / name for name in ("compose.yaml", "Makefile", "servers/litellm.yaml", "scripts/doctor.py")]
    ours += [*(ROOT / "scripts").rglob("*.py"), *(ROOT / ".github/workflows").glob("*.yml")]
    for file in [*ours, *(ROOT / "containers").rglob("compose.yaml")]:
        found |= {word for groups in SETTING.findall(file.read_text()) for group in groups for word in group.split()}
    return found | {"HOME", "PATH", "PYTHON"}


def test_environment_variables_are_those_of_a_program_of_the_page():
    wrong = []
    for page in PAGES:
        variables = known(page, "variables") | settings()
        wrong += [
            unknown(page, name, variables, code)
            for code in texts(page)
            for name in VARIABLE.findall(code)
            if name not in variables
        ]
    assert not wrong, "\n".join(wrong)


@functools.cache
def of_every_server():
    """The routes that openai asks for: every server that is compatible has some of them, below /v1."""
    files = (Path(openai.__file__).parent / "resources").rglob("*.py")
    return {f"/v1{route}" for file in files for route in re.findall(r'f?"(/[\w/]+)"', file.read_text())}


def leads_to(path, routes):
    """Whether a path is one of `routes`, the beginning of one, or one without the /v1 of the base URL."""
    path = path.rstrip("/") + "/"
    if any(f"{route}/".startswith((path, f"/v1{path}")) for route in routes):
        return True
    filled = r"[^/]*[A-Z0-9{<][^/]*"  # an id has a digit; a word in its place is a typo
    patterns = [re.sub(r"\{[^}]*\}|:\w+", lambda _: filled, route) for route in routes if re.search("[{:]", route)]
    return any(re.fullmatch(f"(/v1)?{pattern}/", path) for pattern in patterns)


def test_routes_are_those_of_a_server_of_the_page():
    wrong = []
    for page in PAGES:
        routes = known(page, "routes") | of_every_server() | set(RECORDED["others"]["routes"])
        shown = [(code, path) for code in inline(page) for path in ROUTE.findall(code)]
        for words in commands.shell(page):
            shown += [(word, path) for word in words if "://" in word for path in ROUTE.findall(word)]
        wrong += [
            unknown(page, path, routes, code)
            for code, path in shown
            if not OF_THE_MACHINE.match(path) and not (ROOT / path[1:]).exists() and not leads_to(path, routes)
        ]
    assert not wrong, "\n".join(wrong)


def test_parsers_named_where_parsers_are_spoken_of_are_those_of_vllm():
    parsers = {*RECORDED["vllm"]["tool_parsers"], *RECORDED["vllm"]["reasoning_parsers"]}
    wrong = []
    for page in PAGES:
        if "parser" not in pages.text(page):
            continue
        doc = tree.of(pages.text(page), str(page))
        for block in tree.found([doc], panflute.Para, panflute.TableRow):
            if "parser" in panflute.stringify(block):
                names = [code for code in tree.inline([block]) if re.fullmatch(r"[a-z][a-z0-9_-]+", code)]
                wrong += [unknown(page, name, parsers) for name in names if name not in parsers | fields(page)]
    assert not wrong, "\n".join(wrong)


def test_metrics_are_those_of_the_servers():
    published = {re.sub("_total$", "", name) for name in RECORDED["vllm"]["metrics"]}
    published |= {f"llamacpp:{name}" for name in RECORDED["llama-cpp"]["fields"]}
    wrong = [
        unknown(page, code, published, code)
        for page in PAGES
        for code in inline(page)
        if re.fullmatch(r"(?:vllm|llamacpp):\w+", code) and re.sub("_(?:total|bucket)$", "", code) not in published
    ]
    assert not wrong, "\n".join(wrong)


def test_a_modelfile_has_instructions_and_parameters_that_ollama_knows():
    ollama = RECORDED["ollama"]
    wrong = []
    for page in PAGES:
        lines = [line for block in pages.code_blocks(page, "dockerfile") for line in block.splitlines() if line]
        lines += [code for code in inline(page) if CAPITALS.match(code)]
        for line in lines:
            first, *rest = line.split()
            if first not in {*ollama["instructions"], *METHODS, *settings()}:
                wrong.append(unknown(page, first, ollama["instructions"], line))
            if first == "PARAMETER" and rest and rest[0] not in ollama["parameters"]:
                wrong.append(unknown(page, rest[0], ollama["parameters"], line))
    assert not wrong, "\n".join(wrong)


def test_providers_before_a_models_name_are_those_of_litellm():
    providers = RECORDED["litellm"]["providers"]
    named = [(page, code) for page in PAGES for code in inline(page) if re.fullmatch(r"\w+/", code)]
    wrong = [
        unknown(page, code[:-1], providers, code)
        for page, code in named
        if code[:-1] not in providers and not (ROOT / code).is_dir()
    ]
    assert not wrong, "\n".join(wrong)


@functools.cache
def callables():
    """What prose may call, by name: chatlas' functions and classes, the methods of Chat, and Python's own."""
    methods = dict(inspect.getmembers(chatlas.Chat, callable))
    return {**vars(builtins), **methods, **{name: getattr(chatlas, name) for name in dir(chatlas)}}


@functools.cache
def cells(page):
    """The code of the notebooks of a page: what is named there has been executed."""
    of_page = {guide.notebook for guide in guides.load().values() if guide.page == str(page)}
    read = [notebooks.read(path) for path in of_page | {path for path, _, _ in pages.embeds(page)}]
    return "\n".join(cell.source for notebook in read for cell in notebooks.code_cells(notebook))


@functools.cache
def arguments():
    """The names of the arguments of chatlas' callables."""
    found = set()
    classes = [each for each in vars(chatlas).values() if inspect.isclass(each)]
    methods = [method for each in classes for method in vars(each).values()]
    for each in [*vars(chatlas).values(), *methods]:
        if inspect.isfunction(each) or inspect.isclass(each):
            found |= set(parameters(each))
    return found


def parameters(callable):
    """The parameters of a callable by name; none for what does not tell."""
    try:
        return inspect.signature(callable).parameters
    except (TypeError, ValueError):
        return {}


@functools.cache
def of_openai():
    """The fields of requests and answers, from openai's types."""
    folder = Path(openai.__file__).parent / "types"
    files = [*folder.glob("*.py"), *(folder / "chat").glob("*.py"), *(folder / "responses").glob("*.py")]
    source = "\n".join(file.read_text() for file in files)
    return {*re.findall(r"^    (\w+):", source, re.MULTILINE), *SNAKE.findall(source)}


@functools.cache
def of_this_repository():
    """What the tables and probes call things: fields, outcomes."""
    files = [*(ROOT / name for name in ("backends.toml", "expected_failures.toml", "notebooks.toml"))]
    files += (ROOT / "probes").rglob("*.py")
    return {word for file in files for word in SNAKE.findall(file.read_text())}


@functools.cache
def fields(page):
    """The names of arguments, fields and settings that a page may use."""
    blocks = pages.code_blocks(page, "python", "yaml", "javascript")
    of_chatlas = {*dir(chatlas), *dir(chatlas.Chat), *arguments()}
    recorded = anywhere("fields") | anywhere("parameters") | anywhere("tool_parsers") | anywhere("reasoning_parsers")
    executed = set(re.findall(r"\b[a-z_]\w+", "\n".join([cells(page), *blocks])))
    ours = of_this_repository() if page.stem in ("compatibility", "contribute", "README") else set()
    return of_chatlas | of_openai() | recorded | executed | ours


def parsed(code):
    """Inline code as Python's tree, with `…` for what is left out; also arguments alone, as in `stream=False`."""
    code = code.replace("…", "...")
    for source in (code, f"_({code})", f"_({code}...)"):
        try:
            return ast.parse(source, mode="eval").body
        except SyntaxError:
            pass
    return None


def resolved(node):
    """What `name`, `chat.name` or `module.name` is; None for what is no name of chatlas or of a module."""
    if isinstance(node, ast.Name):
        return callables().get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return getattr(owner(node.value.id), node.attr, None)
    return None


def owner(name):
    """What the name before a dot means in prose: `chat` is a chat, `openai` and `asyncio` are modules."""
    if name == "chat":
        return chatlas.Chat
    return importlib.import_module(name) if name in ("asyncio", "chatlas", "openai") else None


def unknown_names(code, page):
    """The names in a piece of inline code that neither chatlas nor openai has, nor any cell or setting."""
    found = {}  # name: the names that it could be
    tree_of_code = parsed(code)
    if key := re.match(r"(\w+_\w+): ", code):  # a setting of YAML
        found |= {key[1]: fields(page)} if key[1] not in fields(page) else {}
    for node in ast.walk(tree_of_code) if tree_of_code else ():
        if isinstance(node, ast.Call):
            takes = parameters(resolved(node.func)) if resolved(node.func) else {}
            takes = takes if takes and "kwargs" not in takes else fields(page)
            named = [each.arg for each in node.keywords if each.arg and not each.arg.isupper()]
            found |= {name: takes for name in named if name not in takes}
            if isinstance(node.func, ast.Name) and node.func.id != "_" and not resolved(node.func):
                defined = re.findall(r"(?:def|class) (\w+)", "\n".join([cells(page), *inline(page)]))
                found |= {node.func.id: callables()} if node.func.id not in defined else {}
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and owner(node.value.id):
            found |= {node.attr: dir(owner(node.value.id))} if not resolved(node) else {}
        words = [getattr(node, "id", ""), node.value if isinstance(node, ast.Constant) else ""]
        for word in (word for word in words if isinstance(word, str) and SNAKE.fullmatch(word)):
            found |= {word: fields(page)} if word not in fields(page) | callables().keys() else {}
    return found


def test_names_in_inline_code_are_those_of_chatlas_openai_or_a_server():
    wrong = []
    for page in PAGES:
        for code in inline(page):
            if not (FILE.search(code) or code.endswith("/") or (ROOT / code).exists() or code in OTHERS):
                wrong += [unknown(page, name, near, code) for name, near in unknown_names(code, page).items()]
    assert not wrong, "\n".join(wrong)


def test_classes_and_errors_in_prose_are_those_of_chatlas_openai_or_a_cell():
    others = [importlib.import_module(name) for name in ("builtins", "chatlas", "json", "openai", "pydantic")]
    wrong = []
    for page in PAGES:
        shown = re.findall(r"\b[A-Z]\w+\b", "\n".join([cells(page), *pages.code_blocks(page, "javascript")]))
        classes = {name for module in others for name in dir(module)} | set(shown)
        for code in inline(page):
            if named := CLASS.match(code):
                classes_there = set(dir(openai)) if named[1] else classes
                wrong += [unknown(page, named[2], classes_there, code)] if named[2] not in classes_there else []
    assert not wrong, "\n".join(wrong)


def test_words_are_recorded_from_the_versions_that_are_pinned():
    pinned = {name: backend.version for name, backend in backends.load().items() if backend.version}
    recorded = {name: RECORDED[name]["version"] for name in pinned}
    assert recorded == pinned, "run `make words`"
    seen = json.loads((ROOT / "results/ollama-embedded.json").read_text())["versions"]["ollama"]
    assert RECORDED["ollama"]["version"] == seen, "write tests/static/words/ollama.json anew"
