"""Opens copies of the notebooks in JupyterLab beside a running server, with that server in their parameters.

    make lab                                            the notebooks that run on vLLM, which is started
    make lab ONLY=llama-cpp                             those of another backend
    make lab URL=http://localhost:8000/v1 MODEL=qwen3   a server you have

The copies are in _build/lab, and the next `make lab` makes them anew. Ctrl-C ends JupyterLab and the server.
"""

import contextlib
import dataclasses
import os
import secrets
import shutil
import subprocess
import sys
import time
import webbrowser

from scripts.common import processes, progress
from scripts.common.paths import BUILD, ROOT
from scripts.common.problem import Problem, run_main
from scripts.content import backends, guides, notebooks
from scripts.run import execute
from scripts.servers import environments, serve, yours
from scripts.servers.platform_check import check_machine

FOLDER = BUILD / "lab"
STATE = BUILD / "lab-state"  # what Jupyter would write into the home folder
LOG = BUILD / "logs" / "lab.log"
PORT = 8888  # another free one where it is in use
READY_WITHIN = 120  # seconds


def write_copies(backend, server, model):
    """Write the notebooks that run on `backend` into FOLDER, without their checks; returns their number."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    runs = [run for guide in guides.load().values() for run in guides.runs(guide) if run.backend.name == backend.name]
    runs = [run for run in runs if not run.guide.needs and not run.guide.is_of_errors]
    for run in runs:
        parameters = run.parameters(server.root, server.api_key, model)
        notebook = notebooks.with_parameters(notebooks.read(run.guide.notebook), parameters, chosen=bool(model))
        copy = notebooks.for_download(notebook)
        copy.metadata["kernelspec"] = {"name": "docs", "display_name": "docs", "language": "python"}
        path = FOLDER / os.path.relpath(run.guide.notebook, "notebooks")
        path.parent.mkdir(parents=True, exist_ok=True)
        notebooks.write(copy, path)
    return len(runs)


def jupyterlab(python, port, token):
    """JupyterLab's process, on this machine only; its kernels run in this environment, which has chatlas."""
    shutil.rmtree(STATE, ignore_errors=True)
    execute.write_kernel(STATE, sys.executable)
    folders = {f"JUPYTER_{name}_DIR": str(STATE / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    settings = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": FOLDER,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "KernelSpecManager.allowed_kernelspecs": "docs",
        "LabApp.news_url": None,  # nothing is looked up outside
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("w") as log, processes.signals_deferred():
        return subprocess.Popen(
            [python, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in settings.items())],
            cwd=FOLDER,
            env=execute.clean_environment() | folders | {"JUPYTER_PATH": str(STATE), "JUPYTER_TOKEN": token},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def check_running(process):
    """Raise Problem if JupyterLab has ended."""
    if process.poll() is not None:
        raise Problem(
            f"JupyterLab ended with status {process.returncode}.",
            f"its log ends with:\n{progress.last_lines(LOG, 5)}",
            f"read the log, {LOG}, and run `make lab` again.",
        )


def opened(process, address):
    """Wait until JupyterLab answers, print its address, and open it where there is a screen."""
    limit = time.monotonic() + READY_WITHIN
    while not serve.answers(address):
        check_running(process)
        if time.monotonic() > limit:
            raise Problem(f"JupyterLab does not answer within {READY_WITHIN} seconds.", f"see {LOG}.", "try again.")
        time.sleep(0.3)
    print(f"\nJupyterLab: {address}\nCtrl-C ends it and the server.", flush=True)
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(address)


def main():
    url, model = os.environ.get("URL", ""), os.environ.get("MODEL", "")
    backend = backends.get(os.environ.get("ONLY") or next(iter(backends.load())))
    if not url:
        check_machine()
    python, _ = environments.ensure(
        dataclasses.replace(backend, environment="lab", package="jupyterlab", torch="", binary="")
    )
    with contextlib.ExitStack() as stack:
        if url:
            server = stack.enter_context(yours.server(backend, url, model))
            model = "" if server.model == backend.serves else server.model
        else:
            server, model = serve.ensure_running(backend, stack, {}), ""
        number = write_copies(backend, server, model)
        print(f"{number} notebooks are in {FOLDER.relative_to(ROOT)}: copies, which the next `make lab` makes anew.")
        with serve.free_port(PORT) as port:
            token = secrets.token_urlsafe(16)
        process = jupyterlab(python, port, token)
        stack.callback(processes.stop_tree, process.pid)
        opened(process, f"http://127.0.0.1:{port}/lab?token={token}")
        while True:
            server.check_alive()
            check_running(process)
            time.sleep(0.5)


if __name__ == "__main__":
    run_main(main)
