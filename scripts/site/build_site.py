"""Renders the site into _site: with Quarto where it is to be had, else an offline preview.

The preview is made by smalldocs from a copy of the project in which variables and embedded cells
are written out, and says on every page that it is a preview.

    python -m scripts.site.build_site            render
    python -m scripts.site.build_site --serve    render, then serve on http://localhost:4200 until Ctrl-C
"""

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from scripts.common import progress
from scripts.common.paths import BUILD, ROOT
from scripts.common.problem import Problem, run_main
from scripts.content import pages
from scripts.servers import serve
from scripts.site import derive, finish_site
from scripts.site.finish_site import SITE

NOTICE = (
    "::: {.callout-warning}\n"
    "Offline preview, rendered without Quarto. The published site looks different; the content is the same.\n"
    ":::\n\n"
)
PORT = 4200  # another free one where it is in use


def quarto():
    """The path of a Quarto command, or None.

    Looks on PATH first. Otherwise tries PyPI's quarto-cli, which downloads Quarto when it is first
    run and so works only where that download does. QUARTO=none in the environment does without,
    QUARTO=required (the publish workflow) takes no preview for an answer.
    """
    on_path = shutil.which("quarto")
    if on_path or os.environ.get("QUARTO") == "none":
        return on_path
    folder = BUILD / "quarto"
    command = folder / "bin" / "quarto"
    attempted = folder / "attempted"
    if not command.exists() and not attempted.exists():
        folder.mkdir(parents=True, exist_ok=True)
        attempted.touch()  # asked once for each clone; `make clean` asks again
        try:
            progress.run(
                "making room for Quarto", [sys.executable, "-m", "venv", folder], BUILD / "logs" / "quarto.log", 120, ""
            )
            progress.run(
                "installing Quarto (quarto-cli, about 130 MB)",
                [
                    folder / "bin" / "python",
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--retries",
                    "1",
                    "-r",
                    "requirements/quarto.txt",
                ],
                BUILD / "logs" / "quarto.log",
                timeout=600,
                advice="",
                cwd=ROOT,
            )
        except Problem:
            print("    Quarto cannot be installed here (_build/logs/quarto.log says why).", flush=True)
            return None
    works = (
        command.exists() and subprocess.run([command, "--version"], capture_output=True, timeout=300).returncode == 0
    )
    return str(command) if works else None


def render_with_quarto(command):
    """Render the project with Quarto, which derives before and finishes after it (_quarto.yml)."""
    BUILD.mkdir(exist_ok=True)
    log = BUILD / "logs" / "render.log"
    progress.run(
        "rendering the site with Quarto (about five minutes on two cores)",
        [command, "render", ROOT, "--no-execute"],
        log,
        900,
        f"mend what it names; the whole log is {log}.",
        cwd=BUILD,  # Quarto 1.4 wants every name in an .env.example of its working folder set (quarto-cli#9262)
    )
    if warnings := [line for line in log.read_text().splitlines() if "WARN" in line]:
        raise Problem(
            "Quarto could not render the site cleanly.",
            "\n".join(warnings),
            f"mend what it names; the whole log is {log}.",
        )


def render_preview():
    """Render the preview with smalldocs from an expanded copy of the project, between the steps of _quarto.yml."""
    derive.derive()
    with tempfile.TemporaryDirectory(prefix="chatlas-preview-") as name:
        copy = Path(name)
        config = write_expanded(copy)
        progress.run(
            "rendering the offline preview with smalldocs",
            [Path(sys.executable).with_name("smalldocs"), "render"],
            BUILD / "logs" / "render.log",
            timeout=300,
            advice="mend the page that the log names.",
            cwd=copy,
        )
        shutil.rmtree(SITE, ignore_errors=True)
        shutil.copytree(copy / config["project"]["output-dir"], SITE)
    finish_site.finish(SITE)


def write_expanded(copy):
    """Write the project into the folder `copy` with variables and embedded cells written out.

    Returns:
        The content of its _quarto.yml.
    """
    shutil.copytree(ROOT / "docs", copy / "docs")
    for page in pages.sources():
        target = copy / page
        target.parent.mkdir(parents=True, exist_ok=True)
        header, body = re.match(r"(---\n.*?\n---\n)(.*)", pages.expanded(page), re.DOTALL).groups()
        target.write_text(header + "\n" + NOTICE + body)
    config = yaml.safe_load((ROOT / "_quarto.yml").read_text())
    for resource in (path for pattern in config["project"]["resources"] for path in ROOT.glob(pattern)):
        target = copy / resource.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(resource, target)
    del config["project"]["pre-render"], config["project"]["post-render"]  # both work on this folder, not on the copy
    config["format"]["html"]["theme"] = "bootstrap"  # smalldocs compiles no Sass; this one fetches no font
    (copy / "_quarto.yml").write_text(yaml.safe_dump(config, sort_keys=False))
    return config


def check_nothing_raw():
    """Raise Problem if a page still has a shortcode, or a value that was never filled in."""
    for page in sorted(SITE.rglob("*.html")):
        found = re.search(r"\{\{(?:<|&lt;) .*", page.read_text())
        if found:
            raise Problem(
                f"{page.relative_to(ROOT)} shows raw source.", f"it holds {found[0][:80]}", "mend the page's source."
            )


def build():
    """Render the site; returns a sentence that says with what."""
    command = quarto()
    if command:
        render_with_quarto(command)
        version = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60).stdout.strip()
        how = f"Rendered with Quarto {version}."
    elif os.environ.get("QUARTO") == "required":
        raise Problem(
            "The site cannot be rendered.",
            "QUARTO=required, and there is no Quarto here: none on PATH, and quarto-cli could not fetch it.",
            "install Quarto, or look into _build/logs/quarto.log.",
        )
    else:
        render_preview()
        how = "Rendered an OFFLINE PREVIEW with smalldocs, since no Quarto is here; the real site needs it."
    check_nothing_raw()
    return f"{how} Open {SITE / 'index.html'}"


def main():
    print(build(), flush=True)
    if "--serve" in sys.argv[1:]:
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=SITE)
        with serve.free_port(PORT) as port:
            server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
        print(f"Serving it on http://localhost:{port}. Press Ctrl-C to stop.", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    run_main(main)
