"""Shortens exchanges to what a reader needs to believe a finding."""

import json
import re

EXCHANGES = 3  # kept of each probe: the last ones
TEXT = 120  # characters of a text in a request
SAID = 400  # characters of a text in a response
ITEMS = 6  # of a list in a response
RESPONSE = 1500  # characters of a response
LOOKS = "/api/tags"  # where ChatOllama looks for the model, before each chat
RANDOM_FIELDS = {"call_id", "item_id", "response_id", "system_fingerprint", "created", "created_at", "completed_at"}
RANDOM = re.compile(r"\b(resp_|msg_|rs_|fc_resp_|fc_|call_|chatcmpl-(?:tool-)?)(?=[\w-]*\d)[\w-]+")
FOLDER = re.compile(r"/[^\s\"'\\]*/chatlas-local-models/")


def cleaned(text, api_key, root):
    """`text` without the server's key, the recorder's address, random ids and the path of the cache folder."""
    text = FOLDER.sub("…/", RANDOM.sub(r"\1…", text.replace(root, "http://localhost")))
    return text if api_key == "EMPTY" else text.replace(api_key, "KEY")


def shortened(exchanges, api_key, root):
    """The last exchanges as dicts: long texts cut, streams put together, ids and times left out.

    Args:
        exchanges: recorder.Exchange objects.
        api_key: the server's key, blacked out should it turn up.
        root: the recorder's address, which is another one each time.

    Returns:
        A list of dicts: method, path, request, status, response.
    """

    def cut(value):
        if isinstance(value, str):
            value = cleaned(value, api_key, root)
            return value if len(value) <= TEXT else f"{value[:TEXT]}… ({len(value)} characters)"
        if isinstance(value, dict):
            return {key: cut(item) for key, item in value.items()}
        return [cut(item) for item in value] if isinstance(value, list) else value

    return [
        {
            "method": exchange.method,
            "path": exchange.path,
            "request": cut(exchange.request),
            "status": exchange.status,
            "response": limited(cleaned(told(exchange.response), api_key, root), RESPONSE),
        }
        for exchange in chosen(exchanges)[-EXCHANGES:]
    ]


def chosen(exchanges):
    """Those that show something: not ChatOllama's looks for its model, if there are others."""
    return [exchange for exchange in exchanges if exchange.path != LOOKS] or exchanges


def limited(text, most):
    """`text`, cut with a mark where it is longer than `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def told(response):
    """What a response says: of JSON what is not empty, of a stream the parts put together, else its text."""
    events = [line.removeprefix("data:").strip() for line in response.splitlines() if line.startswith("data:")]
    try:
        if not events:
            return json.dumps(plain(without_echo(json.loads(response))), ensure_ascii=False)
        return f"{len(events)} events: {json.dumps(plain(together(events)), ensure_ascii=False)}"
    except ValueError:
        return response


def together(events):
    """A stream's events as one dict.

    Args:
        events: the texts behind `data:`; one that is no JSON is left out ([DONE], or cut by the recorder).
    """
    found = []
    for event in events:
        try:
            found.append(json.loads(event))
        except ValueError:
            continue
    whole = [event["response"] for event in found if isinstance(event.get("response"), dict)]
    if whole:  # /v1/responses: each of its first and last events holds all there is so far
        text = "".join(event["delta"] for event in found if event.get("type") == "response.output_text.delta")
        return without_echo(whole[-1]) | ({} if whole[-1].get("output") else {"text": text})
    message, last = {"content": "", "reasoning": "", "tool_calls": []}, {}
    for event in found:
        last |= {name: event[name] for name in ("usage", "error") if event.get(name)}
        for choice in event.get("choices") or []:
            delta = choice.get("delta") or {}
            message["content"] += delta.get("content") or ""
            message["reasoning"] += delta.get("reasoning") or ""
            for call in delta.get("tool_calls") or []:
                add_call(message["tool_calls"], call)
            if choice.get("finish_reason"):
                last["finish_reason"] = choice["finish_reason"]
            if choice.get("logprobs") and "first_logprobs" not in last:
                last["first_logprobs"] = choice["logprobs"]
    return message | last


def without_echo(answer):
    """An answer of /v1/responses without the request, which the server sends back with it; others as they are."""
    if not isinstance(answer, dict) or answer.get("object") != "response":
        return answer
    return {name: answer.get(name) for name in ("status", "incomplete_details", "error", "output", "usage")}


def add_call(calls, part):
    """Add a part of a tool call to the calls so far: the first part has the name, the others more arguments."""
    function = part.get("function") or {}
    if function.get("name"):
        calls.append({"name": function["name"], "arguments": ""})
    if calls:
        calls[-1]["arguments"] += function.get("arguments") or ""


def plain(value):
    """`value` without what is empty or random, long texts and lists cut."""
    if isinstance(value, dict):
        random = RANDOM_FIELDS if value.get("object") == "model" else RANDOM_FIELDS | {"id"}
        kept = {key: plain(item) for key, item in value.items() if key not in random}
        return {key: item for key, item in kept.items() if item not in (None, "", [], {})}
    if isinstance(value, list):
        shown = [plain(item) for item in value[:ITEMS]]
        return [*shown, f"… ({len(value)} in all)"] if len(value) > ITEMS else shown
    return limited(value, SAID) if isinstance(value, str) else value
