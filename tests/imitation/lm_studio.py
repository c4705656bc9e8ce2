"""An imitation of LM Studio, after its docs and bug tracker as of November 2026; LM Studio was never run here.

What each part is taken from ("lms": github.com/lmstudio-ai/lmstudio-bug-tracker/issues):
- the routes and the list of models: lmstudio.ai/docs/developer/openai-compat
- 200 for paths that it does not know: lms 618 and 1323
- an error that is a text: lms 169 and 670
- the token: github.com/agustif/opencode-lmstudio/issues/41 (the words), Lex-au/Orpheus-FastAPI/issues/96 (the status)
- a prompt that is too long: lms 2322, with what it sent in github.com/aaif-goose/goose/issues/11318; lms 2339
- a model that is not there: lms 619
"""

import json

from tests.imitation.answers import unknown_paths_are_200
from tests.imitation.openai_like import openai_like
from tests.imitation.server import reply

MODELS = ["ibm/granite-4-micro", "text-embedding-nomic-embed-text-v1.5"]
NO_TOKEN = (
    "An LM Studio API token is required to make requests to this server, but none was provided using the Authorization "
    "header using the 'Bearer' scheme (i.e., 'Authorization: Bearer $LM_API_TOKEN')."
)
TOO_LONG = (
    "Input does not fit in context length. "
    "The input has 31430 tokens, but the context length only supports 30000 tokens."
)


def lm_studio(models=MODELS, token=None):
    """A server that behaves so.

    Args:
        models: what it lists: all that were downloaded, or, without just-in-time loading, those in memory.
        token: the API token that it asks for.
    """
    answers_chats = openai_like(refuses=refusal)

    def behave(handler):
        if token and handler.headers["Authorization"] != f"Bearer {token}":
            error = {"type": "invalid_request", "code": "invalid_api_key", "message": NO_TOKEN}
            reply(handler, 401, {"error": error})
        elif (handler.command, handler.path) == ("GET", "/v1/models"):
            data = [{"id": name, "object": "model", "owned_by": "organization_owner"} for name in models]
            reply(handler, 200, {"object": "list", "data": data})
        elif (handler.command, handler.path) == ("POST", "/v1/chat/completions"):
            answers_chats(handler)  # whatever model is named: it takes the one that is loaded
        else:
            unknown_paths_are_200(handler)

    return behave


def refusal(body):
    """What it answers instead of a chat, or None."""
    if body.get("response_format", {}).get("type") == "json_object":
        return 400, {"error": "'response_format.type' must be 'json_schema' or 'text'"}
    if isinstance(body.get("tool_choice"), dict):
        return 400, {"error": "Invalid tool_choice type: 'object'. Supported string values: none, auto, required"}
    return None


def too_long_in_words(handler):
    """A prompt that does not fit: an event inside a stream that began well."""
    data = json.dumps({"error": {"message": TOO_LONG}, "message": TOO_LONG})
    answered(handler, f"event: error\ndata: {data}\n\n")


def too_long_in_silence(handler):
    """A prompt that does not fit, and a stream without any text."""
    choice = {"index": 0, "delta": {}, "finish_reason": "stop"}
    chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    answered(handler, f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n")


def answered(handler, stream):
    """Answer every chat with this stream."""
    if handler.command == "POST":
        reply(handler, 200, stream, "text/event-stream")
    else:
        lm_studio()(handler)
