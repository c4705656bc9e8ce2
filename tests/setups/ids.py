"""The model: how it is listed, and what the reader calls it."""

import gzip
import json
import time

from tests.imitation.openai_like import openai_like
from tests.imitation.server import reply
from tests.setups.setup import GOOD, WORKS, Setup, answers, chats, site

CALL = ("{url}/v1", "--model", "m")
UNLISTED = openai_like(models=False)


def listed(answer_list, **more):
    return site({"GET /v1/models": answer_list, "POST /v1/chat/completions": GOOD, **more})


def huge(handler):
    data = [
        {
            "id": f"organization/model-{n:05}-instruct",
            "object": "model",
            "created": 1,
            "owned_by": "organization",
            "description": "x" * 220,
        }
        for n in range(20000)
    ]
    reply(handler, 200, {"object": "list", "data": [*data, {"id": "m", "object": "model"}]})


def slow(handler):
    time.sleep(6)
    GOOD(handler)


def zipped(handler):
    body = gzip.compress(json.dumps({"object": "list", "data": [{"id": "m", "object": "model"}]}).encode())
    reply(handler, 200, body, Content_Encoding="gzip")


def knows(*names, refusal="ollama"):
    """A server with these models alone, which refuses others in the words of Ollama or of vLLM."""

    def behave(handler):
        name = handler.body["model"]
        if name in names:
            return GOOD(handler)
        if refusal == "vllm":
            message = f"The model `{name}` does not exist."
            error = {"message": message, "type": "NotFoundError", "param": "model", "code": 404}
        else:
            error = {"message": f"model '{name}' not found", "type": "not_found_error", "param": None, "code": None}
        return reply(handler, 404, {"error": error})

    return chats(behave, *names, owner="vllm" if refusal == "vllm" else "library")


def asks(*options):
    return ("{url}/v1", *options)


OLLAMA = "ollama's server/routes.go at fb30760; ids from ollama.com/library; 2026-11"

SETUPS = [
    Setup(
        "no model list, and the chat works: the model is named",
        "mlx_lm.server offline, AWS API gateways with one route; 2026-11",
        UNLISTED,
        (WORKS,),
        ("No OpenAI-compatible server", "Check the port"),
        CALL,
        works=True,
    ),
    Setup(
        "no model list, and no model named",
        "mlx_lm.server offline, AWS API gateways with one route; 2026-11",
        UNLISTED,
        ("list|name", "--model"),
        ("No OpenAI-compatible server", "nothing listens", "Check the port"),
    ),
    Setup(
        "a list of 20,000 models, 6 MB, and the model is named",
        "kept-back set-up of 26 November 2026; aggregators list thousands",
        listed(huge),
        (WORKS,),
        ("cut off", "no model list, so"),
        CALL,
        works=True,
    ),
    Setup(
        "a list that takes 6 seconds, and the model is named",
        "kept-back set-up of 26 November 2026; LiteLLM asks its providers for theirs (check_provider_endpoint)",
        listed(slow),
        (WORKS,),
        ("No OpenAI-compatible server", "does not answer"),
        CALL,
        works=True,
    ),
    Setup(
        "a list in gzip that nobody asked for, and the model is named",
        "kept-back set-up of 26 November 2026; nginx with gzip_static always",
        listed(zipped),
        (WORKS,),
        ("cut off", "No OpenAI-compatible server"),
        CALL,
        works=True,
    ),
    Setup(
        "a list in gzip that nobody asked for, and no model named",
        "nginx with gzip_static always; 2026-11",
        listed(zipped),
        (WORKS,),
        ("No OpenAI-compatible server",),
        works=True,
    ),
    Setup(
        "qwen3:14b is asked for, qwen3:4b is served",
        OLLAMA,
        knows("qwen3:4b"),
        ("not served|not (have|know|found)", "qwen3:14b", "qwen3:4b"),
        ("calls it", "is called"),
        asks("--model", "qwen3:14b"),
    ),
    Setup(
        "another quantization of the same model is served",
        OLLAMA,
        knows("llama3.1:8b-instruct-q4_K_M"),
        ("not served|not (have|know|found)", "llama3.1:8b-instruct-q4_K_M"),
        ("calls it", "is called"),
        asks("--model", "llama3.1:8b-instruct-q8_0"),
    ),
    Setup(
        "version 2.5 is asked for, 3 is served",
        "huggingface.co/Qwen; 2026-11",
        knows("Qwen/Qwen3-7B-Instruct", refusal="vllm"),
        ("not served|not (have|know|exist)", "Qwen/Qwen3-7B-Instruct"),
        ("calls it", "is called"),
        asks("--model", "Qwen/Qwen2.5-7B-Instruct"),
    ),
    Setup(
        "the model's name in other letters",
        "github.com/vllm-project/vllm/issues/3486; 2026-11",
        knows("qwen/qwen3-8b", refusal="vllm"),
        ("qwen/qwen3-8b",),
        (),
        asks("--model", "Qwen/Qwen3-8B"),
    ),
    Setup(
        "a slash too much at the end of the id, as in the original report",
        "measured with vllm 0.19.1; 2026-11",
        knows("./model_repo/Qwen/Qwen3.6-27B", refusal="vllm"),
        (r"\./model_repo/Qwen/Qwen3\.6-27B['`\"]", "slash|calls|is called|not served|serves"),
        (),
        asks("--model", "./model_repo/Qwen/Qwen3.6-27B/"),
    ),
    Setup(
        "Ollama without the tag: it means latest",
        OLLAMA,
        knows("smollm2:latest", "smollm2"),
        (WORKS,),
        ("not served",),
        asks("--model", "smollm2"),
        works=True,
    ),
    Setup(
        "Ollama before a model was pulled",
        "measured with ollama 0.32.15; 2026-11",
        site(
            {
                "/v1/models": answers(200, {"object": "list", "data": None}),
                "/": answers(200, "Ollama is running", "text/plain"),
                "/api/version": answers(200, {"version": "0.32.15"}),
                "/api/tags": answers(200, {"models": None}),
            }
        ),
        ("no model|without a model|model yet|pull",),
        ("not an? OpenAI",),
    ),
    Setup(
        "the only model makes embeddings",
        "ollama's server/routes.go at fb30760: %q does not support chat; 2026-11",
        chats(
            answers(
                400, {"error": {"message": '"nomic-embed-text" does not support chat', "type": "invalid_request_error"}}
            ),
            "nomic-embed-text:latest",
        ),
        ("does not support chat|embedding",),
    ),
    Setup(
        "LM Studio lists what was downloaded, and none is loaded",
        "github.com/lmstudio-ai/lms/issues/107; 2026-11",
        chats(
            answers(
                404,
                {
                    "error": {
                        "message": "No models loaded. Please load a model in the developer page or use the `lms "
                        "load` command.",
                        "type": "invalid_request_error",
                        "param": "model",
                        "code": "model_not_found",
                    }
                },
            ),
            "llama-3.2-1b",
            owner="organization_owner",
        ),
        ("No models loaded|not loaded|load",),
        ("no route", "still loading"),
    ),
    Setup(
        "llama-swap has no such model",
        "mostlygeek/llama-swap, internal/swaputil/http.go at 0bdb372; 2026-11",
        chats(
            answers(404, {"error": {"message": "no router for requested model", "type": "not_found"}}), "qwen", "gemma"
        ),
        ("not served|no router|not (have|know|found)", "mistral"),
        ("no route /", "no /v1/chat/completions"),
        asks("--model", "mistral"),
    ),
]
