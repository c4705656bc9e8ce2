"""compose.yaml: its schema, its pins, and what it says of safety."""

import re
import subprocess
import sys

import pytest
import yaml

from scripts.common.paths import ROOT
from scripts.content import backends
from scripts.servers import containers
from tests.words import RECORDED

FILES = ("compose.yaml", "containers/vllm-cpu/compose.yaml")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
DEFAULT = re.compile(r"\$\{(\w+):-([^}]*)\}")


@pytest.fixture(params=SERVICES)
def service(request):
    return SERVICES[request.param]


def flags(command):
    """The flags of a command without its model, settings replaced by their defaults."""
    words = [DEFAULT.sub(r"\2", word) for word in command]
    return words if words[0].startswith("-") else words[1:]


def test_the_files_keep_to_the_compose_schema():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, *(ROOT / file for file in FILES)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def test_every_image_is_the_pinned_release():
    vllm, litellm = backends.get("vllm").version, backends.get("litellm").version
    llama_cpp = re.search(r"image is called (b\d+)", (ROOT / "backends.toml").read_text())[1]
    ollama = re.search(r"image: (docker.io/ollama/ollama:\S+)", (ROOT / ".github/workflows/nightly.yml").read_text())[1]
    assert {name: service["image"] for name, service in SERVICES.items()} == {
        "vllm": f"docker.io/vllm/vllm-openai:v{vllm}",
        "vllm-cpu": f"docker.io/vllm/vllm-openai-cpu:v{vllm}",
        "ollama": ollama,
        "llama-cpp": f"ghcr.io/ggml-org/llama.cpp:server-{llama_cpp}",
        "litellm": f"ghcr.io/berriai/litellm-non_root:v{litellm}",
    }
    assert containers.service("container", "vllm-cpu")["image"] == f"localhost/chatlas-docs-vllm-cpu:{vllm}"


def test_every_port_is_published_on_this_machine_only(service):
    assert service["ports"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_no_service_gains_privileges_and_none_is_privileged(service):
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["cap_drop"] == ["ALL"]
    assert "seccomp" not in str(service["security_opt"])
    assert not {"privileged", "pid", "ipc", "network_mode"} & set(service)


def test_what_is_run_here_is_read_only_and_not_root():
    assert containers.service("container", "vllm-cpu")["read_only"] is True
    assert "\nUSER server\n" in (ROOT / "containers/vllm-cpu/Containerfile").read_text()
    assert SERVICES["vllm"]["user"] == "2000:0"


def test_every_service_has_a_health_check_with_a_start_period(service):
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["healthcheck"]["start_period"]


def test_only_a_health_check_of_ours_calls_no_model():
    assert "/health/liveliness" in SERVICES["litellm"]["healthcheck"]["test"][-1]
    assert "/health'" in SERVICES["vllm"]["healthcheck"]["test"][-1]


def test_the_proxy_sends_vllm_the_key_that_vllm_asks_for():
    assert "VLLM_API_KEY=${VLLM_API_KEY:-}" in SERVICES["vllm"]["environment"]
    assert "UPSTREAM_API_KEY=${VLLM_API_KEY:-}" in SERVICES["litellm"]["environment"]


def test_files_are_mounted_read_only(service):
    mounts = [volume for volume in service.get("volumes", []) if volume.startswith((".", "$"))]
    assert all(mount.endswith(":ro") for mount in mounts)


def test_keys_come_from_the_environment_alone():
    for file in (*FILES, ".env.example"):
        text = (ROOT / file).read_text()
        assert re.findall(r"^.*(?:TOKEN|KEY)=(?!\$\{\w+:-\}).+", text, re.MULTILINE) == []
    for name in ("vllm", "vllm-cpu"):
        assert "HF_TOKEN" in SERVICES[name]["environment"]
    assert ".env" in (ROOT / ".gitignore").read_text().replace("/.env", ".env").splitlines()


def test_the_example_settings_are_the_defaults_and_set_nothing():
    """Quarto reads .env.example where it runs, and stops if a variable that is set there is not in its environment."""
    defaults = {name: value for name, value in DEFAULT.findall((ROOT / "compose.yaml").read_text()) if value}
    lines = [line for line in (ROOT / ".env.example").read_text().splitlines() if line]
    assert all(line.startswith("#") for line in lines)
    assert dict(re.findall(r"^#(\w+)=(.+)$", "\n".join(lines), re.MULTILINE)) == defaults


def test_the_cpu_services_take_the_flags_of_the_embedded_server():
    command = backends.get("vllm").command
    embedded = [word for word in command[command.index("--served-model-name") :]]
    for flag in ("--host", "--port"):  # the container's own
        at = embedded.index(flag)
        del embedded[at : at + 2]
    embedded[embedded.index("servers/smollm2-tools.jinja")] = "/templates/smollm2-tools.jinja"
    assert flags(SERVICES["vllm-cpu"]["command"]) == embedded
    assert flags(containers.service("container", "vllm-cpu")["command"]) == embedded


def test_llama_cpp_takes_the_flags_of_the_embedded_server():
    embedded = backends.get("llama-cpp").command[1:]
    inside = {"{model}": "/models/model.gguf", "127.0.0.1": "0.0.0.0", "{port}": "8080"}
    inside["servers/smollm2-tools.jinja"] = "/templates/smollm2-tools.jinja"
    assert flags(SERVICES["llama-cpp"]["command"]) == [inside.get(word, word) for word in embedded]


def test_backends_name_services_that_there_are():
    for backend in backends.load().values():
        for kind, name in backend.container.items():
            profile, _ = containers.KINDS[kind]
            assert profile in SERVICES[name]["profiles"], name
            assert str(backend.port) in SERVICES[name]["ports"][0]
            assert f"{backend.name.upper().replace('-', '_')}_PORT" in SERVICES[name]["ports"][0]


def test_the_proxy_waits_for_a_healthy_upstream_of_either_profile():
    waits = SERVICES["litellm"]["depends_on"]
    assert set(waits) == {"vllm", "vllm-cpu"}
    assert all(wait == {"condition": "service_healthy", "required": False} for wait in waits.values())
    assert all(SERVICES[name]["networks"]["default"]["aliases"] == ["upstream"] for name in waits)


def test_a_service_is_asked_for_its_health_where_it_answers():
    for backend in backends.load().values():
        for name in set(backend.container.values()) & set(SERVICES):
            test, ports = SERVICES[name]["healthcheck"]["test"][-1], SERVICES[name]["ports"]
            assert [port.rpartition(":")[2] for port in ports] == [str(backend.port)], name
            asked = re.findall(r"http://localhost:(\d+)(/[\w/]+)", test)
            assert asked in ([], [(str(backend.port), backend.ready)]), name
            assert asked or test == "list"  # of Ollama, whose image has no curl


def test_the_volumes_that_are_declared_are_those_that_are_mounted():
    mounted = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert {name for name in mounted if re.fullmatch(r"[\w-]+", name)} == set(COMPOSE["volumes"])


def test_the_variables_that_a_service_is_given_are_those_that_its_server_knows():
    for backend in backends.load().values():
        known = {*RECORDED[backend.name]["variables"], "HF_TOKEN", *backend.environ}
        for name in set(backend.container.values()) & set(SERVICES):
            given = {line.partition("=")[0] for line in SERVICES[name].get("environment", [])}
            assert given <= known, name
