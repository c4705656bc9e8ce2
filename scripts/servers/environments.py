"""Makes the servers' virtual environments, one each, in the user's cache folder."""

import shutil
import subprocess
import sys

from scripts.common import progress
from scripts.common.cache import key, lock
from scripts.common.paths import BUILD, CACHE, ROOT
from scripts.common.problem import Problem
from scripts.content.backends import pinned

REQUIREMENTS = ROOT / "requirements"
UV = [sys.executable, "-m", "uv", "pip", "install"]
LOCKED = ["--no-deps", "--require-hashes", "--compile-bytecode"]
# A source distribution, without building anything.
SOURCE = ("-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation", "--no-binary", ":all:")
ADVICE = "look at the last lines above; if it was the network, run the same command again: what arrived is kept."


def location(backend):
    """Where the environment of `backend` is, or will be."""
    files = [REQUIREMENTS / f"{backend.environment}.txt"]
    if backend.torch:
        files.append(REQUIREMENTS / f"{backend.torch}.txt")
    return CACHE / "environments" / f"{backend.environment}-{key(*files)}"


def is_ready(backend):
    """Whether the environment of `backend` is completely installed."""
    return (location(backend) / ".complete").exists()


def ensure(backend):
    """Install the environment of `backend` unless it is there.

    Returns:
        The path of its Python, and the seconds spent installing (0.0 if it was there).

    Raises:
        progress.Problem: a step failed or took too long.
    """
    folder = location(backend)
    python = folder / "bin" / "python"
    with lock(backend.environment):
        if is_ready(backend):
            return python, 0.0
        if folder.exists():
            print(f"- removing an unfinished environment of an interrupted run: {folder}", flush=True)
            shutil.rmtree(folder)
        name = backend.environment
        seconds = progress.run(
            f"creating the {name} environment",
            [sys.executable, "-m", "venv", folder],
            BUILD / "logs" / f"venv-{name}.log",
            timeout=120,
            advice="install Python's venv module (Debian and Ubuntu: apt install python3-venv).",
        )
        if backend.torch:
            seconds += install_torch(python, backend)
        seconds += progress.run(
            f"installing the {name} environment ({backend.package} {backend.version} and what it needs)",
            [*UV, "--python", python, *LOCKED, "-r", REQUIREMENTS / f"{name}.txt"],
            BUILD / "logs" / f"install-{name}.log",
            timeout=1800,
            advice=ADVICE,
        )
        (folder / ".complete").touch()
        return python, seconds


def client(folder, *packages):
    """A new virtual environment in `folder` with `packages` as pip would choose them; returns its Python."""
    python = folder / "bin" / "python"
    for command in (
        [sys.executable, "-m", "uv", "venv", "--quiet", "--allow-existing", folder, "--python", sys.executable],
        [*UV, "--quiet", "--python", python, *packages],
    ):
        subprocess.run(command, check=True, timeout=300)
    return python


def cpu_build(python, version):
    """The command that installs torch's CPU build (~0.2 GB) for `python`, None where that build cannot be had.

    First from wherever pip is set up to look, since a machine without access to PyTorch's own
    index may have the wheel at hand; then from that index, which uv knows by name.
    """
    known_to_pip = [python, "-m", "pip", "install", "--no-deps", "--quiet", "--retries", "1", f"torch=={version}+cpu"]
    from_pytorch = [*UV, "--python", python, "--no-deps", "--torch-backend", "cpu", f"torch=={version}"]
    for command in (known_to_pip, from_pytorch):
        if subprocess.run([*command, "--dry-run"], capture_output=True, timeout=300).returncode == 0:
            return command
    return None


def install_torch(python, backend):
    """Install the torch that `backend` is pinned to.

    Raises:
        Problem: its CPU build cannot be had, and its build for GPUs, twenty times as large, will not do.
    """
    version = pinned("torch", backend.torch)
    command = cpu_build(python, version)
    if not command and not backend.any_torch:
        raise Problem(
            f"torch {version} for CPU cannot be had here.",
            "neither the package index that pip uses nor PyTorch's own index of CPU builds has it.",
            ADVICE,
        )
    return progress.run(
        f"installing torch {version}{' for CPU' if command else ', the build for GPUs'}",
        command or [*UV, "--python", python, f"torch=={version}"],
        BUILD / "logs" / "install-torch.log",
        timeout=1800,
        advice=ADVICE,
    )
