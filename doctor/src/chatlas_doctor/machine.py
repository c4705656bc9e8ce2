"""This machine: its usual ports, and the programs that were started and do not listen yet."""

import contextlib
import dataclasses
import re
from pathlib import Path

from chatlas_doctor.ask import ask_all
from chatlas_doctor.models import listed
from chatlas_doctor.servers import model_entries

PORTS = {  # which server listens there unless told otherwise
    8000: "vLLM",
    8080: "llama.cpp",
    11434: "Ollama",
    1234: "LM Studio",
    4000: "LiteLLM",
    30000: "SGLang",
    12434: "Docker Model Runner",
    5001: "KoboldCpp",
    3000: "Open WebUI",
}


def neighbours(address, seconds):
    """Sentences about model servers on other usual ports of this machine. They are sent no key."""
    others = [dataclasses.replace(address, scheme="http", port=port) for port in PORTS if port != address.port]
    replies = ask_all([(other, "/v1/models", {}) for other in others], seconds)
    found = []
    for other, reply in zip(others, replies, strict=True):
        entries = model_entries(reply)
        if entries:
            found.append(f"A model server answers at {other.origin}/v1 ({listed([e['id'] for e in entries], 3)}).")
        elif reply.failure == "slow" or (reply.failure == "connect_timeout" and reply.status is None):
            # loopback refuses at once where nothing listens: this one is busy
            found.append(f"Something listens on port {other.port} ({PORTS[other.port]}'s) and has not answered yet.")
        elif reply.status == 401:
            found.append(f"A server that asks for a key answers at {other.origin}.")
    return found


PROCESSES = (  # name, what its command line looks like, its default port
    ("vLLM", r"\bvllm serve |\bvllm[./]entrypoints[./]", 8000),
    ("SGLang", r"\bsglang[. ](launch_server|serve)\b", 30000),
    ("llama.cpp", r"(^|/)llama-server ", 8080),
    ("llama-cpp-python", r"\bllama_cpp\.server ", 8000),
    ("LiteLLM", r"\blitellm .*--(config|model)\b", 4000),
)


def loading_server(port):
    """The name of a model server on this machine that was started for `port`, or "".

    Linux only. A server like vLLM opens its port after it has loaded its model, so that its process
    is the only sign of it. Command lines are read and never shown: they may hold keys.
    """
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = file.read_bytes().decode("utf-8", "replace").replace("\0", " ")
            ports = re.findall(r"--port[= ](\d+)", command)
            for name, sign, usual in PROCESSES:
                if re.search(sign, command) and int(ports[-1] if ports else usual) == port:
                    return name
    return ""
