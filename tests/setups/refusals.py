"""The server is reached and does not answer: too long, too busy, asleep, not started, not allowed."""

import json

from tests.imitation.openai_like import whole
from tests.imitation.server import reply
from tests.setups.setup import GOOD, Setup, answers, asks_for, chats, page, refuses, site
from tests.setups.streams import begins

OOM = {
    "message": "Request failed during generation: Server error: CUDA out of memory. Tried to allocate 1.2 GiB",
    "http_status_code": 422,
}
TEMPLATE = "Value is not callable: null at row 58, column 111:\n{%- for tool in tools | tojson(indent=4) %}"


def fails_at_once(handler):
    """TGI: a stream with status 200 that holds nothing but an error."""
    if not handler.body.get("stream"):
        return reply(handler, 424, {"error": OOM["message"], "error_type": "generation"})
    begins(handler)
    handler.wfile.write(f"data: {json.dumps({'error': OOM})}\n\n".encode())


def thinks(handler):
    """A model that thinks, cut before its first word: the text is in `reasoning_content`."""
    answer = whole(handler.body)
    message = {"role": "assistant", "content": None, "reasoning_content": "Okay, the user greets me. I should"}
    answer["choices"] = [{"index": 0, "message": message, "finish_reason": "length"}]
    if not handler.body.get("stream"):
        return reply(handler, 200, answer)
    begins(handler)
    delta = {"role": "assistant", "content": None, "reasoning_content": message["reasoning_content"]}
    for part, end in ((delta, None), ({}, "length")):
        chunk = {**answer, "object": "chat.completion.chunk"}
        chunk["choices"] = [{"index": 0, "delta": part, "finish_reason": end}]
        handler.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
    handler.wfile.write(b"data: [DONE]\n\n")


def open_webui_without_keys(handler):
    if handler.headers["Authorization"]:
        return reply(handler, 403, {"detail": "Use of API key is not enabled in the environment."})
    return reply(handler, 401, {"detail": "Not authenticated"})


def error(message, kind, code, **more):
    return {"error": {"message": message, "type": kind, "param": None, "code": code, **more}}


