"""The answer to a chat begins well."""

import json
import time

from tests.imitation.openai_like import chunks, whole
from tests.imitation.server import reply
from tests.setups.setup import WORKS, Setup, answers, chats


def begins(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.close_connection = True


def sends(handler, *parts):
    for part in parts:
        handler.wfile.write(f"data: {part if isinstance(part, str) else json.dumps(part)}\n\n".encode())
    handler.wfile.flush()


def never_ends(handler):
    """A whole answer, and a connection that stays open after it."""
    if not handler.body.get("stream"):
        return reply(handler, 200, whole(handler.body))
    begins(handler)
    sends(handler, *chunks(handler.body))
    time.sleep(90)


def stalls(handler):
    """The role, and then nothing."""
    begins(handler)
    sends(handler, {**chunks(handler.body)[0], "choices": [{"index": 0, "delta": {"role": "assistant"}}]})
    time.sleep(90)


def fails_in_between(handler):
    error = {"message": "EngineCore encountered an issue.", "type": "InternalServerError", "code": 500}
    if not handler.body.get("stream"):
        return reply(handler, 500, {"error": error})
    begins(handler)
    sends(handler, chunks(handler.body)[0], {"error": error}, "[DONE]")


def too_long(handler):
    message = "Input does not fit in context length. The input has 31430 tokens, the context only 30000."
    if not handler.body.get("stream"):
        return reply(handler, 400, {"error": message})
    begins(handler)
    handler.wfile.write(f"event: error\ndata: {json.dumps({'error': {'message': message}})}\n\n".encode())


def with_comments(handler):
    if not handler.body.get("stream"):
        return reply(handler, 200, whole(handler.body))
    begins(handler)
    handler.wfile.write(b": OPENROUTER PROCESSING\n\n: keep-alive\n\n")
    sends(handler, *chunks(handler.body), "[DONE]")


def breaks_off(handler):
    begins(handler)
    sends(handler, chunks(handler.body)[0])
    handler.wfile.write(b'data: {"id": "x", "obj')


def refuses_streams(handler):
    if handler.body.get("stream"):
        return reply(handler, 400, {"error": {"message": "Streaming is not supported.", "code": 400}})
    return reply(handler, 200, whole(handler.body))


SETUPS = [
    Setup(
        "the stream's end never comes, though all of the answer was there",
        "kept-back set-up of 26 November 2026; a proxy that holds connections open",
        chats(never_ends),
        ("end|close|finish|DONE", "answer|stream"),
        ("gives no answer", "no answer to a chat"),
    ),
    Setup(
        "the stream begins and then nothing comes",
        "github.com/ollama/ollama/issues/3029, github.com/vllm-project/vllm/issues/17972; 2026-11",
        chats(stalls),
        ("seconds|stream|finish|stall|stuck",),
        ("nothing listens", "no route"),
    ),
    Setup(
        "vLLM's engine dies during an answer: an error as an event of the stream",
        "vllm 0.32.0, entrypoints/openai/chat_completion/serving.py (create_streaming_error_response); 2026-11",
        chats(fails_in_between, owner="vllm"),
        ("EngineCore",),
    ),
    Setup(
        "LM Studio says in an event that a prompt is too long",
        "github.com/lmstudio-ai/lmstudio-bug-tracker/issues/2322; 2026-11",
        chats(too_long, owner="organization_owner"),
        ("does not fit",),
    ),
    Setup(
        "a stream with comments between its events",
        "openrouter.ai/docs/api-reference/streaming; 2026-11",
        chats(with_comments),
        (WORKS,),
        works=True,
    ),
    Setup(
        "the connection breaks off in the middle of the answer",
        "github.com/vllm-project/vllm/issues/27194: the server died during an answer; 2026-11",
        chats(breaks_off),
        ("stream|connection|broke|cut|middle|incomplete|end",),
        ("nothing listens", "no route"),
    ),
    Setup(
        "a 200 without anything in it",
        "measured with llama_cpp.server 0.3.36; 2026-11",
        chats(answers(200, "", "text/event-stream")),
        ("empty|nothing|no (text|words|content|answer)|without",),
        ("nothing listens",),
    ),
    Setup(
        "a server that does not stream",
        "vllm 0.10.0's /v1/responses refuses streaming in these words; 2026-11",
        chats(refuses_streams),
        ("[Ss]tream",),
    ),
]
