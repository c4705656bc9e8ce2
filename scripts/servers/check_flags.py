"""Compares the `vllm serve` commands on the pages, in compose.yaml and in the unit with the installed vLLM's parser."""

import json
import os
import re
import shlex
from pathlib import Path

import yaml

from scripts.common import progress
from scripts.common.paths import BUILD, ROOT
from scripts.common.problem import Problem
from scripts.content import pages
from scripts.servers import environments

COMPOSE = ("compose.yaml", "containers/vllm-cpu/compose.yaml")
UNIT = "servers/vllm.service"


def commands(page):
    """The `vllm serve` and vLLM container commands in a page's shell blocks, as argument lists.

    Args:
        page: path of the page, relative to the repository.

    Returns:
        For each command its arguments after `serve` or after the image; the model may come first.
    """
    found = []
    for block in pages.code_blocks(page, "bash"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            for index, word in enumerate(words):
                is_serve = word == "serve" and words[index - 1] == "vllm"
                if is_serve or word.startswith(("vllm/vllm-openai:", "vllm/vllm-openai-cpu:")):
                    found.append(words[index + 1 :])
    return found


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


def installed_flags(backend):
    """The flags of the installed vLLM, read from its parser once and kept beside it."""
    kept = environments.location(backend) / "flags.json"
    if not kept.exists():
        log = BUILD / "logs" / "flags.log"
        python = environments.location(backend) / "bin" / "python"
        script = '"$0" -P "$1" > "$2.part" && mv "$2.part" "$2"'
        progress.run(
            "reading the flags of the installed vLLM (once)",
            ["sh", "-c", script, python, Path(__file__).with_name("dump_flags.py"), kept],
            log,
            timeout=180,
            advice="look at the last lines above; if vLLM moved its parser, mend scripts/servers/dump_flags.py.",
            env={**os.environ, **backend.environ},
        )
    return json.loads(kept.read_text())


def errors(arguments, flags):
    """What the parser of the installed vLLM would refuse in `arguments`; an empty list if nothing."""
    found = []
    rest = list(arguments)
    if rest and not rest[0].startswith("-"):
        rest.pop(0)  # the model
    while rest:
        flag = rest.pop(0)
        known = flags.get(flag)
        if known is None:
            found.append(f"there is no flag {flag}")
            continue
        if not known["takes_value"]:
            continue
        value = rest.pop(0) if rest and not rest[0].startswith("--") else None
        if value is None:
            found.append(f"{flag} needs a value")
        elif known["choices"] and value not in known["choices"]:
            found.append(f"{flag} does not take {value!r}")
    return found


def check(backend):
    """Check every command on the backend's page, and those of deployed().

    Returns:
        How many commands were checked.

    Raises:
        Problem: the installed vLLM would refuse one.
    """
    flags = installed_flags(backend)
    shown = [(backend.page, arguments) for arguments in [*commands(backend.page), backend.command[3:]]] + deployed()
    for file, arguments in shown:
        wrong = errors(arguments, flags)
        if wrong:
            raise Problem(
                f"A command in {file} would be refused by {backend.package} {backend.version}.",
                f"{'; '.join(wrong)} in: {shlex.join(arguments)}",
                "correct the file (and backends.toml, if the flag is there).",
            )
    return len(shown)