SETUPS = [
    Setup(
        "llama-server: a context of 256 for each of 64 slots",
        "github.com/ggml-org/llama.cpp/pull/15780, github.com/melagiri/code-insights/issues/271; 2026-11",
        refuses(
            400,
            {
                "error": {
                    "code": 400,
                    "message": "request (312 tokens) exceeds the available context size (256 tokens), try "
                    "increasing it",
                    "type": "exceed_context_size_error",
                    "n_prompt_tokens": 312,
                    "n_ctx": 256,
                }
            },
            owner="llamacpp",
        ),
        ("context", "256"),
        ("no route",),
    ),
    Setup(
        "FastChat has another model: a flat error with a code of its own",
        "lm-sys/FastChat, fastchat/serve/openai_api_server.py: check_model, ErrorCode.INVALID_MODEL; 2026-11",
        refuses(
            400,
            {"object": "error", "message": "Only vicuna-7b-v1.5 allowed now, your model vicuna", "code": 40301},
            "vicuna-7b-v1.5",
            owner="fastchat",
        ),
        ("not served|allowed|not (have|know)", "vicuna-7b-v1.5"),
        ("no route",),
        ("{url}/v1", "--model", "vicuna"),
    ),
    Setup(
        "SGLang: longer than the context, a flat error",
        "sgl-project/sglang, python/sglang/srt/managers/tokenizer_manager.py; 2026-11",
        refuses(
            400,
            {
                "object": "error",
                "message": "The input (34 tokens) is longer than the model's context length (32 tokens).",
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            },
            owner="sglang",
        ),
        ("context length|longer than",),
        ("no route",),
    ),
    Setup(
        "vLLM's production stack: the engine sleeps",
        "vllm-project/production-stack, src/vllm_router/services/request_service/request.py; 2026-11",
        refuses(400, {"error": "Model m not found or vLLM engine is sleeping."}, owner="vllm"),
        ("sleep",),
        ("no route",),
    ),
    Setup(
        "Ollama's queue is full",
        "ollama/ollama, server/sched.go: ErrMaxQueue; 2026-11",
        refuses(
            503,
            error("server busy, please try again.  maximum pending requests exceeded", "api_error", None),
            owner="library",
        ),
        ("busy|pending requests",),
        ("loading its model", "still loading"),
    ),
    Setup(
        "Ollama's runner died",
        "github.com/ollama/ollama/issues/11775, 8770; 2026-11",
        refuses(500, error("llama runner process has terminated: exit status 2", "api_error", None), owner="library"),
        ("runner process has terminated",),
        ("no route", "nothing listens"),
    ),
    Setup(
        "LM Studio's model has crashed: a text under `error`",
        "github.com/lmstudio-ai/lmstudio-bug-tracker: Exit code: null; 2026-11",
        refuses(400, {"error": "The model has crashed without additional information. (Exit code: null)"}, "qwen3-4b"),
        ("has crashed",),
        ("not served", "no route"),
    ),
    Setup(
        "LocalAI cannot load the model",
        "github.com/mudler/LocalAI/issues/1664, 2692; 2026-11",
        refuses(
            500,
            {
                "error": {
                    "code": 500,
                    "message": "could not load model: rpc error: code = Unavailable desc = error reading from "
                    "server: EOF",
                    "type": "",
                }
            },
        ),
        ("could not load model",),
        ("still loading", "loading its model"),
    ),
    Setup(
        "TGI has too much to do",
        "huggingface/text-generation-inference, router/src/server.rs: InferError::Overloaded; 2026-11",
        refuses(429, {"error": "Model is overloaded", "error_type": "overloaded"}),
        ("overloaded",),
        ("no answer", "within 60"),
        within=15,
    ),
    Setup(
        "TGI runs out of memory: a stream with nothing but an error",
        "huggingface/text-generation-inference, router/src/infer/mod.rs: into_openai_event; 2026-11",
        chats(fails_at_once),
        ("out of memory",),
        ("no answer", "nothing listens"),
    ),
    Setup(
        "a model that thinks uses up all of the short answer",
        "docs.vllm.ai/en/latest/features/reasoning_outputs.html: reasoning_content; 2026-11",
        chats(thinks),
        ("reason|think",),
        ("nothing listens", "no route", "server's log"),
        works=None,
    ),
    Setup(
        "SkyServe has no replica yet",
        "skypilot-org/skypilot, sky/serve/load_balancer.py: 503, No ready replicas; 2026-11",
        answers(503, {"detail": 'No ready replicas. Use "sky serve status [SERVICE_NAME]" to check the status.'}),
        ("ready replicas|replica",),
        ("nothing listens", "not an? OpenAI"),
    ),
    Setup(
        "a paused endpoint of Hugging Face",
        "github.com/elastic/elasticsearch/issues/112033, huggingface_hub issue 1605; 2026-11",
        answers(400, {"error": "Bad Request: Invalid state"}),
        ("Invalid state|paused",),
        ("nothing listens", "key", "no route"),
    ),
    Setup(
        "Hugging Face loads the model",
        "huggingface.co/docs/api-inference/faq: estimated_time; 2026-11",
        answers(503, {"error": "Model HuggingFaceH4/zephyr-7b-beta is currently loading", "estimated_time": 20.0}),
        ("load",),
        ("nothing listens", "gateway"),
    ),
    Setup(
        "nginx finds a chat too large",
        "nginx's client_max_body_size, ngx_http_special_response.c: 413; 2026-11",
        chats(page(413, "413 Request Entity Too Large")),
        ("413", "large|size|limit"),
        ("no route", "nothing listens"),
    ),
    Setup(
        "llama-server fails at the model's template",
        "ggml-org/llama.cpp, vendor/minja: Value is not callable; github.com/ggml-org/llama.cpp/issues; 2026-11",
        refuses(500, {"error": {"code": 500, "message": TEMPLATE, "type": "server_error"}}, owner="llamacpp"),
        ("Value is not callable|template",),
        ("no route",),
    ),
    Setup(
        "Open WebUI takes no API keys",
        "open-webui/open-webui, constants.py: API_KEY_NOT_ALLOWED, ENABLE_API_KEYS; 2026-11",
        open_webui_without_keys,
        ("not enabled|switched off|disabled",),
        ("key (you gave )?is wrong", "nothing listens"),
        ("{url}/api",),
    ),
    Setup(
        "LiteLLM: a key that does not begin with sk-",
        "BerriAI/litellm, proxy/auth/user_api_key_auth.py: LiteLLM Virtual Key expected; 2026-11",
        asks_for(
            "sk-another",
            answers(
                401,
                error(
                    "Authentication Error, LiteLLM Virtual Key expected. Received=my-l****key, expected to start "
                    "with 'sk-'.",
                    "auth_error",
                    "401",
                ),
            ),
        ),
        ("key", "sk-"),
        ("nothing listens", "not an? OpenAI"),
        key="my-local-key",
    ),
    Setup(
        "Jan does not trust the host's name",
        "github.com/janhq/jan/issues/7969, 6471: Invalid host header; 2026-11",
        answers(403, "Invalid host header", "text/plain"),
        ("[Hh]ost header|trusted host",),
        ("key", "nothing listens"),
    ),
    Setup(
        "Ray Serve has no app at this path",
        "ray-project/ray, python/ray/serve/_private/proxy.py: not_found_response; 2026-11",
        site(
            {"/-/routes": answers(200, {"/llm": "llm"}), "/-/healthz": answers(200, "success", "text/plain")},
            answers(404, "Path '/v1/models' not found. Ping http://.../-/routes for available routes.", "text/plain"),
        ),
        ("Ray Serve|/-/routes|/llm",),
        ("nothing listens",),
    ),
    Setup(
        "Azure has no such deployment",
        "github.com/assafelovic/gpt-researcher/issues/980: DeploymentNotFound; 2026-11",
        refuses(
            404,
            {
                "error": {
                    "code": "DeploymentNotFound",
                    "message": "The API deployment for this resource does not exist. If you created the deployment "
                    "within the last 5 minutes, please wait a moment and try again.",
                }
            },
            "gpt-4o",
            owner="system",
        ),
        ("deployment",),
        ("no route /", "no /v1/chat/completions"),
    ),
    Setup(
        "Azure refuses the key, or the region",
        "learn.microsoft.com/azure/ai-services/openai: Access denied due to invalid subscription key; 2026-11",
        answers(
            401,
            {
                "error": {
                    "code": "401",
                    "message": "Access denied due to invalid subscription key or wrong API endpoint. Make sure to "
                    "provide a valid key for an active subscription and use a correct regional API endpoint.",
                }
            },
        ),
        ("key",),
        ("nothing listens", "not an? OpenAI"),
    ),
    Setup(
        "OpenRouter lists its models to everyone, and a chat without a key gets a word about cookies",
        "OpenRouter: 401 `No cookie auth credentials found`, as quoted in many trackers; 2026-11",
        refuses(401, {"error": {"message": "No cookie auth credentials found", "code": 401}}),
        ("key",),
        ("no route", "nothing listens"),
        key=None,
    ),
    Setup(
        "OpenRouter: the credits are spent",
        "openrouter.ai/docs/api-reference/errors: 402; 2026-11",
        refuses(
            402,
            {"error": {"message": "Insufficient credits. Add more using https://openrouter.ai/credits", "code": 402}},
        ),
        ("credits",),
        ("no route", "key is wrong"),
    ),
    Setup(
        "OpenRouter: the account's privacy settings leave no endpoint",
        "github.com/ShamanicArts/Flow.Launcher.Plugin.AI-Assistant/issues/2; 2026-11",
        refuses(
            404,
            {
                "error": {
                    "message": "No endpoints found matching your data policy. Enable prompt training here: "
                    "https://openrouter.ai/settings/privacy",
                    "code": 404,
                }
            },
        ),
        ("data policy",),
        ("no route /", "not served", "no /v1/chat/completions"),
    ),
    Setup(
        "Groq has decommissioned the model",
        "console.groq.com/docs/deprecations; 400 `model_decommissioned`, as quoted in trackers; 2026-11",
        refuses(
            400,
            {
                "error": {
                    "message": "The model `llama3-8b-8192` has been decommissioned and is no longer supported. Please "
                    "refer to https://console.groq.com/docs/deprecations for a recommendation.",
                    "type": "invalid_request_error",
                    "code": "model_decommissioned",
                }
            },
            "llama-3.3-70b-versatile",
        ),
        ("decommissioned",),
        ("no route",),
        ("{url}/v1", "--model", "llama3-8b-8192"),
    ),
    Setup(
        "a cloud's quota is spent: a 429 that no waiting mends",
        "platform.openai.com/docs/guides/error-codes: insufficient_quota; 2026-11",
        refuses(
            429,
            error(
                "You exceeded your current quota, please check your plan and billing details.",
                "insufficient_quota",
                "insufficient_quota",
            ),
        ),
        ("quota",),
        ("no answer", "within 60"),
        within=15,
    ),
    Setup(
        "Together lists its models without a wrapper: a bare array",
        "github.com/maximhq/bifrost/issues/6711, github.com/longy2k/obsidian-bmo-chatbot/pull/51; 2026-11",
        site(
            {
                "/v1/models": answers(200, [{"id": "m", "object": "model", "type": "chat", "context_length": 8192}]),
                "/v1/chat/completions": GOOD,
            }
        ),
        ("work|answer",),
        ("not an? OpenAI", "nothing listens"),
        works=True,
    ),
]
