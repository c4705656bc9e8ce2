"""Finds the oldest chatlas on which the vLLM notebook passes: the minimum that the pages name.

Goes back release by release, each in a fresh environment with what pip would choose beside it,
until the notebook fails; writes results/oldest-chatlas.json.
"""

import datetime
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.common.json_text import json_text
from scripts.common.paths import ROOT
from scripts.common.problem import Problem, run_main
from scripts.content import backends
from scripts.run import execute
from scripts.servers import environments, serve
from scripts.servers.platform_check import check_machine

FILE = ROOT / "results" / "oldest-chatlas.json"


def releases(newest):
    """chatlas' releases on PyPI up to `newest`, newest first."""
    command = [sys.executable, "-m", "pip", "index", "versions", "chatlas"]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    listed = next(line for line in text.splitlines() if line.startswith("Available versions:"))
    names = listed.partition(":")[2].replace(" ", "").split(",")
    return names[names.index(newest) :]


def passes(release, backend, server):
    """Whether the notebook passes with that release of chatlas.

    Returns:
        A dict: chatlas, openai (the version that came with it), and failed, the first failing cell or None.
    """
    with tempfile.TemporaryDirectory(prefix="chatlas-oldest-") as folder:
        python = environments.client(Path(folder), f"chatlas=={release}", "openai", "ipykernel")
        show = [python, "-c", "import importlib.metadata as m; print(m.version('openai'))"]
        openai = subprocess.run(show, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
        parameters = {"base_url": server.base_url, "api_key": "EMPTY"}
        cells, _ = execute.run_notebook(backend.notebook, parameters, [server], python)
    failed = next((cell["id"] for cell in cells if cell["outcome"] != "passed"), None)
    return {"chatlas": release, "openai": openai, "failed": failed}


def main():
    check_machine()
    backend = backends.get("vllm")
    tried = []
    with serve.serving(backend, serve.prepare(backend)) as server:
        for release in releases(backends.pinned("chatlas", "client")):
            print(f"\n- chatlas {release}", flush=True)
            tried.append(passes(release, backend, server))
            if tried[-1]["failed"]:
                break
    good = [entry["chatlas"] for entry in tried if not entry["failed"]]
    if not good:
        raise Problem(
            "Not even the pinned chatlas passes.",
            f"the cell {tried[0]['failed']} fails.",
            "run `make test-docs` first.",
        )
    result = {
        "made_by": "make oldest-chatlas",
        "date": datetime.date.today().isoformat(),
        "server": f"{backend.package} {backend.version}",
        "oldest": good[-1],
        "tried": tried,
    }
    FILE.write_text(json_text(result) + "\n")
    print(FILE.read_text(), end="")
    return 0


if __name__ == "__main__":
    run_main(main)
