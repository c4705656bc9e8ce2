"""What recipes promise beyond one notebook on one server: an app in a browser, a move between servers."""

import re
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest
from fastapi.responses import HTMLResponse

from scripts.common import processes
from scripts.common.paths import ROOT
from scripts.content import notebooks
from scripts.run import execute
from scripts.servers import serve
from scripts.site import browser

LIMIT = 60  # seconds
RECONNECTED = 8  # seconds after which a browser has long connected again (Chromium waits 3)


def cells_of(name):
    """The code cells of a recipe by id, as text."""
    return {cell.id: cell.source for cell in notebooks.code_cells(notebooks.read(f"notebooks/recipes/{name}.ipynb"))}


@pytest.fixture
def shiny_app(root, tmp_path):
    """The address of the Shiny app, saved as its page says and started with `shiny run`."""
    parameters = {"base_url": f"{root}/v1"}
    notebook = notebooks.with_parameters(notebooks.read("notebooks/recipes/streaming-app.ipynb"), parameters)
    lines = notebooks.parameters_cell(notebook).source
    (tmp_path / "app.py").write_text(f"{lines}\n{cells_of('streaming-app')['shiny']}\n")
    with serve.free_port() as port, (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "shiny", "run", "--port", str(port), "app.py"],
            cwd=tmp_path,
            env=execute.clean_environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            address = f"http://127.0.0.1:{port}/"
            until = time.monotonic() + LIMIT
            while not serve.answers(address):
                assert process.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < until, (tmp_path / "log").read_text()
                time.sleep(0.2)
            yield address
        finally:
            processes.stop_tree(process.pid)


def test_somebody_asks_the_shiny_app_in_a_browser_and_sees_the_answer(shiny_app):
    if why := browser.not_verified():
        pytest.skip(why)
    asked_for = []
    with browser.chromium() as chromium:
        page = chromium.new_page()
        page.set_default_timeout(LIMIT * 1000)
        page.on("request", lambda request: asked_for.append(request.url))
        page.goto(shiny_app)
        page.get_by_role("textbox").fill("What is the capital of Japan?")
        page.keyboard.press("Enter")
        page.get_by_text("The capital of Japan is Tokyo.").wait_for()
    assert [url for url in asked_for if not url.startswith((shiny_app, "data:", "blob:"))] == []


@pytest.fixture
def sse_app(root):
    """The address of the recipe's FastAPI app, served by its own cell, with an empty page at /."""
    cells = cells_of("streaming-app")
    session = {"base_url": f"{root}/v1", "api_key": "EMPTY", "model": "smollm2"}
    for name in ("quickstart", "web-app"):
        exec(cells[name], session)
    session["api"].get("/", response_class=HTMLResponse)(lambda: "<body></body>")
    try:
        yield f"http://127.0.0.1:{session['port']}/"
    finally:
        session["api_server"].should_exit = True


def test_a_browser_reads_the_events_and_asks_only_once(sse_app):
    """The script of the recipe's page: an EventSource left open asks again when the answer has ended."""
    if why := browser.not_verified():
        pytest.skip(why)
    source = (ROOT / "docs/cookbook/streaming-app.qmd").read_text()
    (script,) = re.findall(r"^```javascript\n(.*?)^```", source, re.DOTALL | re.MULTILINE)
    asked = []
    with browser.chromium() as chromium:
        page = chromium.new_page()
        page.set_default_timeout(LIMIT * 1000)
        page.on("request", lambda request: asked.append(request.url) if "/ask?" in request.url else None)
        page.goto(sse_app)
        page.add_script_tag(content=script)
        page.get_by_text("The capital of Japan is Tokyo.").wait_for()
        page.wait_for_timeout(RECONNECTED * 1000)
        assert page.locator("body").inner_text() == "The capital of Japan is Tokyo."
    assert len(asked) == 1


def test_the_app_answers_without_an_event_when_its_model_server_is_down(port, caplog):
    cells = cells_of("streaming-app")
    session = {"base_url": f"http://127.0.0.1:{port}/v1", "api_key": "EMPTY", "model": "smollm2"}
    exec(cells["quickstart"].partition("server = ")[0], session)  # what the next cell imports
    before = set(threading.enumerate())
    exec(cells["web-app"], session)
    caplog.set_level("CRITICAL", "uvicorn.error")  # its traceback is expected
    text = ""
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{session['port']}/ask?question=Hello", timeout=LIMIT
        ) as response:
            status, text = response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        status = error.code
    finally:
        session["api_server"].should_exit = True
        for thread in set(threading.enumerate()) - before:
            thread.join(LIMIT)  # it may log until then
    place = "docs/cookbook/streaming-app.qmd#fastapi-as-server-sent-events"
    assert (status, text) == (200, ""), f"this now works: remove the workaround in {place}"


def test_a_conversation_moves_from_vllm_to_litellm(root, litellm, capsys):
    """The cells of the recipe, begun on one server and gone on with on another."""
    cells = cells_of("conversations")
    session = {"base_url": f"{root}/v1", "api_key": "EMPTY", "model": "smollm2"}
    for name in ("quickstart", "save"):
        exec(cells[name], session)
    session |= {"base_url": litellm.base_url, "api_key": litellm.api_key, "model": litellm.backend.serves}
    exec(cells["resume"], session)
    assert capsys.readouterr().out.endswith("The capital of Japan is Tokyo.\n")
    session["file"].unlink()
    session["file"].parent.rmdir()


def test_an_overnight_run_that_is_killed_goes_on_without_asking_an_answered_prompt_again(root, tmp_path):
    """The recipe's snippet as a program: killed in the middle, its answers marked, started again."""
    notebook = notebooks.read("notebooks/recipes/overnight.ipynb")
    source = notebooks.snippet(notebook, {"base_url": f"{root}/v1"})
    definitions, found, _ = source.partition("\nfor left in run(")
    assert found
    prompts = [f"Maria is {age} years old." for age in range(20, 52)]
    kept = f"file = {str(tmp_path / 'overnight.db')!r}"
    definitions = re.sub(r"^file = .*$", lambda _: kept, definitions, count=1, flags=re.MULTILINE)
    program = [sys.executable, "-c", f"{definitions}\nfor left in run({prompts!r}):\n    print(left, flush=True)"]
    with subprocess.Popen(program, env=execute.clean_environment(), stdout=subprocess.PIPE, text=True) as process:
        for _ in range(4):
            assert process.stdout.readline().strip().isdigit()
        process.kill()
    db = sqlite3.connect(tmp_path / "overnight.db")
    with db:
        marked = db.execute("UPDATE jobs SET answer = 'before' WHERE answer NOTNULL").rowcount
    assert 4 <= marked < len(prompts)
    again = subprocess.run(program, env=execute.clean_environment(), capture_output=True, text=True, timeout=LIMIT)
    assert again.returncode == 0, again.stderr
    assert len(again.stdout.split()) == len(prompts) - marked
    answers = [answer for (answer,) in db.execute("SELECT answer FROM jobs")]
    db.close()
    assert len(answers) == len(prompts)
    assert None not in answers
    assert answers.count("before") == marked
