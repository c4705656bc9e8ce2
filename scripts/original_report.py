"""Makes the call of the report that this project answers, against a vLLM that serves a relative path.

make original-report writes results/original-report.json. The report: chatlas 0.16.0, a model served
from ./model_repo/Qwen/Qwen3.6-27B, ChatOpenAI, and a 404 whose log names that path with a slash at
its end. The small model stands at that path here, and answers are capped at 20 tokens.
"""

import dataclasses
import datetime
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts import backends, environments, execute, serve
from scripts.cache import BUILD, ROOT
from scripts.platform_check import check_machine
from scripts.problem import run_main

FILE = ROOT / "results" / "original-report.json"
MODEL = "./model_repo/Qwen/Qwen3.6-27B"
CALL = """
import sys
from chatlas import ChatOpenAI
chat = ChatOpenAI(base_url=sys.argv[1], api_key="EMPTY", model=sys.argv[2])
chat.set_model_params(temperature=0, max_tokens=20)
print(chat.chat("What is the capital of France?", echo="none"))
"""


def call(python, base_url, model):
    """What the call prints, or the last line of its traceback, and which versions took part."""
    show = "import importlib.metadata as m; print(m.version('chatlas'), m.version('openai'))"
    chatlas, openai = subprocess.run(
        [python, "-c", show], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    done = subprocess.run(
        [python, "-W", "ignore", "-c", CALL, base_url, model],
        env=execute.clean_environment(),
        capture_output=True,
        text=True,
        timeout=execute.CELL_LIMIT,
    )
    said = done.stderr.strip().splitlines()[-1] if done.returncode else done.stdout.strip()
    return {"chatlas": chatlas, "openai": openai, "model": model, "worked": not done.returncode, "said": said}


def main():
    check_machine()
    vllm = backends.get("vllm")
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
        old = environments.client(folder / "old", "chatlas==0.16.0", "openai<3")
        backend = dataclasses.replace(vllm, name="vllm-relative", command=command, folder=str(folder))
        with serve.serving(backend, prepared) as server:
            calls = [
                call(python, server.base_url, model)
                for python in (old, Path(sys.executable))
                for model in (MODEL, MODEL + "/")
            ]
        log = (BUILD / "logs" / "server-vllm-relative.log").read_text().splitlines()
    result = {
        "made_by": "make original-report",
        "date": datetime.date.today().isoformat(),
        "server": f"{vllm.package} {vllm.version}",
        "calls": calls,
        "log": sorted({line.partition("] ")[2] or line for line in log if "does not exist" in line}),
    }
    FILE.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    run_main(main)
