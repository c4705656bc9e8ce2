"""Records the words that each pinned server knows: its flags, variables, routes, parsers and settings.

    make words                   of all servers that are pinned
    make words ONLY=litellm      of one

They go to tests/static/words/NAME.json, with which tests/static/test_words.py compares the pages. The other
files there are written by hand: each says from where its words are, and of which day.
"""

import datetime
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from scripts.common import progress
from scripts.common.json_text import json_text
from scripts.common.paths import BUILD, ROOT
from scripts.common.problem import Problem, run_main
from scripts.content import backends
from scripts.servers import environments, llama_server

FOLDER = ROOT / "tests/static/words"
FLAG = re.compile(r"(?<![\w-])--?[a-zA-Z][\w-]*")
ROUTE = re.compile(r'ctx_http\.(?:get|post|del) ?\("([^"]+)"')
FIELD = re.compile(r'"([a-z]+(?:_[a-z0-9]+)+)"')  # of requests and replies, and the names of metrics


def of_package(backend):
    """The words of a server that is a Python package: a program asks it in its own environment."""
    python, _ = environments.ensure(backend)
    program = Path(environments.__file__).with_name(f"words_of_{backend.name}.py")
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "words.json"
        progress.run(
            f"asking {backend.title} for its words",
            ["sh", "-c", 'exec "$0" -P "$1" > "$2"', python, program, printed],
            BUILD / "logs" / f"words-{backend.name}.log",
            timeout=300,
            advice=f"look at the last lines above; if the server moved what is asked for, mend {program.name}.",
            env={**os.environ, **backend.environ},
        )
        return json.loads(printed.read_text().splitlines()[-1])  # a server may greet first


def of_llama_server(backend):
    """The words of llama-server: those of its help, and the routes in the source that it was built from.

    Raises:
        Problem: the program on PATH is another version than the pinned one.
    """
    program, _ = llama_server.ensure(backend)
    told, helped = (
        subprocess.run([program, flag], capture_output=True, text=True, timeout=60, check=True)
        for flag in ("--version", "--help")
    )
    if backend.source_version not in told.stdout + told.stderr:
        raise Problem(
            "The words of llama-server were not recorded.",
            f"{program} is not of the pinned commit {backend.source_version}.",
            "take it off PATH: without it the pinned one is built.",
        )
    python, _ = llama_server.tools(backend)
    with tempfile.TemporaryDirectory() as folder:
        source, _ = llama_server.download(python, Path(folder))
        parts = [source / "vendor/llama.cpp" / part for part in ("tools/server", "common")]
        code = "\n".join(file.read_text() for part in parts for file in part.rglob("*.cpp"))
    return {
        "flags": sorted(set(FLAG.findall(helped.stdout))),
        "variables": sorted(set(re.findall(r"\bLLAMA_[A-Z0-9_]+", helped.stdout))),
        "routes": sorted(set(ROUTE.findall(code))),
        "fields": sorted(set(FIELD.findall(code))),
    }


ASK = {"vllm": of_package, "litellm": of_package, "llama-cpp": of_llama_server}


def main():
    only = os.environ.get("ONLY", "")
    for name in only.split(",") if only else ASK:
        backend = backends.get(name)
        if name not in ASK:
            raise Problem(f"The words of {name} are not asked for here.", "it has no pin.", "write them by hand.")
        head = {"version": backend.version, "recorded": f"by make words on {datetime.date.today()}"}
        (FOLDER / f"{name}.json").write_text(json_text(head | ASK[name](backend)))


if __name__ == "__main__":
    run_main(main)
