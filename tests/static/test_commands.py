"""Commands and files that pages show are safe to copy, start what this repository has, and parse."""

import ast
import functools
import itertools
import re
import shlex

import pytest
import yaml
from chatlas_doctor import cli
from chatlas_doctor.probes import catalog

from scripts.common.paths import ROOT
from scripts.content import backends, commands, guides, notebooks, pages, variables
from scripts.upkeep import bare, mutants, newest

PLACES = ["README.md", "CONTRIBUTING.md", *map(str, pages.written())]
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
SERVICE_OF = {service["image"].removeprefix("docker.io/"): service for service in SERVICES.values()}
LOOPBACK = ("127.0.0.1", "localhost", "::1")
EVERYWHERE = ("0.0.0.0", "::", "[::]", "")
# What listens on every interface unless it is told otherwise.
OPEN = ("vllm serve", "python -m vllm.entrypoints.openai.api_server", "litellm", "python -m http.server")
WITHOUT_VALUE = ("--rm", "--detach", "-d", "--init", "-it", "-i", "-t")  # of `docker run`
COMMAND = re.compile(
    r"(?:[A-Z_]+=\S* )*(?:curl|docker|export|litellm|llama-server|lms|make|ollama|pip|python|shiny|uvicorn|vllm) "
)
KEY = re.compile(
    r"\b(?:sk[-_]|hf_|gsk_|ghp_|AKIA|AIza)(?!your-key\b)(?:[\w-]*\d[\w-]*|[\w-]{12,})"  # as providers' keys begin
    r"|(?:key|token|secret|password)[\"']?\s*[:=]\s*[\"']?[\w+/-]*\d[\w+/-]{7,}|Bearer [\w.-]*\d[\w.-]{7,}",
    re.IGNORECASE,
)


@pytest.fixture(params=PLACES)
def place(request):
    return request.param


def inline(place):
    """The commands in a page's sentences."""
    return [code for code in pages.inline_code(place) if COMMAND.match(code)]


@functools.cache  # most tests here ask each page
def shown(place):
    """The commands that a page or the README shows, in blocks, in sentences and in the files that it includes."""
    included = re.findall(r"^(?:# +(?=docker )|ExecStart=)((?:.*\\\n)*.*)", pages.text(place), re.MULTILINE)
    lines = [line.replace("\\\n", " ") for line in inline(place) + included]
    return commands.shell(place) + [shlex.split(line, comments=True) for line in lines]


@pytest.fixture(params=[place for place in PLACES if shown(place)])
def showing(request):
    """A place that shows commands."""
    return request.param


def value(words, *names):
    """What a command gives to an option, as `--name value` or `--name=value`; None where it has none of `names`."""
    for word, following in itertools.pairwise([*words, ""]):
        name, equals, rest = word.partition("=")
        if name in names:
            return rest if equals else following
    return None


def parted(words):
    """A command that starts a container, as (its own words, the image, what the container is given); else no image."""
    if words[:2] not in (["docker", "run"], ["docker", "pull"]):
        return words, None, []
    rest = words[2:]
    while rest[0].startswith("-"):
        option = rest.pop(0)
        if "=" not in option and option not in WITHOUT_VALUE:
            rest.pop(0)
    return words[: len(words) - len(rest)], rest[0], rest[1:]


def assert_on_this_machine(words):
    """Fail where a command lets others than this machine in; a container may listen, its port is published here."""
    own, image, _ = parted(words)
    line = shlex.join(words)
    assert not any(address in word for word in own for address in ("0.0.0.0", "[::]")), line
    assert value(own, "--network", "--net") != "host", line
    for option, following in itertools.pairwise([*own, ""]):
        if image and option.partition("=")[0] in ("-p", "--publish"):
            assert (option.partition("=")[2] or following).startswith("127.0.0.1:"), line
        assert not (image and option in ("-P", "--publish-all")), line
    told = value(own, "--host", "--bind")
    program = " ".join([own[0].rpartition("/")[2], *own[1:]])
    if told is not None or (
        program.startswith(OPEN) and program not in OPEN and not any(w.startswith("--help") for w in own)
    ):
        assert told in LOOPBACK, line


def test_no_command_listens_on_every_interface(showing):
    for words in shown(showing):
        assert_on_this_machine(words)


@pytest.mark.parametrize("backend", backends.load().values(), ids=lambda backend: backend.name)
def test_no_server_is_started_on_every_interface(backend):
    assert_on_this_machine(backend.command)


@pytest.mark.parametrize("guide", guides.load().values(), ids=lambda guide: guide.name)
def test_no_cell_listens_on_every_interface(guide):
    for cell in notebooks.visible_cells(notebooks.read(guide.notebook)):
        for node in ast.walk(ast.parse(cell.source)):
            address = node.elts[0] if isinstance(node, ast.Tuple) and len(node.elts) == 2 else None  # (host, port)
            host = node.value if isinstance(node, ast.keyword) and node.arg == "host" else address
            assert not (isinstance(host, ast.Constant) and host.value in EVERYWHERE), f"{cell.id}: {ast.unparse(node)}"


