"""What --full adds: streaming, the Responses API, a JSON schema, tools and reasoning."""

import contextlib
import dataclasses
import json

from chatlas_doctor.ask import ask_all
from chatlas_doctor.causes import Cause
from chatlas_doctor.chat import FEATURE_SECONDS, first_message, reasoning_field
from chatlas_doctor.snippet import QUESTION


@dataclasses.dataclass
class Feature:
    """One check of --full: its name, whether it works (None: just a fact), and what was seen, in words."""

    name: str
    works: bool | None
    seen: str
    advice: str = ""


def check_features(address, report, key, progress):
    """Ask for streaming, the Responses API, a JSON schema, a tool call, and look for reasoning."""
    base, sent = report.base_url.removeprefix(address.origin), {"key": key or "EMPTY"}
    chat = {"model": report.model, "messages": [{"role": "user", "content": QUESTION}]}
    chat |= {"max_completion_tokens": 32} if address.is_openai else {"max_tokens": 32, "temperature": 0}

    def post(path, payload, name):
        progress(name)
        reply = ask_all([(address, base + path, sent | {"payload": payload})], FEATURE_SECONDS)[0]
        if reply.failure in ("refused", "connect_timeout", "unreachable"):
            text = f"Chat works, and then the server went away during the check of {name}: nothing listens any more."
            raise Cause("no_server", text, "Look at its log: it may have been stopped, or have run out of memory.")
        return reply

    stream = chat | {"stream": True, "stream_options": {"include_usage": True}}
    yield see_stream(post("/chat/completions", stream, "streaming"))
    yield see_responses(
        post("/responses", {"model": report.model, "input": QUESTION, "max_output_tokens": 16}, "Responses API")
    )
    schema = {"type": "object", "properties": {"capital": {"enum": ["Paris", "Rome"]}}, "required": ["capital"]}
    schema["additionalProperties"] = False
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    yield see_schema(post("/chat/completions", chat | {"response_format": wanted}, "structured output"))
    tool = {"name": "get_weather", "description": "The weather in a city.", "parameters": {"type": "object"}}
    tool["parameters"] |= {"properties": {"city": {"type": "string"}}, "required": ["city"]}
    ask_weather = [{"role": "user", "content": "What is the weather in Paris?"}]
    tools = {"messages": ask_weather, "tools": [{"type": "function", "function": tool}], "tool_choice": "auto"}
    yield see_tools(post("/chat/completions", chat | tools, "tools"))
    yield see_reasoning(post("/chat/completions", chat, "reasoning"))


def refusal(reply):
    """Why a check failed, in a few words, or "" if the answer is a complete 200."""
    if reply.failure:
        return f"no complete answer ({reply.failure.replace('_', ' ')})"
    return "" if reply.status == 200 else f"{reply.status} {reply.message}".strip()[:160]


def see_stream(reply):
    """Whether chunks arrive, and the token counts with them."""
    why = refusal(reply)
    chunks = [line for line in reply.text.splitlines() if line.startswith("data: {")]
    if why or not chunks:
        return Feature("streaming", False, why or "no chunk arrived")
    usage = any('"usage":{' in line.replace(" ", "") for line in chunks)
    counts = "with token counts" if usage else "without token counts, so that get_tokens() raises a ValueError"
    return Feature("streaming", True, f"{len(chunks)} chunks, {counts}")


def see_responses(reply):
    """Whether /v1/responses is there; a fact, not a fault, since chatlas does not need it."""
    why = refusal(reply)
    seen = f"not there: ChatOpenAI does not work here ({why})" if why else "there, but not needed"
    return Feature("/v1/responses", None, seen)


def see_schema(reply):
    """Whether the answer follows the schema that was asked for."""
    why, answer = refusal(reply), None
    with contextlib.suppress(TypeError, ValueError):
        answer = json.loads(first_message(reply).get("content"))
    if why:
        return Feature("structured output", False, why)
    if isinstance(answer, dict) and answer.get("capital") in ("Paris", "Rome"):
        return Feature("structured output", True, "the answer follows the JSON schema")
    return Feature("structured output", False, "the JSON schema is ignored, or a thinking model had too few tokens")


def see_tools(reply):
    """Whether a request with a tool is accepted, and leads to a call."""
    why = refusal(reply)
    if "--enable-auto-tool-choice" in why:
        return Feature(
            "tools",
            False,
            "vLLM was started without --enable-auto-tool-choice and --tool-call-parser",
            "Start vLLM with both flags; the parser depends on the model (hermes fits many Qwen models).",
        )
    if why:
        advice = "Choose a model whose chat template has tools." if "does not support tools" in why else ""
        return Feature("tools", False, why, "Start llama-server with --jinja." if "--jinja" in why else advice)
    called = bool(first_message(reply).get("tool_calls"))
    return Feature("tools", True, "called" if called else "accepted, but this model answered in words")


def see_reasoning(reply):
    """In which field reasoning arrives, if the model reasons."""
    message = first_message(reply)
    if field := reasoning_field(message):
        return Feature("reasoning", None, f"arrives as `{field}` (chatlas 0.19.0 and later read it)")
    if "<think>" in (message.get("content") or ""):
        return Feature("reasoning", None, "arrives inside the text: the server has no reasoning parser set")
    return Feature("reasoning", None, "none seen")
