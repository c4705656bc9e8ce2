"""Provides llama.cpp's own server: the program on PATH, else one that is built from the pinned source, once.

The source is the distribution of llama-cpp-python on PyPI, which carries all of llama.cpp. Nothing is
downloaded while it is built.
"""

import hashlib
import os
import platform
import re
import shutil
from dataclasses import replace
from pathlib import Path

from scripts.common import lacking, progress
from scripts.common.cache import lock
from scripts.common.paths import BUILD, CACHE
from scripts.servers import environments

PROGRAM = "llama-server"
LOG = f"{PROGRAM}.log"
SOURCE = environments.REQUIREMENTS / "llama-cpp.txt"
TOOLS = "llama-build"  # requirements/llama-build.txt: cmake and ninja, in an environment of their own
OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DGGML_NATIVE=OFF",  # AVX2 at most, so that the program also runs where it was not built
    "-DGGML_OPENMP=OFF",  # else it needs libgomp wherever it runs
    "-DLLAMA_OPENSSL=OFF",  # it listens on this machine only
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_UI=OFF",  # else npm or a download makes its web page
    "-DLLAMA_USE_PREBUILT_UI=OFF",
)
CONFIGURE = ("cmake", "-G", "Ninja", *OPTIONS)
COMMIT = re.compile(r"ggml-org/llama\.cpp@(\w+)")
ADVICE = "look at the last lines above; if it was the network or the disk, mend that and run the same command again."


def location():
    """The folder of the built program; another source, other options, libc or processor have another one."""
    digest = hashlib.sha256(SOURCE.read_bytes() + repr((OPTIONS, platform.libc_ver())).encode()).hexdigest()[:12]
    return CACHE / PROGRAM / f"{platform.machine()}-{digest}"


def program():
    """The path of the program on PATH, else of the one that was built, None without one."""
    on_path, built = shutil.which(PROGRAM), location() / PROGRAM
    return Path(on_path) if on_path else built if built.exists() else None


def ensure(backend):
    """The program's path, built if there is none, and the seconds spent building (0.0 if there was one).

    Raises:
        Problem: there is no compiler, or a step failed or took too long.
    """
    if found := program():
        return found, 0.0
    with lock(PROGRAM):
        if found := program():  # another run built it meanwhile
            return found, 0.0
        lacking.refuse(f"{backend.title} cannot be built here.", [] if shutil.which("c++") else ["c++"])
        python, seconds = tools(backend)
        half = location() / "building"
        if half.exists():
            print(f"- removing an unfinished build of an interrupted run: {half}", flush=True)
            shutil.rmtree(half)
        try:
            seconds += build(python, half)
            os.replace(half / "made" / "bin" / PROGRAM, location() / PROGRAM)
        finally:  # half a GiB, of no use to the next run
            shutil.rmtree(half, ignore_errors=True)
        return location() / PROGRAM, seconds


def tools(backend):
    """The Python of the environment of cmake and ninja, installed if it is not there, and the seconds that it took."""
    return environments.ensure(replace(backend, environment=TOOLS, package="cmake"))


def download(python, folder):
    """Unpack the pinned source into the empty `folder`; returns its place there, and the seconds that it took."""
    seconds = progress.run(
        "downloading llama.cpp's source (77 MB)",
        [python, *environments.SOURCE, "--requirement", SOURCE, "--dest", folder, "--require-hashes"],
        BUILD / "logs" / f"download-{LOG}",
        timeout=900,
        advice=ADVICE,
    )
    [archive] = folder.glob("*.tar.gz")
    shutil.unpack_archive(archive, folder)  # its hash is the pinned one
    return folder / archive.name.removesuffix(".tar.gz"), seconds


def build(python, half):
    """Build the program in the folder `half` with the tools beside `python`; returns the seconds that it took."""
    source, seconds = download(python, half)
    commit = COMMIT.search((source / "CHANGELOG.md").read_text())[1]  # the newest comes first
    environ = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    seconds += progress.run(
        "looking at the compiler",
        [*CONFIGURE, "-S", source / "vendor" / "llama.cpp", "-B", half / "made", f"-DLLAMA_BUILD_COMMIT={commit}"],
        BUILD / "logs" / f"configure-{LOG}",
        timeout=300,
        advice=ADVICE,
        env=environ,
    )
    return seconds + progress.run(
        "building llama.cpp's server (5 to 15 minutes on two cores, once)",
        ["cmake", "--build", half / "made", "--target", PROGRAM, "--parallel", str(os.cpu_count())],
        BUILD / "logs" / f"build-{LOG}",
        timeout=3600,
        advice=ADVICE,
        env=environ,
    )
