"""Servers whose list of models is right, and whose chats are not: a behaviour each."""

import functools
import json
import threading
import time

from tests.imitation.answers import endless_stream, redirects_to
from tests.imitation.server import MODELS, reply


def only_models(answer_chat):
    """A server whose model list is right, and whose chat is answered by `answer_chat`."""

    @functools.wraps(answer_chat)
    def behave(handler):
        if handler.command == "POST":
            answer_chat(handler)
        elif handler.path.endswith("/v1/models"):
            reply(handler, 200, MODELS)
        else:
            reply(handler, 404, {"detail": "Not Found"})

    return behave


@only_models
def chat_endless(handler):
    endless_stream(handler)


@only_models
def chat_broken(handler):
    reply(handler, 500, {"error": {"message": "out of memory"}})


@only_models
def chat_without_route(handler):
    reply(handler, 404, {"detail": "Not Found"})


def chat_without_the_models_listed(handler):
    """A server that lists models and then knows none of them."""
    if handler.command == "POST":
        reply(handler, 404, {"error": {"message": "model 'first' not found, its file is gone"}})
    elif handler.path.endswith("/v1/models"):
        reply(handler, 200, {**MODELS, "data": [{"id": "first"}, {"id": "other"}]})
    else:
        reply(handler, 404, {"detail": "Not Found"})


@only_models
def chat_as_text(handler):
    reply(handler, 200, "Paris", "text/plain")


@only_models
def chat_breaks_its_stream(handler):
    """What llama_cpp.server 0.3.36 does when its template fails: an empty stream, and words only without one."""
    if handler.body.get("stream"):
        reply(handler, 200, "", "text/event-stream")
    else:
        message = 'can only concatenate str (not "list") to str'
        reply(handler, 500, {"error": {"message": message, "type": "internal_server_error"}})


def in_parts_or_whole(handler, delta, message, finish_reason="stop"):
    """Answer a chat with one chunk that holds `delta`, or with `message` when it is not streamed."""
    choice = {"index": 0, "finish_reason": finish_reason}
    if handler.body.get("stream"):
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "first"}
        chunk["choices"] = [choice | {"delta": {"role": "assistant", **delta}}]
        reply(handler, 200, f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n", "text/event-stream")
    else:
        reply(handler, 200, {"object": "chat.completion", "choices": [choice | {"message": message}]})


def thought(handler, finish_reason):
    """Answer a chat with reasoning alone, as vLLM 0.32.0 does (tests/live asks a real one)."""
    text = "The capital of France is Paris."
    message = {"role": "assistant", "content": None, "reasoning": text}
    in_parts_or_whole(handler, {"reasoning": text}, message, finish_reason)


@only_models
def chat_all_reasoning(handler):
    """A reasoning parser that does not fit the model: the whole answer is called reasoning."""
    thought(handler, "stop")


@only_models
def chat_without_a_message(handler):
    """An empty answer, and a text where the message should be."""
    in_parts_or_whole(handler, {"content": ""}, "hi")


@only_models
def chat_thinks_too_long(handler):
    """A thinking model that the limit of tokens cuts short."""
    thought(handler, "length")


@only_models
def chat_set_aside(handler):
    """What LiteLLM 1.104.5 says for five seconds after its server refused an id (notebooks/litellm.ipynb)."""
    message = "No deployments available for selected model, Try again in 5 seconds."
    reply(handler, 429, {"error": {"message": message}})


@only_models
def chat_without_template(handler):
    """What vLLM says for a model without a chat template (vllm 0.32.0, renderers; read 2026-11)."""
    message = (
        "As of transformers v4.44, default chat template is no longer allowed, "
        "so you must provide a chat template if the tokenizer does not define one."
    )
    reply(handler, 400, {"error": {"message": message, "type": "BadRequestError", "code": 400}})


def careless(handler):
    """A server that takes every request, heeds none of its settings, and always says the same."""
    if handler.command == "GET":
        return reply(handler, 200, MODELS)
    text = "The days are Monday, Tuesday, Wednesday, Thursday, Friday, Saturday and Sunday."
    usage = {"prompt_tokens": 20, "completion_tokens": 40, "total_tokens": 60}
    head = {"id": "x", "created": 1, "model": "m"}
    if not handler.body.get("stream"):
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return reply(handler, 200, {**head, "object": "chat.completion", "choices": [choice], "usage": usage})
    head["object"] = "chat.completion.chunk"
    parts = [{"delta": {"role": "assistant", "content": text}}, {"delta": {}, "finish_reason": "stop"}]
    chunks = [{**head, "choices": [{"index": 0, "finish_reason": None, **part}]} for part in parts]
    chunks.append({**head, "choices": [], "usage": usage})
    lines = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    reply(handler, 200, lines, "text/event-stream")


def streamed(handler, *deltas, pause=0.0):
    """Send a stream of these deltas, `pause` seconds apart."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Connection", "close")
    handler.end_headers()
    for delta in [*deltas, {}]:
        choice = {"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}
        chunk = {"id": "x", "created": 1, "model": "m", "object": "chat.completion.chunk", "choices": [choice]}
        handler.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        handler.wfile.flush()
        time.sleep(pause)
    handler.wfile.write(b"data: [DONE]\n\n")
    handler.close_connection = True


@only_models
def always_calls(handler):
    """Calls the first tool that it is given, whatever `tool_choice` says (ollama#17921)."""
    function = {"name": handler.body["tools"][0]["function"]["name"], "arguments": '{"city": "Berlin"}'}
    streamed(handler, {"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": function}]})


def one_at_a_time(stops):
    """A server that writes 100 tokens a second, works on one answer at a time, and counts it as vLLM does.

    Args:
        stops: whether it stops when the client has hung up, as it should.
    """
    busy = threading.Lock()

    @only_models
    def chat(handler):
        tokens = handler.body["max_tokens"]
        with busy:
            start = time.monotonic()
            try:
                streamed(handler, *[{"content": "word "}] * tokens, pause=0.01)
            except OSError:
                if not stops:
                    time.sleep(max(0, start + tokens * 0.01 - time.monotonic()))

    def behave(handler):
        if handler.path == "/metrics":
            return reply(handler, 200, f'vllm:num_requests_running{{m="m"}} {float(busy.locked())}\n', "text/plain")
        return chat(handler)

    return behave


def refuses_with(message):
    """A server that refuses every chat with this message."""
    return only_models(lambda handler: reply(handler, 400, {"error": {"message": message}}))


def redirects_chat_to(target):
    """A server that sends only the chat on to `target`."""
    return only_models(redirects_to(target))


def serves(*names, others="model"):
    """A server that lists these ids; a chat with another one is refused in words (as Ollama does), barely, or answered.

    Its answers are a stream without token counts.
    """

    def behave(handler):
        if handler.command == "GET":
            data = [{"id": name, "object": "model"} for name in names]
            return reply(handler, 200 if handler.path == "/v1/models" else 404, {"data": data})
        wanted = handler.body["model"]
        if wanted in names or others == "answered":
            return streamed(handler, {"role": "assistant", "content": "Paris."})
        error = {"error": {"message": f"model '{wanted}' not found"}} if others == "model" else "Not Found"
        return reply(handler, 404, error)

    return behave
