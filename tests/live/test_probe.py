"""`chatlas-doctor probe` on a real llama.cpp server, with a key."""

import json
import os
import subprocess
import sys

import jsonschema
import pytest
from chatlas_doctor.causes import KEY_VARIABLE
from chatlas_doctor.probes import catalog

from scripts.content import backends
from scripts.matrix import reported, stored
from scripts.run import execute
from scripts.servers import serve

SYMBOL_OF = {"supported": "yes", "partly": "partly", "unsupported": "no"}
MODELS_PART = ("the model did not", "not asked", "not applicable")


@pytest.fixture(scope="module")
def probed(tmp_path_factory):
    """The JSON report on the server with a key, all that was printed, and the key."""
    folder = tmp_path_factory.mktemp("probe")
    backend = backends.get("llama-cpp+key")
    with serve.serving(backend, serve.prepare(backend)) as server:
        files = [str(folder / name) for name in ("report.json", "report.html")]
        command = [sys.executable, "-m", "chatlas_doctor", "probe", server.base_url, "--json", files[0]]
        done = subprocess.run(
            [*command, "--html", files[1]],
            env={
                **execute.clean_environment(),
                "PYTHONPATH": os.pathsep.join(["doctor/src"]),
                KEY_VARIABLE: server.api_key,
            },
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        text = (folder / "report.html").read_text() + (folder / "report.json").read_text()
        yield json.loads((folder / "report.json").read_text()), done.stdout + done.stderr + text, server.api_key


def test_every_question_has_an_answer_that_the_schema_knows(probed):
    report, *_ = probed
    jsonschema.validate(report, json.loads(reported.SCHEMA.read_text()))
    assert [column["class"] for column in report["columns"]] == ["ChatOpenAICompletions", "ChatOpenAI"]
    for column in report["columns"]:
        assert [finding["probe"] for finding in column["findings"]] == list(catalog.load())
    assert report["server"]["name"] == "llama.cpp"


def test_the_key_is_in_no_output(probed):
    _, text, key = probed
    assert len(key) > 8
    assert key not in text


def test_where_the_server_alone_decides_the_answers_are_those_of_the_table(probed):
    report, *_ = probed
    accepted = {column["class"]: stored.current(column) for column in stored.newest(stored.results()["llama-cpp"])}
    for column in report["columns"]:
        for finding in column["findings"]:
            if finding["outcome"] not in MODELS_PART and not catalog.load()[finding["probe"]].follows:
                wanted = accepted[column["class"]][finding["probe"]]["outcome"]
                assert finding["outcome"] == SYMBOL_OF.get(wanted, finding["outcome"]), (column["class"], finding)
