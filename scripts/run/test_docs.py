"""Executes the notebooks against real servers and prints what was verified.

    make test-docs                                   every notebook, embedded servers
    make test-docs ONLY=vllm                         one of them
    make test-docs ONLY=@vllm                        all that run on one backend, which has to be there
    make test-docs URL=http://localhost:8000/v1      the guide of a server you have; nothing is started
    make test-docs URL=… MODEL=qwen3:4b              the same with one of its models
    make test-docs ON=container                      containers on the CPU
    make test-docs ON=gpu MODEL=Qwen/Qwen3.5-4B      a container on an NVIDIA GPU

Read from the environment: ONLY (names from backends.toml and notebooks.toml, with commas), URL, and
API_KEY and MODEL for URL; ON (embedded, container or gpu), and for gpu the settings of .env.example. Without
ON the GPU's container is used if nothing is missing for it, else the embedded servers.
"""

import contextlib
import dataclasses
import os
import time

from scripts.common.paths import ROOT
from scripts.common.problem import Problem, run_main
from scripts.content import guides, shown_errors, small_model
from scripts.run import execute, report
from scripts.servers import container_checks, containers, engines, serve, yours
from scripts.servers.platform_check import check_machine

NEEDS_OURS = "its errors come from how our server was started"
NEEDS_GPU = "it needs a GPU, `make test-docs ON=gpu`"


def not_verified(run, reason):
    """The line that says that a run was left out, and why."""
    return f"NOT VERIFIED: {run.guide.notebook} was not executed on {run.backend.title}: {reason}."


def startable(selected, only):
    """The runs of `selected` whose server can be started here, and a line for each of the others.

    A backend that `only` names, or whose own notebook it names, has to be startable: serve.prepare
    raises Problem if it is not.
    """
    named = {name.strip() for name in only.split(",")}
    left_out = {run.name: serve.unavailable(run.backend) for run in selected if not named & run.names}
    left_out |= {run.name: NEEDS_GPU for run in selected if run.guide.needs == "gpu"}
    lines = [not_verified(run, left_out[run.name]) for run in selected if left_out.get(run.name)]
    return [run for run in selected if not left_out.get(run.name)], lines


def execute_run(run, where, root, api_key, version, servers, figures, counted_at=None, made_on=None, model=""):
    """Execute one notebook and its snippet on one server; write and print the result.

    Args:
        root: the server's address without a path.
        version: the server's version, "" where it is not known.
        counted_at: the address of the server that counts requests, where it is another one.
        made_on: what report.write is to say of a container.
        model: the model that is asked; cells that depend on our own are then left out. "" for our own.

    Returns:
        The result, as report.write returns it.
    """
    models = yours.served_models(root, api_key)
    notebook, parameters = run.guide.notebook, run.parameters(root, api_key, model)
    print(f"\nExecuting {notebook} against {parameters['base_url']} ({', '.join(models)})", flush=True)
    before = report.metrics(counted_at or root)
    start = time.monotonic()
    compare = where in ("embedded", "url") and run.backend.name == run.guide.on[0] and not model  # outputs are stored
    cells, figures["kernel_start"] = execute.run_notebook(
        notebook, parameters, servers, compare=compare, any_model=bool(model)
    )
    figures["notebook_total"] = time.monotonic() - start
    figures["notebook_cells"] = sum(cell["seconds"] for cell in cells)
    snippet = "none"
    try:
        if not run.guide.is_of_errors:
            printed, figures["snippet_on_its_own"] = execute.run_snippet(notebook, parameters, any_model=bool(model))
            print(f"    it printed: {printed.strip()}")
            snippet = "passed"
    except Problem as problem:
        print(f"\n{problem}")
        snippet = "failed"
    after = report.metrics(counted_at or root)
    for name in report.COUNTERS:
        figures[name] = after[name] - before[name] if name in (before or {}) and name in (after or {}) else None
    figures = {name: rounded(value) for name, value in figures.items()}
    result = report.write(run, where, version, models, cells, snippet, figures, made_on)
    if not model:  # what a page says of our server is no news of another
        print("\n".join(["", report.table(result), *shown_errors.changes(result)]), flush=True)
    return result


def rounded(value):
    """Seconds to a tenth; counts and None as they are."""
    return round(value, 1) if isinstance(value, float) else value


