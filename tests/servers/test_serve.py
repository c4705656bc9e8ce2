"""Starting, waiting and stopping, with servers that misbehave on purpose."""

import functools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest

from scripts.common.paths import ROOT
from scripts.common.problem import Problem
from scripts.servers import serve
from tests.gone import is_gone


def started_by(pid):
    """The processes that `pid` started, and theirs; nobody else's, so that two runs do not see each other."""
    return psutil.Process(pid).children(recursive=True)


def test_a_server_that_never_gets_ready_is_a_problem_and_is_stopped(build, misbehaving):
    with pytest.raises(Problem, match=r"(?s)did not get ready.*/health did not answer.*loading for ever"):
        serve.launch(*misbehaving("never_ready", ready_within=5))
    log = (build / "logs" / "server-vllm.log").read_text()
    started = re.search(r"in the processes (\d+) (\d+)", log).groups()
    assert all(is_gone(int(pid)) for pid in started)


def test_a_server_that_dies_at_start_shows_what_it_died_of(build, misbehaving):
    with pytest.raises(Problem, match=r"(?s)died.*status 3.*server-vllm\.log.*no such model"):
        serve.launch(*misbehaving("dies_at_start"))


def test_a_server_that_dies_later_is_noticed(build, misbehaving):
    with serve.serving(*misbehaving("dies_when_told")) as server:
        server.check_alive()
        with pytest.raises(OSError, match="closed connection"):
            urllib.request.urlopen(f"{server.root}/die", timeout=30)
        server.process.wait(30)
        with pytest.raises(Problem, match=r"(?s)died.*out of memory"):
            server.check_alive()


def test_no_setting_of_the_person_at_the_terminal_reaches_a_server(build, misbehaving, monkeypatch):
    hidden = ("API_KEY", "MODEL", "VLLM_PORT", "LITELLM_SALT_KEY", "LLAMA_ARG_CTX_SIZE", "LLAMA_API_KEY", "OLLAMA_HOST")
    for name in (*hidden, "LANG_OF_THE_PERSON"):
        monkeypatch.setenv(name, "theirs")
    with serve.serving(*misbehaving("dies_when_told")) as server:
        given = psutil.Process(server.process.pid).environ()
    assert [name for name, value in given.items() if value == "theirs"] == ["LANG_OF_THE_PERSON"]


def test_nothing_runs_after_the_with_block(build, misbehaving):
    with serve.serving(*misbehaving("dies_when_told")) as server:
        pid = server.process.pid
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)


def test_another_port_is_taken_when_the_usual_one_is_in_use():
    with socket.create_server(("127.0.0.1", 0)) as busy:
        usual = busy.getsockname()[1]
        with serve.free_port(usual) as port:
            assert port != usual


def test_another_port_is_taken_when_another_run_is_about_to_start_there(build, misbehaving):
    """Both look before either listens, and an imitation shares its port with none; vLLM would."""
    with serve.free_port() as usual:
        backend, prepared = misbehaving("dies_when_told", port=usual)
        with serve.serving(backend, prepared) as server:
            assert server.root != f"http://localhost:{usual}"
    with serve.serving(backend, prepared) as server:
        assert server.root == f"http://localhost:{usual}"


@pytest.mark.parametrize("at_once", [True, False])  # as soon as its process exists, or while it loads
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_the_server_starts_leaves_nothing_running(sent, at_once, tmp_path):
    program = (
        "import os, subprocess, sys; from pathlib import Path; from dataclasses import replace\n"
        "from scripts.content import backends; from scripts.servers import serve\n"
        "from scripts.common.problem import run_main\n"
        "b = replace(backends.get('vllm'), port=0,\n"
        "    command=['python', '-m', 'tests.imitation.started', 'never_ready', '{port}'])\n"
        "class Popen(subprocess.Popen):\n"
        "    def __init__(self, *arguments, **options):\n"
        "        super().__init__(*arguments, **options)\n"
        f"        print(self.pid, flush=True); {at_once} and os.kill(os.getpid(), {sent:d})\n"
        "subprocess.Popen = Popen\n"
        f"serve.BUILD = Path({str(tmp_path)!r})\n"
        "run_main(lambda: serve.launch(b, (Path(sys.executable), None, {})))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    limit, started = time.monotonic() + 60, []
    while not at_once and len(started := started_by(process.pid)) < 2 and time.monotonic() < limit:
        time.sleep(0.1)
    if not at_once:
        assert len(started) == 2, "the server and its child have not started"
        process.send_signal(sent)
    printed, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"interrupted" in errors
    assert all(is_gone(pid) for pid in [int(re.search(rb"^\d+$", printed, re.M)[0]), *(each.pid for each in started)])


def test_stop_without_start_says_so(monkeypatch, tmp_path, misbehaving, capsys):
    monkeypatch.setattr(serve, "BUILD", tmp_path)
    serve.stop(misbehaving("dies_when_told")[0])
    assert "No vLLM server was started" in capsys.readouterr().out


def test_stop_does_not_touch_a_process_that_reuses_the_number(monkeypatch, tmp_path, misbehaving):
    monkeypatch.setattr(serve, "BUILD", tmp_path)
    backend, _ = misbehaving("dies_when_told")
    serve.state_file(backend).write_text(json.dumps({"pid": os.getpid(), "created": 1.0, "base_url": "", "log": ""}))
    assert serve.running(backend) is None
    serve.stop(backend)  # this test is still here afterwards


def test_a_server_is_still_known_after_the_clock_was_corrected(monkeypatch, tmp_path, misbehaving):
    monkeypatch.setattr(serve, "BUILD", tmp_path)
    backend, _ = misbehaving("dies_when_told")
    noted = {"pid": os.getpid(), "created": psutil.Process().create_time() - 2.5}
    serve.state_file(backend).write_text(json.dumps(noted))
    assert serve.running(backend) == noted


def test_the_server_listens_on_this_machine_only():
    command = serve.backends.get("vllm").command
    assert command[command.index("--host") + 1] == "127.0.0.1"


def test_two_servers_of_a_kind_have_a_scratch_folder_each_and_leave_none(build, misbehaving):
    first, prepared = misbehaving("dies_when_told")
    second, _ = misbehaving("dies_when_told")
    with serve.serving(first, prepared) as one:
        (one.scratch / "kept").touch()
        with serve.serving(second, prepared) as other:
            assert other.scratch != one.scratch
        assert (one.scratch / "kept").exists()
    assert list((build / "scratch").iterdir()) == []


def test_a_server_that_outlives_its_command_keeps_the_cache_folder_that_it_runs_from(tmp_path):
    program = (
        "import dataclasses, os, sys; from pathlib import Path\n"
        "from scripts.content import backends; from scripts.servers import serve\n"
        "command = ['python', '-m', 'tests.imitation.started', 'dies_when_told', '{port}']\n"
        "backend = dataclasses.replace(backends.get('vllm'), command=command, port=0, ready='/v1/models')\n"
        "server = serve.launch(backend, (Path(sys.executable), None, {}))\n"
        "print(server.process.pid, server.scratch, flush=True)\n"
        "os._exit(0)\n"
    )
    environ = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    run = functools.partial(subprocess.run, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120)
    pid, scratch = run([sys.executable, "-c", program]).stdout.splitlines()[-1].split(maxsplit=1)
    try:
        assert "Kept" in run([sys.executable, "-m", "scripts.common.cache"]).stdout
    finally:
        serve.end(int(pid), scratch)
    assert run([sys.executable, "-m", "scripts.common.cache"]).stdout == ""
    assert list(tmp_path.iterdir()) == []
