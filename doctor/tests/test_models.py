"""The model's id: what means a served model, and what is another one."""

import ast
import json

import pytest
from chatlas_doctor.ask import Reply
from chatlas_doctor.models import find_model, not_served
from chatlas_doctor.servers import SIGNS, identify
from chatlas_doctor.snippet import snippet

from tests.imitation import answers, chats

SAME_MODEL = [
    ("./models/Qwen3-4B/", "./models/Qwen3-4B", "has a slash too many at its end"),
    ("./models/Qwen3-4B", "./models/Qwen3-4B/", "lacks the slash at its end"),
    ("SmolLM2", "smollm2", "differs in upper and lower case"),
    ("SmolLM2/", "smollm2", "has a slash too many at its end and differs in upper and lower case"),
    ("llama3.2:latest", "llama3.2", "differs in `:latest`"),
    ("llama3.2", "llama3.2:latest", "differs in `:latest`"),
    ("Qwen3-4B", "./models/Qwen3-4B", "differs in its path"),
    ("/models/Qwen3-4B", "models/Qwen3-4B", "differs in its path"),
    ("Qwen/Qwen3-4B", "Qwen3-4B", "differs in its path"),
    ("qwen/qwen3-4b", "./models/Qwen/Qwen3-4B", "differs in upper and lower case and differs in its path"),
]
OTHER_MODEL = [
    ("qwen3:14b", "qwen3:4b"),
    ("qwen3", "qwen3:4b"),
    ("qwen3:latest", "qwen3:4b"),
    ("qwen3:4b-q8_0", "qwen3:4b"),
    ("llama3.1", "llama3.2"),
    ("gpt-oss:20b", "gpt-oss:120b"),
    ("Qwen/Qwen3-8B", "Qwen/Qwen3-8B-AWQ"),
    ("Qwen/Qwen3-8B", "Qwen3-8B-AWQ"),
    ("Qwen3-4B", "Qwen3-4B-Instruct-2507"),
    ("mistral", "mistral-nemo"),
    ("mistral-small", "mistral-small-3.2-24b-instruct-2506-awq"),
    ("a/model", "b/model"),
    ("qwen/qwen3-4b", "./models/Qwen3-4B"),
    ("model-q4.gguf", "model-q8.gguf"),
    ("smolm2", "smollm2"),
]


@pytest.mark.parametrize(("wanted", "served", "way"), SAME_MODEL)
def test_what_certainly_means_a_served_model_is_called_that_model(wanted, served, way):
    assert find_model(wanted, ["other", served]) == (served, way)


@pytest.mark.parametrize(("wanted", "served"), OTHER_MODEL)
def test_another_tag_size_version_quantisation_or_owner_is_another_model(wanted, served):
    for asked, listed in ((wanted, served), (served, wanted)):
        assert find_model(asked, ["other", listed]) == (None, "")
        cause, closest = not_served(asked, ["other", listed])
        assert closest == listed
        assert cause.text == f"The model {asked!r} is not served; the closest served id is {listed!r}."


def test_an_id_that_may_be_either_of_two_models_is_neither():
    assert find_model("model", ["a/model", "b/model"]) == (None, "")
    assert find_model("MODEL", ["model", "Model"]) == (None, "")


def test_a_pattern_in_the_list_counts_and_is_no_model():
    assert find_model("openai/gpt-5", ["openai/*"]) == ("openai/gpt-5", "")
    assert not_served("opena", ["openai/*"])[1] is None


@pytest.mark.parametrize("others", ["model", "barely"])
def test_a_model_that_is_not_served_is_never_replaced_by_another(imitate, diagnose, others):
    server = imitate(chats.serves("qwen3:4b", "mistral-nemo", others=others))
    status, first, out = diagnose(server.url, "--model", "qwen3:14b")
    assert (status, first) == (11, "The model 'qwen3:14b' is not served; the closest served id is 'qwen3:4b'.")
    assert {body["model"] for body in server.asked} == {"qwen3:14b"}
    assert "It may be another model. The code below names it, and was not run." in out
    assert 'model="qwen3:4b"' in out[out.index("This code was not run:") :]


def test_a_server_that_answers_to_any_id_is_not_taken_at_its_word(imitate, diagnose):
    server = imitate(chats.serves("qwen3:4b", others="answered"))
    status, first, out = diagnose(f"{server.url}/v1", "--model", "qwen3:14b")
    text = "The server answered, but its list has no model 'qwen3:14b'; the closest served id is 'qwen3:4b'."
    assert (status, first) == (11, text)
    assert "answer any id" in out
    assert diagnose(f"{server.url}/v1", "--model", "QWEN3:4b")[0] == 0


def test_the_same_model_under_its_right_id_is_run(imitate, diagnose):
    server = imitate(chats.serves("qwen3:4b", others="model"))
    status, first, out = diagnose(server.url, "--model", "Qwen3:4B")
    assert status == 11
    assert "'Qwen3:4B' differs in upper and lower case; the server calls it 'qwen3:4b'." in first
    assert 'model="qwen3:4b"' in out[out.index("This code works") :]


def test_with_no_id_near_the_list_is_shown(imitate, diagnose):
    status, first, out = diagnose(imitate(chats.serves("qwen3:4b", "mistral")).url, "--model", "gpt-5")
    assert (status, first) == (11, "The model 'gpt-5' is not served.")
    assert "The server lists: qwen3:4b, mistral." in out


def test_a_hostile_model_id_stays_a_string(imitate, diagnose, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    _, _, out = diagnose(imitate(answers.hostile_model_id).url)
    assert "\x1b" not in out
    assert "\x07" not in out
    assert list(tmp_path.iterdir()) == []
    code = snippet("http://localhost:1/v1", "a\"'\\\n\u2028{x}", False)
    call = ast.parse(code).body[1].value
    assert {k.arg: k.value.value for k in call.keywords}["model"] == "a\"'\\\n\u2028{x}"


def test_json_of_odd_shapes_is_survived(imitate, diagnose):
    assert diagnose(imitate(answers.odd_json).url)[0] != 0
    shapes = [None, 1, "x", [], {}, [1], {"data": 1}, {"version": 1, "models": 1}, {"default_generation_settings": 1}]
    for shape in shapes:
        signs = {path: Reply(200, {}, json.dumps(shape).encode()) for path in SIGNS}
        for entries in (None, [], [{"id": "m", "owned_by": [], "max_model_len": "x"}]):
            name, version, context = identify(signs, entries)
            assert isinstance(name + version, str)
            assert all(isinstance(size, int) for size in context.values())


# What servers that are not run here say, after their documentation (read 2026-11).
DOCUMENTED = {
    "llama.cpp": ({"/props": {"default_generation_settings": {"n_ctx": 4096}, "build_info": "b8681"}}, "b8681", 4096),
    "LM Studio": ({"/api/v0/models": {"data": [{"id": "m", "state": "loaded", "max_context_length": 4096}]}}, "", 4096),
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_servers_are_known_by_what_their_documentation_shows(name):
    signs, version, context = DOCUMENTED[name]
    other = Reply(200, {}, b'{"error": "Unexpected endpoint or method."}')
    replies = {path: Reply(200, {}, json.dumps(signs[path]).encode()) if path in signs else other for path in SIGNS}
    assert identify(replies, [{"id": "m"}]) == (name, version, {"m": context})
