"""The report as JSON: outcomes, versions and reasons from fixed lists. Nothing that came over the wire stands in it but
a model's name and a version, and these only in a harmless form. docs/probe-report.schema.json is its schema."""

import datetime
import re

from chatlas_doctor import __version__

KIND = "chatlas-doctor probe 1"
ANOTHER = "an OpenAI-compatible server"
SERVERS = (
    "vLLM", "Ollama", "LiteLLM", "llama.cpp", "llama-cpp-python", "LM Studio", "SGLang", "MLX", "OpenAI", "KoboldCpp",
    "TGI (Text Generation Inference)", "Open WebUI", "Docker Model Runner", ANOTHER,
)  # fmt: skip
MODEL_NAME = r"[A-Za-z0-9][A-Za-z0-9._:/+@-]{0,99}"
VERSION = r"[A-Za-z0-9.+_-]{0,40}"
UNNAMED = "unnamed"


def model_name(name, key=""):
    """A model's name for a report: without the folders of a path, and UNNAMED where it has other signs than names."""
    if re.match(r"[/~.\\]|[A-Za-z]:[\\/]", name):
        name = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    return name if re.fullmatch(MODEL_NAME, name) and not (key and key in name) else UNNAMED


def as_json(server, version, model, python, columns, seconds, key=""):
    """The report as a dict.

    Args:
        server: the name that the look found, "" for one that it does not know.
        python: the reader's Python (reader.Python).
        columns: asking.Column objects.
        key: the server's key, which must not stand in a name.
    """
    safe = re.fullmatch(VERSION, version) and not (key and key in version)
    found = [finding for column in columns for finding in column.findings.values()]
    return {
        "kind": KIND,
        "date": datetime.date.today().isoformat(),
        "server": {"name": server if server in SERVERS else ANOTHER, "version": version if safe else ""},
        "model": model_name(model, key),
        "versions": {
            "chatlas-doctor": __version__,
            "chatlas": python.chatlas,
            "openai": python.openai,
            "python": python.version,
        },
        "requests": sum(finding["requests"] for finding in found),
        "seconds": round(seconds, 1),
        "columns": [
            {
                "class": column.class_name,
                "findings": [
                    {name: column.findings[probe][name] for name in ("probe", "outcome", "reason", "seconds")}
                    for probe, _, _ in column.catalog
                ],
            }
            for column in columns
        ],
    }
