"""Can the GPU container run here? Asked in words before anything is started or downloaded."""

import glob
import os
import shutil
from dataclasses import dataclass

from scripts.servers import engines, hub
from scripts.servers.engines import Missing, ask

GIB = 2**30
LARGE = 2e9  # bytes; what is downloaded beyond that is announced
IMAGE = 30  # GiB set aside for the GPU image, unpacked; an allowance, not a measurement
OVERHEAD = 3  # GiB of GPU memory beside the weights: cache for the context, CUDA's own
CDI = ("/etc/cdi/*", "/var/run/cdi/*")  # where Podman finds descriptions of devices


@dataclass(frozen=True)
class Gpu:
    """An NVIDIA GPU as nvidia-smi describes it; memory in GiB."""

    name: str
    total: float
    free: float

    def __str__(self):
        return f"{self.name} ({self.total:.0f} GiB)"


@dataclass(frozen=True)
class Ready:
    """What the checks found: the engine, the GPU, and what is known of the model."""

    engine: engines.Engine
    gpu: Gpu
    facts: hub.Facts


def gpu():
    """The first GPU, or what is Missing: the container sees all of them, and vLLM takes the first."""
    if not shutil.which("nvidia-smi"):
        how = "install NVIDIA's driver; without a GPU use ON=container or ON=embedded."
        return Missing("no NVIDIA GPU is visible: there is no `nvidia-smi` on PATH.", how)
    query = ("--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits")
    works, said = ask("nvidia-smi", *query)
    how = "mend what `nvidia-smi` says; after an update of the driver the machine has to be restarted."
    if not works:
        return Missing(f"no NVIDIA GPU is visible: {said}", how)
    try:
        rows = [line.rsplit(",", 2) for line in said.splitlines() if line.strip()]
        found = [Gpu(name.strip(), int(total) / 1024, int(free) / 1024) for name, total, free in rows]
    except ValueError:
        return Missing(f"`nvidia-smi` says of the GPU's memory: {said.splitlines()[0]!r}", how)
    return found[0] if found else Missing("`nvidia-smi` lists no GPU.", how)


def runtime(engine):
    """Missing, unless containers of `engine` can be given a GPU; else None."""
    if engine.program == "docker":
        works, said = ask("docker", "info", "--format", "{{json .Runtimes}}")
        there = works and "nvidia" in said
        setup = "`sudo nvidia-ctk runtime configure --runtime=docker`, and restart Docker."
    else:
        there = any("nvidia" in path for pattern in CDI for path in glob.glob(pattern))
        setup = "`sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml`."
    if there:
        return None
    return Missing(
        f"{engine.program} knows no NVIDIA runtime.", f"install NVIDIA's container toolkit, then run {setup}"
    )


def memory(one, facts, share):
    """Missing, if the free memory of the GPU `one` is too little for a model; else None.

    Args:
        facts: the model's hub.Facts.
        share: the part of the GPU's memory that vLLM takes (--gpu-memory-utilization).
    """
    # vLLM does not start when less than its share of the whole is free.
    if one.free < share * one.total:
        what = f"{one.free:.1f} GiB of {one}'s memory are free; vLLM takes {share * one.total:.1f} GiB."
        return Missing(what, "end what uses the GPU (`nvidia-smi` lists it), or set GPU_MEMORY to a smaller part.")
    need = facts.weights / GIB + OVERHEAD if facts.weights else 0
    if share * one.total < need:
        what = f"the model needs {need:.1f} GiB of GPU memory; vLLM has {share * one.total:.1f} GiB of {one}."
        return Missing(what, "choose a smaller model: MODEL=OWNER/NAME.")
    return None


def storage(engine):
    """The folder in which `engine` keeps images and volumes, "" where it is not on this machine."""
    key = "{{.DockerRootDir}}" if engine.program == "docker" else "{{.Store.GraphRoot}}"
    works, folder = ask(engine.program, "info", "--format", key)
    return folder if works and os.path.isdir(folder) else ""


def has_image(engine, image):
    """Whether `image` is in the engine's storage."""
    return ask(engine.program, "image", "inspect", image)[0]


def disk(engine, gib):
    """Missing, if less than `gib` GiB are free where the engine keeps images; else None."""
    folder = storage(engine)
    free = shutil.disk_usage(folder).free / GIB if folder else gib
    if free >= gib:
        return None
    what = f"{free:.1f} GiB are free in {folder}; {gib:.1f} GiB are needed for the image and the weights."
    return Missing(what, f"free some space: `{engine.program} system prune` removes what no container uses.")


def token(model, facts):
    """Missing, if the model is handed out only with a token and there is none; else None."""
    if facts.gated and not os.environ.get("HF_TOKEN"):
        why = facts.unknown or "it is gated"
        what = f"{model} asks for HF_TOKEN, and it is not set: {why}."
        return Missing(what, "accept the model's terms on its page, make a read token there, `export HF_TOKEN=...`.")
    return None


def for_gpu(model, image, share, all_of_them):
    """Check all that the GPU container needs, the cheapest first.

    Args:
        model: the model's id.
        image: the server's image.
        share: the part of the GPU's memory that vLLM takes.
        all_of_them: False stops at the first thing that is missing.

    Returns:
        Ready, or a list of what is Missing.
    """
    missing = []
    one = gpu()
    missing += [one] if isinstance(one, Missing) else []
    if missing and not all_of_them:
        return missing
    engine, without = engines.find()
    missing += without
    if engine:
        missing += filter(None, [runtime(engine)])
    if missing and not all_of_them:
        return missing
    facts = hub.look_up(model)
    missing += filter(None, [token(model, facts)])
    if isinstance(one, Gpu):
        missing += filter(None, [memory(one, facts, share)])
    if engine:
        need = (facts.weights or 0) / GIB + (0 if has_image(engine, image) else IMAGE)
        missing += filter(None, [disk(engine, need)])
    return missing or Ready(engine, one, facts)


def announce(ready, model, image):
    """Print what is about to be downloaded, how large it is and where it goes, and whether with a token."""
    place = storage(ready.engine) or f"{ready.engine.program}'s storage"
    if not has_image(ready.engine, image):
        print(f"- to be downloaded: the image {image}, up to {IMAGE} GiB unpacked, into {place}", flush=True)
    if ready.facts.gated is not None:
        print(f"- {model} {'is handed out with HF_TOKEN, which is set' if ready.facts.gated else 'needs no HF_TOKEN'}")
    if ready.facts.weights is None:
        print(f"- the size of {model} is not known ({ready.facts.unknown}); its weights go into {place}", flush=True)
    elif ready.facts.weights > LARGE:
        size = ready.facts.weights / 1e9
        print(f"- to be downloaded once: {model}, {size:.1f} GB, into a volume in {place}", flush=True)


def in_words(missing):
    """What is missing as lines for the terminal: one what, one how."""
    return "\n".join(f"- {one.what}\n  {one.how}" for one in missing)
