"""Imitates container engines and NVIDIA's tools that are broken, old, absent or slow: a fake program each."""

import os
import shlex

# For each fake: the words its arguments have to start with, and the shell commands it runs then.
FAKES = {
    "docker_without_daemon": {"version": "echo 'Cannot connect to the Docker daemon at unix:///x.sock' >&2; exit 1"},
    "docker_not_permitted": {"version": "echo 'permission denied while trying to connect' >&2; exit 1"},
    "docker_without_compose": {
        "version": "echo 28.2.2",
        "compose": 'echo "docker: unknown command: docker compose" >&2; exit 1',
    },
    "docker_with_old_compose": {"version": "echo 20.10.5", "compose version": "echo v2.5.0"},
    "docker_with_silent_compose": {"version": "echo 28.2.2", "compose version": "true"},
    "docker_without_nvidia": {
        "version": "echo 28.2.2",
        "compose version": "echo 2.40.1",
        "info --format {{json .Runtimes}}": "echo '{\"runc\": {}}'",
        "info --format {{.DockerRootDir}}": "echo /",
        "image inspect": "exit 1",
    },
    "docker_that_cannot_pull": {
        "version": "echo 28.2.2",
        "compose version": "echo 2.40.1",
        "compose": "echo 'Error: no route to the registry' >&2; exit 1",
        "ps": "true",
    },
    "docker_with_nvidia_that_cannot_pull": {
        "version": "echo 28.2.2",
        "compose version": "echo 2.40.1",
        "compose": "echo 'Error: no route to the registry' >&2; exit 1",
        "info --format {{json .Runtimes}}": 'echo \'{"nvidia": {}, "runc": {}}\'',
        "info --format {{.DockerRootDir}}": "echo /nonexistent",
        "image inspect": "exit 1",
        "ps": "true",
    },
    "docker_whose_container_stops": {
        "version": "echo 28.2.2",
        "compose version": "echo 2.40.1",
        "compose": "true",
        "ps": "test -e $GONE || echo c0ffee",
        "logs": "echo 'ValueError: no such model'",
        "rm": "touch $GONE",
    },
    "docker_that_cannot_remove": {
        "version": "echo 28.2.2",
        "compose version": "echo 2.40.1",
        "compose": "exit 1",
        "ps": "echo c0ffee",
        "rm": "exit 1",
    },
    "docker_that_hangs": {"version": "sleep 600"},
    "podman_that_is_broken": {"info": "echo 'cannot clone: Operation not permitted' >&2; exit 125"},
    "podman": {"info": "echo 4.3.1"},
    "podman-compose_too_old": {"version": "echo 'podman-compose version 1.0.3'"},
    "nvidia-smi_without_driver": {"": 'echo "couldn\'t communicate with the NVIDIA driver"; exit 9'},
    "nvidia-smi_without_gpu": {"": "true"},
    "nvidia-smi_with_words": {"": "echo 'Tesla, [N/A], [N/A]'"},
    "nvidia-smi_busy": {"": "echo 'NVIDIA L4, 23034, 1500'"},
    "nvidia-smi_first_busy": {"": "echo 'NVIDIA L4, 23034, 1500'; echo 'NVIDIA L40, 46068, 46000'"},
    "nvidia-smi_small": {"": "echo 'NVIDIA T400, 4096, 4000'"},
    "nvidia-smi_free": {"": "echo 'NVIDIA L4, 23034, 22500'"},
}


def make(folder, fake):
    """Write the fake program into `folder`; its name is the part of `fake` before the first underscore."""
    cases = [
        f"{shlex.quote(words)}*) {commands} ;;"
        for words, commands in sorted(FAKES[fake].items(), key=lambda c: -len(c[0]))
    ]
    path = folder / fake.partition("_")[0]
    path.write_text(
        '#!/bin/sh\ncase "$*" in\n' + "\n".join(cases) + '\n*) echo "unexpected: $*" >&2; exit 64 ;;\nesac\n'
    )
    path.chmod(0o755)
    for program in ("sh", "sleep", "touch", "true", "lscpu"):
        if not (folder / program).exists():
            os.symlink(
                f"/bin/{program}" if os.path.exists(f"/bin/{program}") else f"/usr/bin/{program}", folder / program
            )
