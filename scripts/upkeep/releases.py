"""Asks each release of chatlas from FIRST on what pages say of releases: "since 0.18", "0.21.0 and older".

Each gets a fresh environment beside openai 2 and openai 3, and llama.cpp's server, the one that starts
fastest; each minor release is asked the questions of notebooks/parity.ipynb, too. Writes results/releases.json,
with which tests/static/test_since.py compares the pages.
"""

import datetime
import json
import subprocess
import tempfile
from pathlib import Path

from scripts.common.json_text import json_text
from scripts.common.paths import ROOT
from scripts.common.problem import Problem, run_main
from scripts.content import backends, notebooks
from scripts.run import execute
from scripts.servers import environments, serve
from scripts.servers.platform_check import check_machine
from scripts.upkeep.oldest_chatlas import releases

FILE = ROOT / "results" / "releases.json"
FIRST = "0.16.0"
LIMIT = 300  # seconds for one program
BESIDE = ("openai<3", "openai>=3")

# Prints what a client does as JSON. The field `reasoning` comes from a server of its own, since the small model does
# not reason; the pieces "1", "1", "1", "1" come from the real one.
CLAIMS = """
import json, sys, threading, warnings
from http.server import BaseHTTPRequestHandler, HTTPServer
from chatlas import ChatOllama, ChatOpenAI, ChatOpenAICompletions

class Reasons(BaseHTTPRequestHandler):
    def do_POST(self):
        sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for delta in ({"role": "assistant", "reasoning": "Hm."}, {"content": "Paris."}):
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m",
                     "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
            self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\\n\\n")
        self.wfile.write(b"data: [DONE]\\n\\n")
    def log_message(self, *args):
        pass

sent = []
server = HTTPServer(("127.0.0.1", 0), Reasons)
threading.Thread(target=server.serve_forever, daemon=True).start()
own, real = f"http://127.0.0.1:{server.server_port}/v1", sys.argv[1]

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    ChatOpenAI(base_url=real, api_key="EMPTY", model="smollm2")
chat = ChatOpenAICompletions(base_url=own, api_key="EMPTY", model="m")
chat.chat("Hello", echo="none")
thought = [part for part in chat.get_last_turn().contents if "Thinking" in type(part).__name__]
repeats = ChatOpenAICompletions(base_url=real, api_key="EMPTY", model="smollm2")
repeats.chat("Say 1111.", echo="none", kwargs={"extra_body": {"grammar": 'root ::= "1111"'}})
first = ChatOpenAI(base_url=real, api_key="EMPTY", model="smollm2")
first.chat("Hello", echo="none", kwargs={"max_output_tokens": 16})
second = ChatOpenAI(base_url=own, api_key="EMPTY", model="m")
second.set_turns(first.get_turns())
try:
    second.chat("Hello", echo="none")
except Exception:  # what comes back is no answer to this; what went out counts
    pass
try:
    ollama = ChatOllama(base_url="http://127.0.0.2:9", model="m")
except RuntimeError as error:
    ollama = str(error)
print(json.dumps({
    "warns": any("ChatOpenAI() uses" in str(warning.message) for warning in caught),
    "reads_reasoning": bool(thought),
    "says_where_ollama_is": "127.0.0.2" in str(ollama),
    "sends_ids": "id" in next(item for item in sent[-1]["input"] if item["role"] == "assistant"),
    "keeps_repeats": repeats.get_last_turn().text == "1111",
}))
"""


def printed(python, program, *arguments):
    """What a program prints last, and the last line of its error; one of them is empty."""
    done = subprocess.run(
        [python, "-P", "-W", "ignore", "-c", program, *arguments],
        cwd=tempfile.gettempdir(),
        env=execute.clean_environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines() or [""]
    return (lines[-1], "") if done.returncode == 0 else ("", lines[-1])


def ask(release, server, folder):
    """What one release does: one entry of the result."""
    found = {"chatlas": release}
    pythons = [environments.client(folder / openai, f"chatlas=={release}", openai) for openai in BESIDE]
    found |= {openai: printed(python, "import chatlas")[1] for openai, python in zip(BESIDE, pythons, strict=True)}
    python = pythons[0] if found[BESIDE[1]] else pythons[1]  # with the newer openai, if that imports
    version = printed(python, "import importlib.metadata as m; print(m.version('openai'))")[0]
    said, error = printed(python, CLAIMS, server.base_url)
    if error:
        raise Problem(f"chatlas {release} cannot be asked.", error, "see CLAIMS in scripts/upkeep/releases.py.")
    found |= {"openai": version, **json.loads(said)}
    return found | (parity(python, server) if release.endswith(".0") else {})


def parity(python, server):
    """What the cell that asks both classes the same questions does not say "yes" to with this Python."""
    notebook = notebooks.with_parameters(notebooks.read("notebooks/parity.ipynb"), {"base_url": server.base_url})
    said, error = printed(python, notebooks.snippet(notebook) + "\nimport json\nprint(json.dumps(results))")
    if error:
        return {"not_yes": {"all": [error]}}
    return {"not_yes": {name: gave for name, gave in json.loads(said).items() if gave != ["yes", "yes"]}}


def main():
    check_machine()
    backend = backends.get("llama-cpp")
    asked = releases(backends.pinned("chatlas", "client"))
    found = []
    with serve.serving(backend, serve.prepare(backend)) as server:
        for release in asked[: asked.index(FIRST) + 1]:
            with tempfile.TemporaryDirectory(prefix="chatlas-release-") as folder:
                found.append(ask(release, server, Path(folder)))
            print(json.dumps(found[-1]), flush=True)
        version = server.version
    result = {
        "made_by": "make releases",
        "date": datetime.date.today().isoformat(),
        "server": f"{backend.package} {version}",
        "releases": found,
    }
    FILE.write_text(json_text(result) + "\n")
    print(f"Written to {FILE.relative_to(ROOT)}. `make check` compares the pages with it.")


if __name__ == "__main__":
    run_main(main)
