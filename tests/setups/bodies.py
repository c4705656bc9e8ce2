"""The server refuses a chat and says why, each in a form of its own."""

from tests.setups.setup import Setup, answers, chats, refuses

LITELLM_TOKEN = (
    "Authentication Error, Invalid proxy server token passed. Received API Key = sk-...b51d2, Key Hash (Token) =56. "
    "Unable to find token in cache or `LiteLLM_VerificationTokenTable`"
)
UPSTREAM = (
    "litellm.InternalServerError: InternalServerError: Hosted_vllmException - Cannot connect to host localhost:8000 "
    "ssl:default [Connect call failed ('127.0.0.1', 8000)]. Received Model Group=local"
)
UPSTREAM_KEY = (
    "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided: sk-xx**xx. "
    "Received Model Group=gpt\nAvailable Model Group Fallbacks=None"
)


def litellm(status, message, kind, model="local"):
    body = {"error": {"message": message, "type": kind, "param": None, "code": str(status)}}
    return refuses(status, body, model, owner="openai", **{"/health/liveliness": answers(200, "I'm alive!")})


SETUPS = [
    Setup(
        "FastAPI refuses a field that it does not know: a list under `detail`",
        "FastAPI's RequestValidationError, pydantic's `extra_forbidden`; 2026-11",
        refuses(
            422,
            {
                "detail": [
                    {
                        "type": "extra_forbidden",
                        "loc": ["body", "stream_options"],
                        "msg": "Extra inputs are not permitted",
                        "input": {"include_usage": True},
                    }
                ]
            },
        ),
        ("422", "stream_options|Extra inputs"),
    ),
    Setup(
        "Xinference has no such model: a text under `detail`",
        "github.com/xorbitsai/inference, api/restful_api.py: HTTPException(400, detail=str(e)); 2026-11",
        refuses(400, {"detail": "[address=0.0.0.0:33133, pid=218] Model not found in the model list, uid: qwen"}),
        ("400|not found|not served", "Model not found|uid|qwen|'?m'?"),
    ),
    Setup(
        "TGI's validation: a text under `error`, with its kind beside it",
        "github.com/argilla-io/synthetic-data-generator/issues/48; TGI's router/src/server.rs at db931fc; 2026-11",
        refuses(422, {"error": "Input validation error: `top_p` must be > 0.0 and < 1.0", "error_type": "validation"}),
        ("422", "top_p|Input validation"),
    ),
    Setup(
        "an error inside a 200, as OpenRouter sends when its provider fails",
        "github.com/BerriAI/litellm/pull/21755, github.com/open-webui/computer/issues/293; 2026-11",
        refuses(
            200,
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 502,
                    "metadata": {"raw": "upstream connect error", "provider_name": "BaseTen"},
                }
            },
        ),
        ("Provider returned error|upstream connect error",),
        ("NoneType", "TypeError"),
    ),
    Setup(
        "Ollama has too little memory for the model",
        "ollama's llm/memory.go and github.com/ollama/ollama/issues/8597; 2026-11",
        refuses(
            500,
            {
                "error": {
                    "message": "model requires more system memory (5.6 GiB) than is available (3.1 GiB)",
                    "type": "api_error",
                    "param": None,
                    "code": None,
                }
            },
            owner="library",
        ),
        ("500|memory", "more system memory"),
    ),
    Setup(
        "vLLM's engine is dead, its web server is not",
        "vllm 0.32.0, v1/engine/exceptions.py; github.com/vllm-project/vllm/issues/42362; 2026-11",
        refuses(
            500,
            {
                "error": {
                    "message": "EngineCore encountered an issue. See stack trace (above) for the root cause.",
                    "type": "InternalServerError",
                    "param": None,
                    "code": 500,
                }
            },
            owner="vllm",
        ),
        ("500|engine", "EngineCore"),
    ),
    Setup(
        "KoboldCpp is busy: 503 with an object under `detail`",
        "koboldcpp.py at 2da346a5; 2026-11",
        refuses(503, {"detail": {"msg": "Server is busy; please try again later.", "type": "service_unavailable"}}),
        ("busy",),
        ("loading its model",),
    ),
    Setup(
        "Starlette failed on its own: a 500 of three words",
        "starlette/middleware/errors.py: PlainTextResponse('Internal Server Error', 500); 2026-11",
        chats(answers(500, "Internal Server Error", "text/plain; charset=utf-8")),
        ("500", "Internal Server Error|server"),
        ("no route", "nothing listens"),
    ),
    Setup(
        "text-generation-webui has no model loaded",
        "oobabooga/text-generation-webui, modules/api/script.py at 1dcde41: error objects; 2026-11",
        refuses(
            500, {"error": {"message": "No model is loaded! Select one in the Model tab.", "type": "server_error"}}
        ),
        ("No model is loaded",),
    ),
    Setup(
        "LiteLLM without a database refuses a wrong key as a 400",
        "measured with litellm 1.104.5 (wrong key: 400 - No connected db.); 2026-11",
        answers(
            400, {"error": {"message": "No connected db.", "type": "no_db_connection", "param": None, "code": "400"}}
        ),
        ("key|token",),
        ("not an? OpenAI", "nothing listens"),
    ),
    Setup(
        "LiteLLM does not know the key",
        "github.com/OpenHands/OpenHands/issues/17390, github.com/BerriAI/litellm/issues/11639; 2026-11",
        answers(
            401, {"error": {"message": LITELLM_TOKEN, "type": "token_not_found_in_db", "param": "key", "code": "401"}}
        ),
        ("key|token", "refuse|wrong|not accept|Invalid|401"),
    ),
    Setup(
        "LiteLLM: the budget of this key is spent",
        "litellm 1.108.7, proxy/auth/auth_checks.py and exceptions.py; 2026-11",
        litellm(429, "Budget has been exceeded! Current cost: 10.2, Max budget: 10.0", "budget_exceeded"),
        ("budget",),
    ),
    Setup(
        "LiteLLM: this key may not use this model",
        "litellm 1.108.7, proxy/auth/auth_checks.py; 2026-11",
        litellm(
            401,
            "key not allowed to access model. This key can only access models=['other']. Tried to access local",
            "key_model_access_denied",
        ),
        ("not allowed to access|may not use",),
    ),
    Setup(
        "LiteLLM is up, the vLLM behind it is not",
        "measured with litellm 1.104.5 before a stopped vLLM 0.32; 2026-11",
        litellm(500, UPSTREAM, None),
        ("behind|upstream|Cannot connect", "LiteLLM|8000|500"),
        ("nothing listens",),
    ),
    Setup(
        "LiteLLM is right, its own key for the server behind it is not",
        "litellm 1.108.7, exceptions.py, as in github.com/continuedev/continue/issues/10768; 2026-11",
        litellm(401, UPSTREAM_KEY, None, "gpt"),
        ("behind|upstream|OpenAIException",),
    ),
    Setup(
        "too many requests, try again in 20 seconds",
        "RFC 6585; litellm 1.108.7, proxy/hooks/parallel_request_limiter.py; 2026-11",
        chats(
            answers(
                429,
                {"error": {"message": "Max parallel request limit reached", "type": "None", "code": "429"}},
                Retry_After="20",
            )
        ),
        ("429|too many|limit", "limit reached|429"),
        ("no answer", "within 60"),
        within=15,
    ),
    Setup(
        "vLLM was started without a tool parser, and the answer is a 400 without a template",
        "vllm 0.32.0, renderers/hf.py; 2026-11",
        refuses(
            400,
            {
                "error": {
                    "message": "As of transformers v4.44, default chat template is no longer allowed, so you must "
                    "provide a chat template if the tokenizer does not define one.",
                    "type": "BadRequestError",
                    "param": None,
                    "code": 400,
                }
            },
            owner="vllm",
        ),
        ("chat template",),
    ),
]
