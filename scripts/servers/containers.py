"""Runs the services of compose.yaml: a project is a context, and after it no container is left.

The kind of a project is what ON= names: "container" is the cpu profile with our own image in the
place of the official one, "gpu" the gpu profile. .env.example lists its settings, and takes the
place of the .env that somebody may have; the environment goes before it.
"""

import contextlib
import os
import re
import secrets
import signal
import subprocess
import time
from dataclasses import dataclass, field

import yaml

from scripts.common import cache, causes, progress
from scripts.common.paths import BUILD, ROOT
from scripts.common.problem import Problem
from scripts.content import backends
from scripts.servers import container_checks, fetch_model, ollama_models, preflight, serve
from scripts.servers.engines import Engine, ask

KINDS = {  # the profile, and the files that compose is given
    "container": ("cpu", ("compose.yaml", "containers/vllm-cpu/compose.yaml")),
    "gpu": ("gpu", ("compose.yaml",)),
}
SETTINGS = ".env.example"
READY_WITHIN = 2400  # seconds for a GPU's server, which may have to download its weights first
# A key or a setting that the person has for other purposes must not reach the servers.
HIDDEN = (
    "ONLY",
    "URL",
    "API_KEY",
    "VLLM_API_KEY",
    "LLAMA_API_KEY",
    "LITELLM_CONFIG",
    "COMPOSE_FILE",
    "COMPOSE_PROFILES",
)


def service(kind, name):
    """The description of a service: compose.yaml's, and on top what the kind's other files say."""
    merged = {}
    for file in KINDS[kind][1]:
        merged |= yaml.safe_load((ROOT / file).read_text())["services"].get(name, {})
    return merged


def settings():
    """The settings that .env.example lists, with the environment's values before its own."""
    lines = re.findall(r"^#(\w+)=(.+)$", (ROOT / SETTINGS).read_text(), re.MULTILINE)
    return {name: os.environ.get(name) or value for name, value in lines}


class Unavailable(Exception):
    """An image that cannot be had here; str() is the reason."""


@dataclass
class Container:
    """A service that runs, with what test_docs asks of a server.

    Attributes:
        backend: its entry in the table.
        root: the address without a path.
        version: the server's version, as it says itself, else as its image's tag does.
        api_key: the key that it asks for; "EMPTY" where it asks for none.
        log: path of the container's log.
        following: the process that writes the log; it ends when the container does.
        image: the image's name.
        seconds: what each step took, by name (build or pull, start).
    """

    backend: backends.Backend
    root: str
    version: str
    api_key: str
    log: str
    following: subprocess.Popen
    image: str
    seconds: dict[str, float]

    def check_alive(self):
        """Raise Problem, with what the log says of the cause, if the container has stopped."""
        if self.following.poll() is not None:
            raise Problem(
                f"The {self.backend.title} container stopped.",
                causes.of_log(self.log),
                "read the log; if the container was killed, free some memory and run again.",
            )


