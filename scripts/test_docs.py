"""Executes the notebooks against real servers and prints what was verified.

    make test-docs                                   every notebook, embedded servers
    make test-docs ONLY=vllm                         one of them
    make test-docs ONLY=@vllm                        all that run on one backend, which has to be there
    make test-docs URL=http://localhost:8000/v1      a server you have; nothing is started

Read from the environment: ONLY (names from backends.toml and notebooks.toml, with commas), URL, and
API_KEY for URL.
"""

import contextlib
import json
import os
import time
import urllib.error
import urllib.request

from scripts import backends, check_flags, execute, fetch_model, guides, ollama_models, report, serve
from scripts.cache import ROOT
from scripts.platform_check import check_machine
from scripts.problem import Problem, run_main


def startable(selected, only):
    """The runs of `selected` whose server can be started here, and a line for each of the others.

    A backend that `only` names, or whose own notebook it names, has to be startable: serve.prepare
    raises Problem if it is not.
    """
    names = [name.strip() for name in only.split(",")]
    left_out = {
        run.name: serve.unavailable(run.backend)
        for run in selected
        if not {run.name, f"@{run.backend.name}"} & set(names)
    }
    lines = [
        f"NOT VERIFIED: {run.guide.notebook} was not executed on {run.backend.title}: {left_out[run.name]}."
        for run in selected
        if left_out.get(run.name)
    ]
    return [run for run in selected if not left_out.get(run.name)], lines


def served_models(root, api_key):
    """The model ids that the server at `root` lists.

    Raises:
        Problem: nothing answers there, or not as an OpenAI-compatible server does.
    """
    address = root + "/v1/models"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {api_key}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return [entry["id"] for entry in json.load(response)["data"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise Problem(
            f"No OpenAI-compatible server answers at {root}.",
            f"GET {address} gave: {reason}.",
            "check the address, that the server is up, and API_KEY if it asks for a key.",
        ) from None


def execute_run(run, where, root, api_key, version, servers, figures, counted_at=None):
    """Execute one notebook and its snippet on one server; write and print the result.

    Args:
        root: the server's address without a path.
        version: the server's version, "" where it is not known.
        counted_at: the address of the server that counts requests, where it is another one.

    Returns:
        The result, as report.write returns it.
    """
    models = served_models(root, api_key)
    notebook, parameters = run.guide.notebook, run.parameters(root, api_key)
    print(f"\nExecuting {notebook} against {parameters['base_url']} ({', '.join(models)})", flush=True)
    before = report.metrics(counted_at or root)
    start = time.monotonic()
    cells, figures["kernel_start"] = execute.run_notebook(notebook, parameters, servers)
    figures["notebook_total"] = time.monotonic() - start
    figures["notebook_cells"] = sum(cell["seconds"] for cell in cells)
    try:
        printed, figures["snippet_on_its_own"] = execute.run_snippet(notebook, parameters)
        print(f"\nThe snippet on its own printed: {printed.strip()}")
        snippet = "passed"
    except Problem as problem:
        print(f"\n{problem}")
        snippet = "failed"
    after = report.metrics(counted_at or root)
    for name in ("requests", "prompt_tokens", "generated_tokens"):
        figures[name] = after[name] - before[name] if before and after else None
    figures = {name: rounded(value) for name, value in figures.items()}
    result = report.write(run, where, version, models, cells, snippet, figures)
    print(f"\n{report.table(result)}", flush=True)
    return result


def rounded(value):
    """Seconds to a tenth; counts and None as they are."""
    return round(value, 1) if isinstance(value, float) else value


def on_your_server(selected, url):
    """Execute the selected notebooks, all of one backend, on the server at `url`; returns the exit status."""
    print(f"Using the server at {url}, since URL= is set. Nothing is started.")
    backend, root = selected[0].backend, url.removesuffix("/v1")
    with contextlib.ExitStack() as stack:
        if backend.modelfiles:
            stack.enter_context(ollama_models.lent(root, backend.modelfiles, fetch_model.ensure_gguf()))
        api_key = os.environ.get("API_KEY") or "EMPTY"
        results = [execute_run(run, "url", root, api_key, "", [], {}) for run in selected]
    print("\nA run with URL= is for you alone: it is not accepted as a result for the site.")
    return 0 if all(map(report.passed, results)) else 1


def on_embedded_servers(selected, not_executed):
    """Start what the selected runs need, execute them, stop it; returns the exit status."""
    titles = ", ".join(dict.fromkeys(run.backend.title for run in selected))
    print(f"Using embedded servers ({titles}), since no URL= names a server.")
    print("".join(f"{line}\n" for line in not_executed), end="")
    results, running = {}, {}
    with contextlib.ExitStack() as stack:
        for run in selected:
            backend, figures, starts = run.backend, {}, run.backend.name not in running
            if starts:
                figures = serve.prepare(backend)[2]  # before it is started, since its parser is asked first
            if run.is_own and check_flags.commands(backend.page):
                figures["commands_checked"] = check_flags.check(backend)
            server = serve.ensure_running(backend, stack, running)
            if starts:
                figures["start"] = server.seconds["start"]
            counted_at = running[backend.upstream].root if backend.upstream else None
            servers = running.values()
            results[run.name] = execute_run(
                run, "embedded", server.root, server.api_key, server.version, servers, figures, counted_at
            )
    passed = [name for name, result in results.items() if report.passed(result)]
    failed = [name for name in results if name not in passed]
    print(f"\n{report.summary(results.values())}")
    print(f"\nVerified: {', '.join(passed) or 'nothing'}.")
    print("".join(f"NOT VERIFIED: {name} failed, see above.\n" for name in failed), end="")
    print("".join(f"{line}\n" for line in not_executed), end="")
    print(f"The results are in {report.RESULTS.relative_to(ROOT)}; `make accept-results` makes them the site's.")
    return 1 if failed else 0


def main():
    only, url = os.environ.get("ONLY", ""), os.environ.get("URL", "").rstrip("/")
    if url:
        selected = guides.chosen(only or next(iter(backends.load())))
        if len({run.backend.name for run in selected}) != 1:
            raise Problem(
                "URL= goes with one backend.",
                f"ONLY={only} names {', '.join(run.name for run in selected)}.",
                "name one of these, for example ONLY=vllm, or all of a backend: ONLY=@vllm.",
            )
        return on_your_server(selected, url)
    check_machine()
    return on_embedded_servers(*startable(guides.chosen(only), only))


if __name__ == "__main__":
    run_main(main)
