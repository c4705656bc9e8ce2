"""Servers that have a name, and some that imitate others."""

from tests.imitation.openai_like import openai_like
from tests.imitation.server import reply
from tests.setups.setup import GOOD, WORKS, Setup, answers, models, site

TGI_INFO = {
    "model_id": "HuggingFaceH4/zephyr-7b-beta",
    "model_sha": "892b3d7a7b1cf10c7a701c60881cd93df615734c",
    "model_pipeline_tag": "text-generation",
    "max_input_tokens": 4095,
    "max_total_tokens": 4096,
    "router": "text-generation-router",
    "version": "3.3.6",
    "docker_label": "sha-1b5ecca",
}
OPEN_WEBUI = '<!doctype html><html lang="en"><head><title>Open WebUI</title><link rel="manifest"></head></html>'


def koboldcpp(handler):
    if handler.command == "POST" and handler.path != "/v1/chat/completions":
        return reply(handler, 404, "", "text/html")
    kobold = {
        "/v1/models": models("koboldcpp/Llama-3.1-8B", owner="koboldcpp", root="koboldcpp"),
        "/api/tags": answers(200, {"models": [{"name": "koboldcpp", "model": "koboldcpp/Llama-3.1-8B"}]}),
        "/api/version": answers(200, {"version": "0.7.0"}),
        "/api/extra/version": answers(200, {"result": "KoboldCpp", "version": "1.103", "protected": False}),
        "/v1/chat/completions": GOOD,
    }
    text = "Error: HTTP Server is running, but this endpoint does not exist. Please check the URL."
    return site(kobold, answers(404, text, "text/html"))(handler)


def open_webui(handler):
    """FastAPI, with a single page for every GET that it does not know."""
    if handler.path in ("/api/version", "/api/config"):
        body = {"version": "0.6.43", "name": "Open WebUI", "status": True}
        return reply(handler, 200, body)
    if handler.path.startswith(("/api/models", "/api/chat/completions")):
        if not handler.headers["Authorization"]:
            return reply(handler, 401, {"detail": "Not authenticated"})
        handler.path = handler.path.replace("/api/", "/v1/")
        return GOOD(handler)
    if handler.command == "POST":
        return reply(handler, 405, {"detail": "Method Not Allowed"}, Allow="GET, HEAD")
    return reply(handler, 200, OPEN_WEBUI, "text/html; charset=utf-8")


def docker_model_runner(handler):
    """As it was before /v1 became another name for /engines/v1."""
    chat = openai_like(root="/engines/v1")
    if handler.path in ("/engines/v1/models", "/engines/llama.cpp/v1/models"):
        data = [{"id": "docker.io/ai/smollm2:latest", "object": "model", "created": 1, "owned_by": "docker"}]
        return reply(handler, 200, {"object": "list", "data": data})
    if handler.path == "/engines/v1/chat/completions":
        return chat(handler)
    if handler.path == "/":
        return reply(handler, 200, "Docker Model Runner is running", "text/plain; charset=utf-8")
    return reply(handler, 404, "404 page not found\n", "text/plain; charset=utf-8")


def lm_studio(handler):
    if handler.path.startswith("/v1/"):
        return GOOD(handler)
    return reply(handler, 200, {"error": f"Unexpected endpoint or method. ({handler.command} {handler.path})"})


def llama_loading(handler):
    handler.version_string = lambda: "llama.cpp"
    reply(handler, 503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}})


SGLANG = site(
    {
        "/v1/models": models("m", owner="sglang", root="m", max_model_len=32768),
        "/get_model_info": answers(200, {"model_path": "m", "tokenizer_path": "m", "is_generation": True}),
        "/model_info": answers(200, {"model_path": "m", "tokenizer_path": "m", "is_generation": True}),
        "/v1/chat/completions": GOOD,
    }
)
TGI = site(
    {
        "/v1/models": models("HuggingFaceH4/zephyr-7b-beta", owner="HuggingFaceH4/zephyr-7b-beta"),
        "/info": answers(200, TGI_INFO),
        "/health": answers(200, "", "text/plain"),
        "/v1/chat/completions": GOOD,
    },
    answers(404, "", "text/plain"),
)
OLLAMA = site(
    {
        "/": answers(200, "Ollama is running", "text/plain; charset=utf-8"),
        "/api/version": answers(200, {"version": "0.32.15"}),
        "/api/tags": answers(200, {"models": [{"name": "m", "model": "m"}]}),
        "/v1/models": models("m", owner="library"),
        "/v1/chat/completions": GOOD,
    },
    answers(404, "404 page not found", "text/plain"),
)

SETUPS = [
    Setup(
        "KoboldCpp answers as Ollama does",
        "LostRuins/koboldcpp, koboldcpp.py at 2da346a5 (/api/tags, /api/extra/version); 2026-11",
        koboldcpp,
        (WORKS, "KoboldCpp"),
        ("Ollama",),
        works=True,
    ),
    Setup(
        "Open WebUI at /v1: a page for GET, 405 for POST",
        "github.com/open-webui/open-webui/issues/15124, 8317, 8048; 2026-11",
        open_webui,
        ("Open WebUI", "/api"),
        ("nothing listens",),
    ),
    Setup(
        "Open WebUI at /api, with its key",
        "docs.openwebui.com/reference/api-endpoints; 2026-11",
        open_webui,
        (WORKS, "Open WebUI"),
        call=("{url}/api",),
        works=True,
    ),
    Setup(
        "Docker Model Runner without /engines",
        "docker/model-runner, pkg/routing/router.go and pkg/server/server.go at 642c721; docs.docker.com/ai; 2026-11",
        docker_model_runner,
        ("Docker Model Runner", "/engines"),
        ("nothing listens",),
    ),
    Setup(
        "SGLang",
        "docs.sglang.io/basic_usage/native_api.html; 2026-11",
        SGLANG,
        (WORKS, "SGLang"),
        ("vLLM",),
        works=True,
    ),
    Setup(
        "TGI",
        "huggingface/text-generation-inference, router/src/server.rs at db931fc (/info, /v1/models); 2026-11",
        TGI,
        (WORKS, "TGI|[Tt]ext[- ][Gg]eneration[- ][Ii]nference"),
        works=True,
    ),
    Setup(
        "LM Studio without /v1: 200 and an error for every path",
        "github.com/lmstudio-ai/lmstudio-bug-tracker/issues/1323; 2026-11",
        lm_studio,
        ("/v1",),
        ("nothing listens",),
        call=("{url}",),
    ),
    Setup(
        "llama-server loads its model",
        "llama.cpp, tools/server/server-http.cpp; github.com/mostlygeek/llama-swap/issues/146; 2026-11",
        llama_loading,
        ("load",),
        ("nothing listens", "not an? OpenAI"),
    ),
    Setup(
        "Ollama at its own path /api",
        "docs.ollama.com/api; 2026-11",
        OLLAMA,
        (WORKS, "/v1|ChatOllama"),
        call=("{url}/api",),
    ),
]