@dataclass
class Project:
    """The containers of one run.

    Attributes:
        engine: what runs them.
        kind: "container" or "gpu".
        name: the name they share.
        running: Container objects by the backend's name.
    """

    engine: Engine
    kind: str
    name: str
    running: dict[str, Container] = field(default_factory=dict)

    def command(self, *arguments):
        """A compose command for this project, as an argument list."""
        profile, files = KINDS[self.kind]
        chosen = [part for file in files for part in ("-f", file)]
        return [
            *self.engine.compose,
            "--env-file",
            SETTINGS,
            "-p",
            self.name,
            *chosen,
            "--profile",
            profile,
            *arguments,
        ]

    def containers(self, name=""):
        """The ids of this project's containers, of one service if `name` is given, stopped ones included."""
        labels = [f"com.docker.compose.project={self.name}"]
        labels += [f"com.docker.compose.service={name}"] if name else []
        filters = [part for label in labels for part in ("--filter", f"label={label}")]
        return ask(self.engine.program, "ps", "--all", "--quiet", *filters)[1].split()

    def obtain(self, backend):
        """Build or pull the image of `backend`.

        Returns:
            Its name, and the seconds of the step by name; no step where the image was there.

        Raises:
            Problem: our own image could not be built.
            Unavailable: another image could not be pulled.
        """
        name = backend.container[self.kind]
        described = service(self.kind, name)
        verb = "build" if "build" in described else "pull"
        title = f"{verb}ing the image {described['image']}"
        was_there = container_checks.has_image(self.engine, described["image"])
        advice = "look at the log: a build needs the network, and a base image (BASE= names another)."
        try:
            seconds = progress.run(
                title,
                self.command(verb, name),
                BUILD / "logs" / f"{verb}-{name}.log",
                timeout=3600,
                advice=advice,
                cwd=ROOT,
                env=self.environ({}),
            )
        except Problem:
            if verb == "build":
                raise
            log = progress.last_lines(BUILD / "logs" / f"pull-{name}.log", 1).strip()
            raise Unavailable(f"its image {described['image']} cannot be had here ({log[:200]})") from None
        return described["image"], {} if was_there else {verb: seconds}

    def environ(self, values):
        """The environment of a compose command, with `values` in it."""
        kept = {name: value for name, value in os.environ.items() if name not in HIDDEN}
        return {**kept, "RESTART": "no", **values}

    def ensure_running(self, backend):
        """The Container of `backend`, started (after its upstream) unless it runs.

        Raises:
            Problem: it stopped, or did not get ready in time.
            Unavailable: an image cannot be had.
        """
        if backend.name not in self.running:
            if backend.upstream:
                self.ensure_running(backends.get(backend.upstream))
            self.running[backend.name] = self.start(backend)
        return self.running[backend.name]

    def start(self, backend):
        """Start the service of `backend` and wait until it is ready; returns the Container."""
        if self.kind == "container":
            preflight.memory(backend)
        image, seconds = self.obtain(backend)
        name = backend.container[self.kind]
        key = f"sk-{secrets.token_hex(16)}" if backend.container_key else "EMPTY"
        values = {backend.container_key: key} if backend.container_key else {}
        if backend.model == "gguf" and not backend.modelfiles:  # those are made over the API
            values["GGUF_FOLDER"], values["GGUF"] = os.path.split(fetch_model.ensure_gguf())
        with serve.free_port(backend.port) as port:
            progress.run(
                f"creating the container of {backend.title} on port {port}",
                self.command("up", "--detach", "--no-deps", "--no-build", name),
                BUILD / "logs" / f"up-{name}.log",
                timeout=300,
                advice="look at the last lines above; they are the engine's.",
                cwd=ROOT,
                env=self.environ(values | {f"{backend.name.upper().replace('-', '_')}_PORT": str(port)}),
            )
        (created, *_) = self.containers(name) or [""]
        log = BUILD / "logs" / f"container-{name}.log"
        with open(log, "w") as output:
            following = subprocess.Popen(
                [self.engine.program, "logs", "--follow", created],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        version = image.rpartition(":")[2].removeprefix("v")
        found = Container(backend, f"http://localhost:{port}", version, key, str(log), following, image, seconds)
        self.running[backend.name] = found  # from here on its log belongs to the project
        self.wait(found)
        found.version = serve.version_of(backend, found.root, key) or version
        if backend.modelfiles:
            ollama_models.create(found.root, backend.modelfiles, fetch_model.ensure_gguf())
        return found

    def wait(self, container):
        """Wait until a container's server is ready; Podman 4 does not run health checks by itself."""
        backend, ticker = container.backend, progress.Ticker(f"waiting for {container.backend.title}", container.log)
        limit = READY_WITHIN if self.kind == "gpu" else backend.ready_within
        while not serve.answers(container.root + backend.ready):
            container.check_alive()
            if ticker.seconds > limit:
                raise Problem(
                    f"The {backend.title} container did not get ready.",
                    f"{container.root}{backend.ready} did not answer 200 within {limit} seconds; "
                    f"{causes.of_log(container.log)}",
                    "see whether the machine is busy with something else, and run again.",
                )
            time.sleep(0.5)
            ticker.tick()
        container.seconds["start"] = ticker.done()

    def made_on(self, container):
        """What a result says of a container: the image, its id and size, and the engine."""
        inspect = (self.engine.program, "image", "inspect", "--format", "{{.Id}} {{.Size}}", container.image)
        works, said = ask(*inspect)
        identity, size = said.split() if works else (None, None)
        return {
            "image": container.image,
            "image_id": identity,
            "image_bytes": size and int(size),
            "engine": str(self.engine),
        }

    def take_down(self):
        """Remove every container of this project and its network; on the CPU its volumes too.

        The GPU's volume stays: it holds the weights.
        """
        volumes = ["--volumes"] if self.kind == "container" else []
        with contextlib.suppress(Problem):
            progress.run(
                "taking the containers down",
                self.command("down", *volumes, "--timeout", "10"),
                BUILD / "logs" / "down.log",
                timeout=120,
                advice="",
                cwd=ROOT,
                env=self.environ({}),
            )
        left = self.containers()
        if left:
            ask(self.engine.program, "rm", "--force", "--volumes", *left)
        for container in self.running.values():
            progress.stop_group(container.following)
        if self.containers():
            print(f"STILL THERE: {' '.join(self.containers())}; {self.engine.program} could not remove it.")


@contextlib.contextmanager
def project(engine, kind):
    """A Project for the length of a `with` block; afterwards no container of it is left."""
    # Its number tells two runs on one machine apart; the GPU's volume has to be found again, so there they take turns.
    name = "chatlas-docs-gpu" if kind == "gpu" else f"chatlas-docs-{os.getpid()}"
    started = Project(engine, kind, name)
    with cache.lock(name) if kind == "gpu" else contextlib.nullcontext():
        try:
            yield started
        finally:
            with uninterrupted():
                started.take_down()


@contextlib.contextmanager
def uninterrupted():
    """Ignore Ctrl-C and SIGTERM for the length of a `with` block that has a limit of its own."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
