"""A whole OpenAI-compatible server, and the same one without one thing that a client may expect of it.

It answers "Paris is sunny.", calls the tool `weather` when it is given tools, and fills a schema with a city.
"""

import json

from tests.imitation.server import MODELS, reply

TEXT = ["Paris", " is", " sunny."]
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}}
USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def openai_like(
    edit=None, refuses=None, ignores=(), root="/v1", models=True, streams=True, done=True, content_type=None
):
    """A server that is whole but for what is given here.

    Args:
        edit: changes each JSON object of an answer to a chat in place, before it is sent.
        refuses: for a chat's JSON, None or the status, the body and the Content-Type of a refusal.
        ignores: fields of a request that it does not know, and so pays no heed to.
        root: what its routes begin with.
        models: whether it lists its models.
        streams: whether it answers a request for a stream with one.
        done: whether a stream ends with `data: [DONE]`.
        content_type: instead of the right one, for chats.
    """

    def behave(handler):
        if handler.path == f"{root}/models" and models:
            return reply(handler, 200, MODELS)
        if handler.path != f"{root}/chat/completions":
            return reply(handler, 404, {"error": {"message": f"no route {handler.path}", "type": "not_found"}})
        body = {name: value for name, value in handler.body.items() if name not in ignores}
        if refuses and (refusal := refuses(body)):
            return reply(handler, *refusal)
        in_stream = body.get("stream") and streams
        parts = chunks(body) if in_stream else [whole(body)]
        for part in parts:
            if edit:
                edit(part)
        if not in_stream:
            return reply(handler, 200, parts[0], content_type or "application/json")
        lines = "".join(f"data: {json.dumps(part)}\n\n" for part in parts) + "data: [DONE]\n\n" * done
        return reply(handler, 200, lines, content_type or "text/event-stream")

    return behave


def said(body):
    """What the model says to this request: content in pieces, or calls."""
    if body.get("tools") and body["messages"][-1]["role"] != "tool":
        return {"tool_calls": [CALL]}
    return {"content": ['{"city":', ' "Paris"}'] if body.get("response_format") else TEXT}


def ends(answer):
    return "tool_calls" if "tool_calls" in answer else "stop"


def whole(body):
    """A chat's answer in one piece."""
    answer = said(body)
    message = {"role": "assistant", "content": "".join(answer.get("content", [])) or None}
    if "tool_calls" in answer:
        message["tool_calls"] = [{**CALL, "function": dict(CALL["function"])}]
    choice = {"index": 0, "message": message, "finish_reason": ends(answer)}
    head = {"id": "x", "object": "chat.completion", "created": 1, "model": "m"}
    return {**head, "choices": [choice], "usage": dict(USAGE)}


def chunks(body):
    """A chat's answer in pieces, as a stream has them; the last one has the usage, if that is asked for."""
    answer = said(body)
    deltas = [{"content": piece} for piece in answer.get("content", [])]
    if "tool_calls" in answer:  # the arguments come after the name, as on real servers
        first = {"index": 0, **CALL, "function": {"name": "weather", "arguments": ""}}
        rest = {"index": 0, "function": {"arguments": CALL["function"]["arguments"]}}
        deltas = [{"tool_calls": [piece]} for piece in (first, rest)]
    deltas[0] = {"role": "assistant", **deltas[0]}
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": ends(answer)})
    head = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    parts = [{**head, "choices": [choice]} for choice in choices]
    if body.get("stream_options", {}).get("include_usage"):
        parts.append({**head, "choices": [], "usage": dict(USAGE)})
    return parts