def on_your_server(selected, url, model):
    """Execute the selected notebooks, all of one backend, on the server at `url`; returns the exit status.

    Args:
        model: the model that is to be asked, "" for ours if it is served, else for the first that is.
    """
    print(f"Using the server at {url}, since URL= is set. Nothing is started.")
    for_a_gpu = [run for run in selected if run.guide.needs == "gpu"] if len(selected) > 1 else []
    print("".join(f"{not_verified(run, NEEDS_GPU)}\n" for run in for_a_gpu), end="")
    with yours.server(selected[0].backend, url, model) as server:
        backend = selected[0].backend
        other = "" if yours.is_ours(server, backend) else server.model
        if other:
            print(
                f"The server is {server.kind or 'of an unknown kind'}, its model {other}. Ours is {backend.title} with"
            )
            print(f"{backend.serves}; a cell that depends on its words, or on how it was started, is not asked.")
        asked = [run for run in selected if run not in for_a_gpu and not (other and run.guide.is_of_errors)]
        of_errors = [run for run in selected if other and run.guide.is_of_errors]
        print("".join(f"{not_verified(run, NEEDS_OURS)}\n" for run in of_errors), end="")
        results = [
            execute_run(run, "url", server.root, server.api_key, server.version, [], {}, model=other) for run in asked
        ]
    print(f"\n{report.coverage(results, url)}")
    print("A run with URL= is for you alone: it is not accepted as a result for the site.")
    return 0 if all(map(report.held if other else report.passed, results)) else 1


def on_embedded_servers(selected, not_executed, why):
    """Start what the selected runs need, execute them, stop it; returns the exit status."""
    titles = ", ".join(dict.fromkeys(run.backend.title for run in selected))
    print(f"Using embedded servers ({titles}), since {why}")
    print("".join(f"{line}\n" for line in not_executed), end="")
    results, running = {}, {}
    with contextlib.ExitStack() as stack:
        for run in selected:
            backend, figures, starts = run.backend, {}, run.backend.name not in running
            if starts:
                figures = serve.prepare(backend)[2]  # before it is started, so that its start is timed apart
            server = serve.ensure_running(backend, stack, running)
            if starts:
                figures["start"] = server.seconds["start"]
            counted_at = running[backend.upstream].root if backend.upstream else None
            servers = running.values()
            results[run.name] = execute_run(
                run, "embedded", server.root, server.api_key, server.version, servers, figures, counted_at
            )
    return closing(results, not_executed)


def on_containers(selected, only, kind, engine, gpu=None):
    """Start the containers that the selected runs need, execute them, remove all; returns the exit status.

    Args:
        only: what ONLY= names; a run that it names and that cannot be executed is a failure.
        kind: "container" or "gpu".
        engine: the engines.Engine.
        gpu: the container_checks.Gpu, for that kind.
    """
    results, not_executed, refused = {}, [], {}
    names, missed = [name.strip() for name in only.split(",")], False
    with containers.project(engine, kind) as project:
        for run in selected:
            backend, figures, starts = run.backend, {}, run.backend.name not in project.running
            reason = refused.get(backend.name)
            if run.guide.needs == "gpu" and kind != "gpu":
                reason = NEEDS_GPU
            elif kind not in backend.container:
                reason = f"backends.toml names no service for ON={kind}"
            if not reason:
                try:
                    server = project.ensure_running(backend)
                except containers.Unavailable as error:
                    reason = refused[backend.name] = str(error)
            if reason:
                not_executed.append(not_verified(run, reason))
                missed = missed or bool(run.names & set(names))
                continue
            if starts:
                figures = dict(server.seconds)
            made_on = {"container": project.made_on(server), "hardware": f"{report.hardware()}, in a container"}
            if kind == "gpu":
                chosen = containers.settings()
                made_on |= {"model": chosen["MODEL"], "hardware": f"{gpu}, {report.hardware()}, in a container"}
                official = dataclasses.replace(backend, serves=chosen["SERVED_NAME"], package="vllm")
                run = dataclasses.replace(run, backend=official)
            else:
                made_on["model"] = small_model.description(backend)
            counted_at = project.running[backend.upstream].root if backend.upstream else None
            servers = project.running.values()
            results[run.name] = execute_run(
                run,
                guides.IN_CONTAINERS[kind],
                server.root,
                server.api_key,
                server.version,
                servers,
                figures,
                counted_at,
                made_on,
            )
        logs = [container.log for container in project.running.values()]
    if not all(map(report.passed, results.values())):
        print(f"\nThe containers' logs: {', '.join(logs)}")
    status = closing(results, not_executed)
    return 1 if missed else status


