"""Finds a container engine here, with a compose command new enough: Docker, else Podman."""

import re
import shutil
import subprocess
from dataclasses import dataclass

LIMIT = 30  # seconds for a question to an engine
DOCKER_COMPOSE = (2, 20, 2)  # the first that knows `required: false` below depends_on (its release notes)
PODMAN_COMPOSE = (1, 6, 0)  # the one that this was written with


@dataclass(frozen=True)
class Missing:
    """Something that a container needs and this machine lacks: what, and how to get it, a line each."""

    what: str
    how: str


@dataclass(frozen=True)
class Engine:
    """A running engine: its program ("docker" or "podman") and its compose command, with their versions."""

    program: str
    version: str
    compose: tuple[str, ...]
    compose_version: str

    def __str__(self):
        return f"{self.program} {self.version} with {' '.join(self.compose)} {self.compose_version}"


def ask(*command):
    """Run a short command.

    Returns:
        Whether it succeeded, and its output, or the last line of what it complained about.
    """
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return False, f"no answer within {LIMIT} seconds"
    except OSError as error:
        return False, str(error)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        return False, lines[-1] if lines else f"exit status {done.returncode}"
    return True, done.stdout.strip()


def find():
    """The Engine to use, and what is missing for one: either the first is None, or the second is empty."""
    if not (shutil.which("docker") or shutil.which("podman")):
        how = "install Docker Engine with its compose plugin, or Podman and `pip install podman-compose`."
        return None, [Missing("there is no container engine: neither `docker` nor `podman` is on PATH.", how)]
    missing = []
    for look in (docker, podman):
        found = look()
        if isinstance(found, Engine):
            return found, []
        missing += [found] if found else []
    return None, missing


def docker():
    """Docker's Engine, what is Missing for it, or None where Docker is not installed."""
    if not shutil.which("docker"):
        return None
    running, version = ask("docker", "version", "--format", "{{.Server.Version}}")
    if not running:
        how = "start it (`sudo systemctl start docker`); for `permission denied`, join the group docker."
        return Missing(f"Docker is installed, and its engine does not answer: {version}", how)
    works, compose = ask("docker", "compose", "version", "--short")
    how = "install Docker's compose plugin (Debian and Ubuntu, from Docker's packages: docker-compose-plugin)."
    if not works:
        return Missing(f"`docker compose` does not work: {compose}", how)
    return too_old("docker compose", compose, DOCKER_COMPOSE, how) or Engine(
        "docker", version, ("docker", "compose"), compose
    )


def podman():
    """Podman's Engine, what is Missing for it, or None where Podman is not installed."""
    if not shutil.which("podman"):
        return None
    running, said = ask("podman", "info", "--format", "{{.Version.Version}}")
    if not running:
        return Missing(f"Podman is installed, and does not work: {said}", "mend what `podman info` complains about.")
    works, compose = ask("podman-compose", "version")
    how = "`pip install podman-compose`, into a virtual environment that is on PATH."
    if not works:
        return Missing(f"`podman-compose` does not work: {compose}", how)
    found = re.search(r"podman-compose version (\S+)", compose)
    compose = found[1] if found else compose
    return too_old("podman-compose", compose, PODMAN_COMPOSE, how) or Engine(
        "podman", said, ("podman-compose",), compose
    )


def too_old(name, version, oldest, how):
    """Missing, if `version` is older than the tuple `oldest` or is no version at all; else None."""
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    if len(numbers) == 3 and numbers >= oldest:
        return None
    return Missing(f"{name} says its version is {version!r}; {'.'.join(map(str, oldest))} or newer is needed.", how)
