"""The commands that the pages show, and those of the files that start vLLM in a container or as a service."""

import re
import shlex

import yaml

from scripts.common.paths import ROOT
from scripts.content import pages

COMPOSE = ("compose.yaml", "containers/vllm-cpu/compose.yaml")
UNIT = "servers/vllm.service"
IMAGES = ("vllm/vllm-openai:", "vllm/vllm-openai-cpu:")


def shell(page):
    """The commands in a page's shell blocks, each as a list of words; continued lines joined."""
    lines = "\n".join(pages.code_blocks(page, "bash")).replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def for_vllm(words):
    """What `words`, a command, give to vLLM: the arguments after `vllm serve` or after the image; None if nothing."""
    for index, word in enumerate(words):
        if (word == "serve" and words[index - 1] == "vllm") or word.startswith(IMAGES):
            return words[index + 1 :]
    return None


def of_vllm(page):
    """The commands in a page's shell blocks that start vLLM, as for_vllm() returns them; the model may come first."""
    return [arguments for words in shell(page) if (arguments := for_vllm(words)) is not None]


def deployed():
    """The commands of compose.yaml, of our own image and of the systemd unit, with their settings' defaults.

    Returns:
        A list of (file relative to the repository, arguments after `serve`).
    """
    found = []
    for file in COMPOSE:
        services = yaml.safe_load((ROOT / file).read_text())["services"]
        of_vllm = [service["command"] for name, service in services.items() if name.startswith("vllm")]
        found += [(file, [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", word) for word in command]) for command in of_vllm]
    unit = (ROOT / UNIT).read_text().replace("\\\n", " ")
    command = re.search(r"^ExecStart=\S+ serve (.*)$", unit, re.MULTILINE)[1]
    return [*found, (UNIT, shlex.split(command))]


def errors(arguments, words):
    """What vLLM would refuse in `arguments`; an empty list if nothing.

    Args:
        arguments: as of_vllm() and deployed() return them.
        words: what vLLM knows, as scripts/upkeep/words.py records it.
    """
    choices = words["choices"] | {
        "--tool-call-parser": words["tool_parsers"],
        "--reasoning-parser": words["reasoning_parsers"],
    }
    found = []
    rest = list(arguments)
    if rest and not rest[0].startswith("-"):
        rest.pop(0)  # the model
    while rest:
        flag, equals, value = rest.pop(0).partition("=")
        if flag not in words["flags"]:
            found.append(f"there is no flag {flag}")
            continue
        if flag in words["switches"]:
            continue
        if not equals:
            value = rest.pop(0) if rest and not rest[0].startswith("--") else ""
        if not value:
            found.append(f"{flag} needs a value")
        elif value not in choices.get(flag, [value]):
            found.append(f"{flag} does not take {value!r}")
    return found
