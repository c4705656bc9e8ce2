"""Executes the notebooks against real servers and prints what was verified.

    make test-docs                                   every notebook, embedded servers
    make test-docs ONLY=vllm                         one of them
    make test-docs URL=http://localhost:8000/v1      a server you have; nothing is installed or started

Read from the environment: ONLY (names from backends.toml, with commas), URL, and API_KEY for URL.
"""

import contextlib
import json
import os
import time
import urllib.error
import urllib.request

from scripts import backends, check_flags, execute, report, serve
from scripts.cache import ROOT
from scripts.platform_check import check_machine
from scripts.problem import Problem, run_main


def chosen(only):
    """The backends named in `only` (comma-separated), or all of them when it is empty."""
    return [backends.get(name.strip()) for name in only.split(",")] if only else list(backends.load().values())


def served_models(base_url, api_key):
    """The model ids that a server lists.

    Raises:
        Problem: nothing answers there, or not as an OpenAI-compatible server does.
    """
    request = urllib.request.Request(base_url + "/models", headers={"Authorization": f"Bearer {api_key}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return [entry["id"] for entry in json.load(response)["data"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise Problem(
            f"No OpenAI-compatible server answers at {base_url}.",
            f"GET {base_url}/models gave: {reason}.",
            "check the address (it ends in /v1), that the server is up, and API_KEY if it asks for a key.",
        ) from None


def execute_backend(backend, where, base_url, api_key, servers, figures, counted_at=None):
    """Execute the notebook of one backend and its snippet; write and print the result.

    Args:
        counted_at: the base URL of the server that counts requests, where it is another one.

    Returns:
        Whether everything passed.
    """
    models = served_models(base_url, api_key)
    print(f"\nExecuting {backend.notebook} against {base_url} ({', '.join(models)})", flush=True)
    before = report.metrics(counted_at or base_url)
    start = time.monotonic()
    parameters = {"base_url": base_url, "api_key": api_key}
    cells, figures["kernel_start"] = execute.run_notebook(backend.notebook, parameters, servers)
    figures["notebook_total"] = time.monotonic() - start
    figures["notebook_cells"] = sum(cell["seconds"] for cell in cells)
    try:
        printed, figures["snippet_on_its_own"] = execute.run_snippet(backend.notebook, parameters)
        print(f"\nThe snippet on its own printed: {printed.strip()}")
        snippet = "passed"
    except Problem as problem:
        print(f"\n{problem}")
        snippet = "failed"
    after = report.metrics(counted_at or base_url)
    for name in ("requests", "prompt_tokens", "generated_tokens"):
        figures[name] = after[name] - before[name] if before and after else None
    figures = {name: rounded(value) for name, value in figures.items()}
    result = report.write(backend, where, models, cells, snippet, figures)
    print(f"\n{report.table(result)}", flush=True)
    return report.passed(result)


def rounded(value):
    """Seconds to a tenth; counts and None as they are."""
    return round(value, 1) if isinstance(value, float) else value


def main():
    only, url = os.environ.get("ONLY", ""), os.environ.get("URL", "").rstrip("/")
    selected = chosen(only)
    if url:
        if len(selected) != 1 and only:
            raise Problem(
                "URL= goes with one notebook.", f"ONLY={only} names several.", "name one, for example ONLY=vllm."
            )
        print(f"Using the server at {url}, since URL= is set. Nothing is installed or started.")
        backend = selected[0]
        ok = execute_backend(backend, "url", url, os.environ.get("API_KEY") or "EMPTY", [], {})
        print("\nA run with URL= is for you alone: it is not accepted as a result for the site.")
        return 0 if ok else 1
    check_machine()
    print(f"Using embedded servers ({', '.join(b.title for b in selected)}), since no URL= names a server.")
    ok, running = True, {}
    with contextlib.ExitStack() as stack:
        for backend in selected:
            figures = serve.prepare(backend)[2]  # before it is started, since its parser is asked first
            if check_flags.commands(backend.page):
                figures["commands_checked"] = check_flags.check(backend)
            server = serve.ensure_running(backend, stack, running)
            figures["start"] = server.seconds["start"]
            counted_at = running[backend.upstream].base_url if backend.upstream else None
            ok &= execute_backend(
                backend, "embedded", server.base_url, server.api_key, running.values(), figures, counted_at
            )
    print(f"\n{'Everything above was verified.' if ok else 'NOT everything was verified: see above.'}")
    print(f"The results are in {report.RESULTS.relative_to(ROOT)}; `make accept-results` makes them the site's.")
    return 0 if ok else 1


if __name__ == "__main__":
    run_main(main)
