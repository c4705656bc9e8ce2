"""The key: not given, wrong, or not as it was meant."""

from tests.setups.setup import Setup, answers, asks_for

VLLM = answers(401, {"error": "Unauthorized"})
LLAMA = answers(
    401,
    {"error": {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}},
    server="llama.cpp",
)
READ = "vllm 0.32.0, entrypoints/serve/middleware/authenticate.py; 2026-11"
OURS = "sk-canary-7f3a9b51d2"


def as_sent(key):
    """A server that takes this key alone, and refuses others as vLLM does."""
    return asks_for(key, VLLM)


NO_TOKEN = "An LM Studio API token is required to make requests to this server, but none was provided"
LM_STUDIO = answers(401, {"error": {"type": "invalid_request", "code": "invalid_api_key", "message": NO_TOKEN}})


SETUPS = [
    Setup(
        "vLLM wants a key, none is given",
        READ,
        asks_for(OURS, VLLM),
        ("key",),
        ("nothing listens", "not an? OpenAI"),
        key=None,
    ),
    Setup(
        "vLLM wants another key",
        READ,
        asks_for("sk-another", VLLM),
        ("key", "refuse|wrong|not accept|401"),
        ("nothing listens", "asks for a key and none"),
    ),
    Setup(
        "a line break at the key's end, from a file",
        "github.com/apache/devlake/issues/7132; kept-back set-up of 26 November 2026",
        as_sent(OURS),
        ("key", "line break|newline|white ?space|space|blank"),
        ("^chatlas works",),
        key=OURS + "\n",
    ),
    Setup(
        "a space before the key",
        "github.com/apache/devlake/issues/7132; 2026-11",
        as_sent(OURS),
        ("key", "white ?space|space|blank"),
        ("^chatlas works",),
        key=" " + OURS,
    ),
    Setup(
        "the key in quotes, from a .env file that a container's --env-file read",
        "docs.docker.com/reference/cli/docker/container/run/#env: quotes are kept; 2026-11",
        as_sent(OURS),
        ("key", "quote"),
        key=f'"{OURS}"',
    ),
    Setup(
        "the key begins with Bearer",
        "github.com/BerriAI/litellm/issues/9132 and its kin; 2026-11",
        as_sent(OURS),
        ("key", "Bearer"),
        key=f"Bearer {OURS}",
    ),
    Setup(
        "the key in typographic quotes, from a document",
        "h11 and httpx: headers are ASCII; 2026-11",
        as_sent(OURS),
        ("key", "quote|ASCII|character"),
        ("^chatlas works",),
        key=f"“{OURS}”",
    ),
    Setup(
        "the name of the variable instead of its value",
        "shells leave '$VLLM_API_KEY' in single quotes as it is; 2026-11",
        as_sent(OURS),
        ("key", r"\$|variable"),
        key="$VLLM_API_KEY",
    ),
    Setup(
        "llama-server lists its models to everyone, and chats want the key",
        "llama.cpp, tools/server/server-http.cpp as in llama-cpp-python 0.3.36; 2026-11",
        asks_for("sk-another", LLAMA, public=("/v1/models", "/models", "/health")),
        ("key", "refuse|wrong|not accept|Invalid|401"),
        ("no route", "nothing listens"),
    ),
    Setup(
        "TGI behind its key: a 401 without a body",
        "TGI's router/src/server.rs at db931fc; 2026-11",
        asks_for(OURS, answers(401, "", "text/plain")),
        ("key",),
        ("nothing listens", "not an? OpenAI"),
        key=None,
    ),
    Setup(
        "LM Studio wants a token, none is given",
        "github.com/agustif/opencode-lmstudio/issues/41; 2026-11",
        asks_for(OURS, LM_STUDIO),
        ("key|token",),
        ("nothing listens", "not an? OpenAI"),
        key=None,
    ),
    Setup(
        "the key is right",
        READ,
        as_sent(OURS),
        ("work",),
        works=True,
    ),
]
