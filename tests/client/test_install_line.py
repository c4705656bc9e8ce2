"""The install line of the pages, executed as it stands in a fresh environment."""

import os
import subprocess
import sys

import pytest

from scripts.content import notebooks, pages


@pytest.fixture(scope="module", params=["", "openai<3"], ids=["empty", "with openai 2"])
def environment(request, tmp_path_factory):
    """A new virtual environment with pip and, the second time, with an openai that today's chatlas fails beside."""
    folder = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
    if request.param:
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", request.param], check=True, timeout=300)
    return folder


def install_lines():
    """The lines that install chatlas alone; a recipe may install more (tests/static/test_copying.py looks at that)."""
    return {
        block
        for page in pages.sources()
        for block in pages.code_blocks(page, "bash")
        if block.startswith('pip install "chatlas') and block.endswith('"')
    }


def test_all_pages_show_the_same_line():
    assert len(install_lines()) == 1


def test_the_line_installs_what_the_snippet_imports(environment):
    variables = {**os.environ, "PATH": f"{environment / 'bin'}:{os.environ['PATH']}"}
    for line in install_lines():
        subprocess.run(["bash", "-ec", line], env=variables, check=True, timeout=300, stdout=subprocess.DEVNULL)
    snippet = notebooks.snippet(notebooks.read("notebooks/vllm.ipynb"))
    imports = "\n".join(line for line in snippet.splitlines() if line.startswith(("import ", "from ")))
    assert "chatlas" in imports
    subprocess.run([environment / "bin" / "python", "-c", imports], check=True, timeout=60)