def closing(results, not_executed):
    """Print what was verified and what was not; returns the exit status.

    Args:
        results: what execute_run returned, by the run's name.
        not_executed: a line for each run that was left out.
    """
    passed = [name for name, result in results.items() if report.passed(result)]
    failed = [name for name in results if name not in passed]
    print(f"\n{report.summary(results.values())}")
    print(f"\nVerified: {', '.join(passed) or 'nothing'}.")
    print("".join(f"NOT VERIFIED: {name} failed, see above.\n" for name in failed), end="")
    print("".join(f"{line}\n" for line in not_executed), end="")
    print(f"The results are in {report.RESULTS.relative_to(ROOT)}; `make accept-results` makes them the site's.")
    return 1 if failed or not passed else 0


def gpu_checks(all_of_them):
    """container_checks.for_gpu, for the model and the image that would be used."""
    chosen = containers.settings()
    image = containers.service("gpu", "vllm")["image"]
    return container_checks.for_gpu(chosen["MODEL"], image, float(chosen["GPU_MEMORY"]), all_of_them)


def on_gpu(selected, only, ready, why):
    """Execute the selected runs on the GPU's container; returns the exit status."""
    print(f"Using containers on {ready.gpu} ({ready.engine}), since {why}")
    container_checks.announce(ready, containers.settings()["MODEL"], containers.service("gpu", "vllm")["image"])
    return on_containers(selected, only, "gpu", ready.engine, ready.gpu)


def require_gpu():
    """The container_checks.Ready of this machine.

    Raises:
        Problem: something is missing for the GPU's container; names each thing.
    """
    found = gpu_checks(all_of_them=True)
    if isinstance(found, container_checks.Ready):
        return found
    raise Problem(
        "The GPU container cannot run here.",
        f"this is missing:\n{container_checks.in_words(found)}",
        "get what is missing, or `make test-docs ON=container` or ON=embedded.",
    )


def require_engine():
    """The engines.Engine of this machine.

    Raises:
        Problem: there is none that works; names each thing that is missing.
    """
    engine, missing = engines.find()
    if engine:
        return engine
    raise Problem(
        "No container can run here.",
        f"this is missing:\n{container_checks.in_words(missing)}",
        "get what is missing, or `make test-docs ON=embedded`.",
    )


def main():
    only, url, on = os.environ.get("ONLY", ""), os.environ.get("URL", ""), os.environ.get("ON", "")
    if on not in ("", "embedded", "container", "gpu") or (on and url):
        raise Problem(
            f"ON={on}{' URL=' + url if url else ''} cannot be followed.",
            "ON= takes embedded, container or gpu, and does not go with URL=.",
            "choose one of them, or leave ON= out.",
        )
    if url:
        selected = guides.chosen(only or yours.guide_for(url))
        selected = [run for run in selected if "+" not in run.backend.name] or selected  # the same server, other flags
        if len({run.backend.name for run in selected}) != 1:
            raise Problem(
                "URL= goes with one backend.",
                f"ONLY={only} names {', '.join(run.name for run in selected)}.",
                f"name one of these, for example ONLY={selected[0].name}, or all of a backend: ONLY=@vllm.",
            )
        return on_your_server(selected, url, os.environ.get("MODEL", ""))
    check_machine()
    selected = guides.chosen(only)
    if on == "gpu":
        return on_gpu(selected, only, require_gpu(), "ON=gpu asks for them.")
    if on == "container":
        engine = require_engine()
        print(f"Using containers on the CPU ({engine}), since ON=container asks for them.")
        return on_containers(selected, only, "container", engine)
    fit = not only or all("gpu" in run.backend.container for run in selected)
    found = None if on or not fit else gpu_checks(all_of_them=False)
    if isinstance(found, container_checks.Ready):
        return on_gpu(selected, only, found, "nothing is missing for them; ON=embedded chooses the embedded servers.")
    why = "ON=embedded asks for them." if on else "what ONLY= names has no GPU container."
    why = f"the GPU container cannot run here: {found[0].what}" if found else why
    return on_embedded_servers(*startable(selected, only), why)


if __name__ == "__main__":
    run_main(main)
