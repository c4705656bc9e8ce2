"""Makes the call of the report that this project answers, against vLLM as the report ran it and as it is pinned.

make original-report writes results/original-report.json. The report: chatlas 0.16.0, vLLM 0.19.1 (by
the line numbers in its log), a model served from ./model_repo/Qwen/Qwen3.6-27B, ChatOpenAI, and a 404
whose log names that path with a slash at its end. The small model stands at that path here, and
answers are capped at 20 tokens. With the right id a second question is asked, too.

That vLLM gets an environment of its own, from requirements/vllm-report.txt: the first run says what it
costs before anything is installed.
"""

import dataclasses
import datetime
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.common.json_text import json_text
from scripts.common.paths import BUILD, ROOT
from scripts.common.problem import run_main
from scripts.content import backends
from scripts.run import execute
from scripts.servers import environments, preflight, serve
from scripts.servers.platform_check import check_machine

FILE = ROOT / "results" / "original-report.json"
MODEL = "./model_repo/Qwen/Qwen3.6-27B"
CLIENT = ("chatlas==0.16.0", "openai<3")  # of the report; its openai is not known, and 0.16.0 needs one below 3
# GiB to download and GiB of disk, measured, with torch's CPU build and with its build for GPUs
SMALL, LARGE = (0.4, 2.5), (4.1, 9.0)
CALL = """
import sys
import chatlas
kind = getattr(chatlas, sys.argv[1])
chat = kind(base_url=sys.argv[2], api_key="EMPTY", model=sys.argv[3])
chat.set_model_params(temperature=0, max_tokens=20)
for question in ["What is the capital of France?", "And of Italy?"][: int(sys.argv[4])]:
    print(chat.chat(question, echo="none"))
"""
CLASSES = ("ChatOpenAI", "ChatOpenAICompletions")
ASKED = ((MODEL, 1), (MODEL + "/", 1), (MODEL, 2))  # the id, and how many questions
ERROR = re.compile(r"[\w.]+Error: ")  # the message of a refusal may go on for many lines
LOG_LINE = re.compile(r"\[\w+\.py:\d+\] .*does not exist.*|\"POST /v1/\S+ HTTP/1\.1\" 404 Not Found")


def server_of_the_report(vllm):
    """The backend `vllm` with the report's version, after saying what its environment costs.

    Raises:
        Problem: the machine has too little memory or disk for it.
    """
    report = dataclasses.replace(vllm, environment="vllm-report", torch="vllm-report-torch", any_torch=True)
    if not environments.is_ready(report):
        small = environments.cpu_build(sys.executable, backends.pinned("torch", report.torch))
        download, disk = SMALL if small else LARGE
        report = dataclasses.replace(report, disk=disk)
        why = "" if small else " (torch's CPU build cannot be had here, so its build for GPUs is taken)"
        print(
            f"vLLM {report.version}, the report's, gets an environment of its own, once: {download} GiB to download, "
            f"{disk} GiB of disk{why}. `make clean` removes it.",
            flush=True,
        )
    preflight.check(report)
    return report


def call(python, kind, base_url, model, questions):
    """What the call prints last, or the last line of its traceback, and which versions took part."""
    show = "import importlib.metadata as m; print(m.version('chatlas'), m.version('openai'))"
    chatlas, openai = subprocess.run(
        [python, "-c", show], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    done = subprocess.run(
        [python, "-W", "ignore", "-c", CALL, kind, base_url, model, str(questions)],
        env=execute.clean_environment(),
        capture_output=True,
        text=True,
        timeout=execute.CELL_LIMIT,
    )
    lines = (done.stderr if done.returncode else done.stdout).strip().splitlines()
    said = [line for line in lines if ERROR.match(line) or not done.returncode][-1]
    versions = {"chatlas": chatlas, "openai": openai, "class": kind}
    return {**versions, "model": model, "questions": questions, "worked": not done.returncode, "said": said}


def asked(vllm, pythons):
    """Serve the model from the report's relative path with `vllm`, and make the calls.

    Returns:
        A dict: server, calls, and what the server's log says of the calls that failed.
    """
    command = list(vllm.command)
    command[command.index("{model}")] = MODEL
    at = command.index("--served-model-name")
    del command[at : at + 2]
    command[command.index("servers/smollm2-tools.jinja")] = str(ROOT / "servers/smollm2-tools.jinja")
    prepared = serve.prepare(vllm)
    with tempfile.TemporaryDirectory(prefix="chatlas-report-") as name:
        folder = Path(name)
        (folder / MODEL).parent.mkdir(parents=True)
        (folder / MODEL).symlink_to(prepared[1])
        backend = dataclasses.replace(vllm, name=f"vllm-{vllm.version}", command=command, folder=str(folder))
        with serve.serving(backend, prepared) as server:
            calls = [
                call(python, kind, server.base_url, model, questions)
                for python in pythons
                for kind in CLASSES
                for model, questions in ASKED
            ]
        log = (BUILD / "logs" / f"server-{backend.name}.log").read_text()
    return {
        "server": f"{vllm.package} {vllm.version}",
        "calls": calls,
        "log": list(dict.fromkeys(LOG_LINE.findall(log))),
    }


def main():
    check_machine()
    pinned = backends.get("vllm")
    report = server_of_the_report(pinned)
    with tempfile.TemporaryDirectory(prefix="chatlas-report-") as folder:
        pythons = (environments.client(Path(folder), *CLIENT), Path(sys.executable))
        # the pinned one first: its environment is the one that converts the model
        of_pinned, of_report = [asked(vllm, pythons) for vllm in (pinned, report)]
    result = {
        "made_by": "make original-report",
        "date": datetime.date.today().isoformat(),
        "servers": [of_report, of_pinned],
    }
    FILE.write_text(json_text(result, 4) + "\n")
    print(FILE.read_text(), end="")


if __name__ == "__main__":
    run_main(main)
