"""A chat asked for by the doctor itself, once and with care: what the server says to it, in any form, is the cause."""

import contextlib
import json
import re

from chatlas_doctor.ask import ask_all, words
from chatlas_doctor.causes import KEY_VARIABLE, Cause
from chatlas_doctor.look import gateway, refused_key, sends_on
from chatlas_doctor.snippet import QUESTION, TOKENS

FEATURE_SECONDS = 30.0  # for a request of the doctor's own that generates
LOG = "Look at the server's log."
SET_ASIDE = "The proxy has set the server behind it aside, since that refused an id or a key"
ABOUT_MODEL = re.compile(
    r"model\b.*(does not exist|not found|not available|not loaded)|Invalid model name|no router for|No models? (is )?"
    r"loaded|unknown model|does not support chat",
    re.IGNORECASE,
)
UPSTREAM = re.compile(r"Cannot connect|Connection error|upstream", re.IGNORECASE)


def ask_chat(address, report, key, stream):
    """The reply to the snippet's question. The content is a list of parts, as chatlas sends it."""
    message = {"role": "user", "content": [{"type": "text", "text": QUESTION}]}
    payload = {"model": report.model, "messages": [message], "temperature": 0, "max_tokens": TOKENS}
    payload |= {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    path = report.base_url.removeprefix(address.origin) + "/chat/completions"
    return ask_all([(address, path, {"key": key or "EMPTY", "payload": payload})], FEATURE_SECONDS)[0]


def first_message(reply):
    """The message of a chat completion, or {}."""
    with contextlib.suppress(TypeError, KeyError, IndexError):
        message = reply.json["choices"][0]["message"]
        return message if isinstance(message, dict) else {}
    return {}


def reasoning_field(message):
    """The name of the field of a message that holds reasoning, or None."""
    return next((name for name in ("reasoning", "reasoning_content") if message.get(name)), None)


def events(reply):
    """The JSON objects in a stream."""
    found = []
    for line in reply.text.splitlines():
        with contextlib.suppress(ValueError):
            found.append(json.loads(line.removeprefix("data:")) if line.startswith("data:") else None)
    return [event for event in found if isinstance(event, dict)]


def error_in_200(reply):
    """The error inside an answer whose status is 200, as a dict or text; None if there is none."""
    if reply.status != 200:
        return None
    whole = [reply.json] if isinstance(reply.json, dict) else events(reply)
    return next((e for e in whole if e.get("error") and not e.get("choices")), None)


def answers(reply):
    """Whether a reply is a chat completion, or a stream of one."""
    chunks = [event for event in events(reply) if isinstance(event.get("choices"), list)]
    return reply.status == 200 and (bool(first_message(reply)) or bool(chunks)) and error_in_200(reply) is None


def chat_cause(address, report, key):
    """Ask once, as the snippet did, and tell why it failed; None if this answer is right."""
    reply = ask_chat(address, report, key, stream=True)
    if answers(reply):
        return None
    if reply.status == 200 and not reply.failure and not error_in_200(reply):
        whole = ask_chat(address, report, key, stream=False)
        if whole.status is not None and whole.status >= 400:
            return broken_stream(whole)
        if not reply.text.strip():
            text = "The server's answer to a chat is empty: a 200 without anything in it."
            return Cause("not_api", text, LOG)
        kind = reply.content_type or "no type"
        text = f"The server's answer to a chat is no chat completion: {kind}, {reply.text.strip()[:100]!r}"
        return Cause("not_api", text, "Look at the server's documentation, and at what stands in front of it.")
    return cause_of(address, reply, report, key)


def cause_of(address, reply, report, key):
    """The Cause in a reply that is no answer to a chat."""
    status, says, message = reply.status, reply.says, reply.message
    litellm = report.server == "LiteLLM"
    if status is None or reply.failure:
        how = "ends its answer too early" if status else f"gives no answer ({reply.failure.replace('_', ' ')})"
        return Cause("server_error", f"The server lists its models, but at a chat it {how}.", LOG)
    if 300 <= status < 400:
        return sends_on(address, reply)
    if error := error_in_200(reply):
        said = words(error)[:300]
        text = f"The server answers a chat with an error inside a 200. It says: {said}"
        return Cause("server_error", text, "The fault is at the server or behind it, not in your code: see its log.")
    if cause := gateway(reply):
        return cause
    if status in (400, 401, 404, 500) and "litellm." in message and "Exception - " in message and key_words(message):
        text = f"The proxy answers, but the server behind it refuses the proxy's own key ({status}).{says}"
        return Cause("server_error", text, "The key in the proxy's configuration is wrong, not yours.")
    if status in (401, 403) and "not allowed to access" in message:
        return Cause("key", f"This key may not use this model ({status}).{says}", "Ask for another key or model.")
    if status in (401, 403) or "No connected db" in reply.text:
        return refused_key(reply, key, litellm)
    if "No deployments available" in message:
        text = f"{SET_ASIDE} ({status})."
        again = "Run this again in a few seconds for the first error, or read the proxy's log."
        return Cause("server_error", text, again)
    if re.search(r"budget", message, re.IGNORECASE):
        return Cause("server_error", f"The budget of this key is spent ({status}).{says}", "Ask who runs the proxy.")
    if status == 429:
        later = reply.headers.get("retry-after", "")
        wait = f"Wait {later} seconds, and try again." if later.isdigit() else "Wait, and try again."
        return Cause("server_error", f"Too many requests: the server answers a chat with 429.{says}", wait)
    if status in (400, 404, 422, 500) and ABOUT_MODEL.search(message):
        return Cause("model", f"The server refuses the model id ({status}).{says}")
    if status in (404, 405, 501):
        if (
            message.strip(". \n").lower() in ("", "not found", "404 page not found", "method not allowed")
            or reply.is_page
        ):
            text = f"The server lists its models, but has no {report.path}/chat/completions ({status})."
            if not report.models:
                text = f"The server has no {report.path}/chat/completions ({status})."
            return Cause("not_api", text, "It may serve only embeddings or completions: see its documentation.")
        return Cause("not_api", f"The server refuses the chat ({status}).{says}", LOG)
    if status == 400 and "chat template" in message:
        text = f"The model has no chat template: it is a base model, or the template is missing.{says}"
        return Cause("snippet", text, "Serve an instruct model, or give the server a chat template.")
    if status >= 500:
        upstream = UPSTREAM.search(message)
        who = "The proxy answers, but the server behind it does not" if upstream else "The server fails at the chat"
        return Cause("server_error", f"{who} ({status}).{says}", LOG)
    return Cause("snippet", f"The server refuses the chat ({status}).{says}", "Its words say what it does not take.")


def key_words(message):
    """Whether an upstream's error is about a key."""
    return re.search(r"AuthenticationError|api key|unauthorized", message, re.IGNORECASE)


def broken_stream(reply):
    """The Cause when a stream brought nothing, from the reply without streaming."""
    advice = [LOG]
    if "concatenate str" in reply.message:
        advice = ["The model's chat template takes plain text, and chatlas sends lists: use llama.cpp's llama-server."]
    text = f"The server breaks its stream off. Without streaming, it says ({reply.status}): {reply.message}"
    return Cause("server_error", text, *advice)


def all_reasoning(reply):
    """The Cause when the snippet printed nothing and the reply without streaming is whole, or None."""
    message, ended = first_message(reply), False
    with contextlib.suppress(TypeError, KeyError, IndexError):
        ended = reply.json["choices"][0]["finish_reason"] == "stop"
    if not (ended and reasoning_field(message)) or message.get("content"):
        return None  # also when the reasoning was cut: then the model only ran out of tokens
    return Cause(
        "reasoning",
        "The answer is empty: the server takes all of it for reasoning. Its reasoning parser may not fit the model.",
        "Start vLLM without --reasoning-parser, or with the parser of this model.",
        "Some parsers, such as qwen3, can be told with each chat() that nobody thinks: "
        'kwargs={"extra_body": {"chat_template_kwargs": {"enable_thinking": False}}}.',
    )


def install_cause(python, error=""):
    """The Cause when the server is fine, and the reader's Python cannot run code with chatlas."""
    why = f": {error}" if error else ", it has no chatlas" if not python.chatlas else ", it has no openai"
    text = f"The server is fine, but chatlas cannot be imported by your Python ({python.program}){why}."
    return Cause(
        "install",
        text,
        f'Run: {python.program} -m pip install --upgrade "chatlas" "openai>=3"',
        f"Or name the Python that has it: --python PROGRAM. The key is read from {KEY_VARIABLE}.",
    )