def settings(part, *names):
    """The values of the settings called one of `names`, anywhere in what a YAML file holds."""
    if isinstance(part, dict):
        yield from (found for name, found in part.items() if name in names)
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from settings(inner, *names)


@pytest.mark.parametrize("place", [place for place in PLACES if pages.code_blocks(place, "yaml")])
def test_files_publish_ports_on_this_machine_only(place):
    for block in pages.code_blocks(place, "yaml"):
        for ports in settings(yaml.safe_load(block), "ports"):
            assert [port for port in ports if not str(port).startswith("127.0.0.1:")] == []


def test_images_are_those_of_compose(place):
    """With their tags, for the processor or GPU that the command is for."""
    for words in shown(place):
        own, image, _ = parted(words)
        if image:
            name = re.sub(r"-(x86_64|arm64)$", "", image.removeprefix("docker.io/"))
            assert name in SERVICE_OF, f"{image} is none of {sorted(SERVICE_OF)}"
            assert ("gpu" if "--gpus" in own else "cpu") in SERVICE_OF[name]["profiles"], shlex.join(own)
    for image in SERVICE_OF:
        name, _, tag = image.partition(":")
        assert set(re.findall(rf"\b{re.escape(name)}:([\w.-]*\w)", pages.text(place))) <= {tag, f"{tag}-x86_64"}


def test_what_is_started_with_compose_is_a_service_of_that_profile(showing):
    for words in shown(showing):
        if words[:2] == ["docker", "compose"]:
            for name in words[words.index("up") + 1 :] if "up" in words else []:
                assert name.startswith("-") or value(words, "--profile") in SERVICES.get(name, {}).get(
                    "profiles", []
                ), words


def test_no_key_is_shown(place):
    assert [found[0] for found in KEY.finditer(pages.text(place))] == []


def test_install_commands_are_of_one_kind(place):
    """They begin with `pip install`, name chatlas and openai as all do, pin servers, and quote what a shell reads.

    chatlas 0.21.2 and newer fail beside openai 2, and pip does not know
    (docs/errors/cannot-import-annotationurlcitation.qmd).
    """
    text = pages.text(place)
    assert re.findall(r"(?:pip3|-m pip|uv pip|uv|conda|pipx) (?:install|add)\b.*", text) == []
    servers = {b.package.replace("-cpu", ""): b.version for b in backends.load().values() if b.environment}
    for command in re.findall(r"\bpip install [^`\n]+", text):
        bare_words = re.sub(r'"[^"]*"', "", command)
        assert not re.search(r"[<>'\[\]]", bare_words), f"has to be in double quotes: {command}"
        named = {re.split(r"[\[<>=]", word)[0]: word for word in shlex.split(command)[2:]}
        if "chatlas" in named:
            bound = "chatlas" if "--upgrade" in named else f"chatlas>={variables.oldest_chatlas()}"
            assert (named["chatlas"], named.get("openai")) == (bound, "openai>=3"), command
        for name in servers.keys() & named.keys():
            assert named[name].endswith(f"=={servers[name]}"), command


def test_commands_of_the_doctor_are_those_that_it_takes(showing):
    for words in shown(showing):
        if words[0] == "python" and words[1].endswith("doctor.py"):
            try:
                cli.parser("doctor.py").parse_args(words[2:])
            except SystemExit:
                pytest.fail(f"the doctor does not take: {shlex.join(words)}")


SETTINGS = {
    "ON": ("embedded", "container", "gpu"),
    "TARGET": (*newest.TARGETS, *bare.TARGETS),
    "QUARTO": ("none", "required"),
    "BROWSER": ("none", "required"),
}


def test_settings_given_to_make_are_those_that_it_takes(showing):
    known = set(re.search(r"^export (.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()) | {"PYTHON"}
    for words in shown(showing):
        for name, given in (word.split("=", 1) for word in words[2:] if words[0] == "make" and "=" in word):
            assert name in known, words
            if given.upper() != given:  # else it stands for what the reader puts in
                assert given in SETTINGS.get(name, [given]), words
                if name == "ONLY":
                    assert_known(words[1], given)
                if name == "PROBES":
                    assert set(given.split(",")) <= set(catalog.load()), words


def assert_known(target, only):
    """Fail, with the program's own words, where ONLY= of a make target names something that there is not."""
    if re.search(r"\b[A-Z]{4}", only):
        return  # a part of it stands for what the reader puts in
    if target == "mutants":
        mutants.load(only)
    elif target in ("test-docs", "update-outputs", "newest"):
        guides.chosen(only)
    elif target == "upstream":
        assert only == "newest"
    else:
        assert [backends.get(name) for name in only.split(",")]


def test_commands_in_sentences_work_in_every_shell(showing):
    """Also in PowerShell, whose `curl` may be another program: it takes an address, and no option of curl's."""
    if showing in ("README.md", "CONTRIBUTING.md", "docs/contribute.qmd"):
        return  # for who works on Linux
    for command in inline(showing):
        assert not re.search(r"[|&;$~'\\<>]|^export |^[A-Z_]+=", re.sub(r'"[^"]*"', "", command)), command
        assert not command.startswith("curl ") or re.fullmatch(r"curl http://\S+", command), command
