"""Where what a server said and what a chat made of it disagree: by kind."""

import json
import traceback
from pathlib import Path

import chatlas

from tests.fidelity import wire
from tests.fidelity.strategies import WORDS

HOME = str(Path(chatlas.__file__).parent)
ACCIDENTS = (AttributeError, TypeError, KeyError, IndexError, AssertionError)
# what a turn may say of a finish reason of the server: chatlas' own word for it, or the server's
FINISHES = {"stop": {"success"}, "length": {"max_tokens"}, "tool_calls": {"tool_use", "success"}}


def route(case):
    """Where a disagreement was seen: the route, and whether the answer was streamed."""
    return f"{'responses' if case.client == 'ChatOpenAI' else 'completions'}, {'stream' if case.stream else 'whole'}"


def disagreements(case, seen):
    """Yield each disagreement's kind, what was to be expected, and what was there."""
    if case.trouble != "none":
        yield from of_trouble(case, seen)
    elif seen.error:
        yield from of_error(case, seen)
    elif case.data:
        said = json.loads(case.answer.text)["a"]
        if seen.data != said:
            yield "data: changed", said, seen.data
    else:
        yield from of_shown(case, seen)
    if not seen.error and case.trouble == "none":
        yield from of_turn(case, seen)
        yield from of_tokens(case, seen)
    if seen.next_error and not (seen.error and name(seen.error) == name(seen.next_error)):
        yield f"next question: {name(seen.next_error)}", "an answer", text(seen.next_error)
    if seen.next:
        yield from of_next(case, seen)
    if seen.saved:
        yield from of_saved(case, seen)


def name(error):
    """An error's type, and the function of chatlas that it left last."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(HOME)]
    return f"{type(error).__name__} in {frames[-1].name}" if frames else type(error).__name__


def text(error):
    return f"{type(error).__name__}: {error}"


def how(said, got):
    """In which way one text is not the other."""
    rest = iter(said)
    if len(got) < len(said) and all(letter in rest for letter in got):
        return "lost"
    return "more" if said in got else "changed"


def of_trouble(case, seen):
    """Of an answer that is an error, or breaks off."""
    if case.trouble == "breaks off":
        if not seen.error and not seen.warned and not getattr(seen.kept, "partial_reason", None):
            yield "broken off: counts as complete", "an error or a warning", None
        elif isinstance(seen.error, ACCIDENTS):
            yield f"broken off: {name(seen.error)}", "an error that says so", text(seen.error)
    elif not seen.error:
        yield f"error ({case.trouble}): none raised", WORDS, seen.shown or seen.data
    elif WORDS not in str(seen.error):
        accident = isinstance(seen.error, ACCIDENTS)
        words = f"{name(seen.error)} instead" if accident else "the server's words are lost"
        yield f"error ({case.trouble}): {words}", WORDS, text(seen.error)


def is_json(arguments):
    """Whether a call's arguments can be read; none at all stand for none."""
    try:
        return not arguments or json.loads(arguments) is not NotImplemented
    except ValueError:
        return False


def of_error(case, seen):
    """Of an error although the server answered."""
    unreadable = [arguments for _, _, arguments in case.answer.calls if not is_json(arguments)]
    if unreadable and isinstance(seen.error, ValueError) and "invalid JSON" in str(seen.error):
        if unreadable[0] not in str(seen.error):
            yield "arguments that are no JSON: not shown", unreadable[0], text(seen.error)
    elif case.data and case.answer.finish in wire.INCOMPLETE:
        if not any(word in str(seen.error) for word in ("truncated", "filtered")):
            yield "data that was cut: the error does not say so", "an error that says so", text(seen.error)
    else:
        yield f"answer: {name(seen.error)}", "an answer", text(seen.error)


def of_shown(case, seen):
    """Of what was shown."""
    answer = case.answer
    said = answer.text * (wire.LIMIT if case.again and answer.calls else 1) + ("ok" if answer.calls else "")
    if seen.shown != said:
        yield f"shown text: {how(said, seen.shown)}", said, seen.shown
    thought = answer.thinking * (wire.LIMIT if case.again and answer.calls else 1)
    if seen.thought is not None and seen.thought != thought:
        yield f"shown thinking: {how(thought, seen.thought)}", thought, seen.thought
    if answer.finish in wire.INCOMPLETE and not any("truncated" in w or "filtered" in w for w in seen.warned):
        yield "cut: no warning", "a warning", seen.warned
    if seen.asked >= wire.LIMIT:
        yield "rounds of tools: no limit", "a limit", f"{seen.asked} requests"


def parts(turn, kind):
    return [content for content in turn.contents if type(content).__name__ == kind]


def of_turn(case, seen):
    """Of what was kept in the turn."""
    answer, kept = case.answer, seen.kept
    if not case.data:
        got = "".join(each.text for each in parts(kept, "ContentText"))
        if got != answer.text:
            yield f"kept text: {how(answer.text, got)}", answer.text, got
    got = "".join(each.thinking for each in parts(kept, "ContentThinking"))
    if got != answer.thinking:
        yield f"kept thinking: {how(answer.thinking, got)}", answer.thinking, got
    calls = parts(kept, "ContentToolRequest")
    if len(calls) != len(answer.calls):
        yield "kept calls: their number", answer.calls, calls
    else:
        for (call, tool, arguments), got in zip(answer.calls, calls, strict=True):
            if answer.ids != "null" and got.id != call:
                yield "kept calls: another id", call, got.id
            if got.name != tool:
                yield "kept calls: another name", tool, got.name
            if is_json(arguments) and got.arguments != (json.loads(arguments) if arguments else {}):
                yield "kept calls: other arguments", arguments, got.arguments
        if len({got.id for got in calls}) < len(calls):
            yield "kept calls: two have one id", "ids of their own", [got.id for got in calls]
    finish = getattr(kept, "finish_reason", None)
    if case.client != "ChatOpenAI" and finish not in {answer.finish} | FINISHES.get(answer.finish, set()):
        yield "kept finish reason", answer.finish, finish


def of_tokens(case, seen):
    """Of the counts of tokens."""
    if isinstance(seen.tokens, Exception):
        yield f"tokens: {name(seen.tokens)}", "counts", text(seen.tokens)
        return
    if case.answer.usage == "never":
        if any(entry["tokens"] for entry in seen.tokens):
            yield "tokens: counted although the server did not", None, seen.tokens
        return
    if any(entry["tokens"] < 0 for entry in seen.tokens):
        yield "tokens: negative", "no count below 0", [entry["tokens"] for entry in seen.tokens]
    elif not case.answer.cached:
        count = wire.counts(0, False)
        said, got = [count["prompt"], count["completion"]], [entry["tokens"] for entry in seen.tokens[:2]]
        if said != got:
            yield "tokens: others", said, got


def of_next(case, seen):
    """Of the request with the next question."""
    if case.client == "ChatOpenAI":
        sent, others = of_items(seen.next["input"])
    else:
        sent, others = of_messages(seen.next["messages"])
    yield from others
    kept = seen.kept
    if not kept or seen.error:
        return
    got = "".join(each.text for each in parts(kept, "ContentText"))
    if not case.data and sent["text"] != got:
        yield f"sent text: {how(got, sent['text'])}", got, sent["text"]
    if case.data and json.loads(sent["text"]) != json.loads(case.answer.text):
        yield "sent data: changed", case.answer.text, sent["text"]
    calls = [(each.id, each.name, each.arguments) for each in parts(kept, "ContentToolRequest")]
    if sent["calls"] != calls:
        yield "sent calls: others", calls, sent["calls"]
    thinking, field = "".join(each.thinking for each in parts(kept, "ContentThinking")), case.answer.field
    if case.preserve and thinking and sent["message"].get("reasoning" if field == "both" else field) != thinking:
        yield "sent thinking: not in the field that it came in", field, sent["message"]


def of_messages(messages):
    """What a request to Chat Completions says of the first answer, and what is wrong with it in itself."""
    wrong = []
    answers = [message for message in messages if message["role"] == "assistant"]
    for message in answers:
        if "content" not in message and "tool_calls" not in message:
            wrong.append(("sent message: neither content nor calls", "content", message))
    asked = [call["id"] for message in answers for call in message.get("tool_calls", [])]
    results = [message["tool_call_id"] for message in messages if message["role"] == "tool"]
    if asked != results:
        wrong.append(("sent results: not one for each call", asked, results))
    first = answers[0] if answers else {}
    content = first.get("content") or ""
    return {
        "message": first,
        "text": content if isinstance(content, str) else "".join(part["text"] for part in content),
        "calls": [
            (call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
            for call in first.get("tool_calls", [])
        ],
    }, wrong


def of_items(items):
    """The same for a request to Responses."""
    wrong = []
    for item in items:
        if "type" not in item and "role" not in item:
            wrong.append(("sent item: of no type", "a type", item))
    asked = [item["call_id"] for item in items if item.get("type") == "function_call"]
    results = [item["call_id"] for item in items if item.get("type") == "function_call_output"]
    if asked != results:
        wrong.append(("sent results: not one for each call", asked, results))
    first, began = [], False
    for item in items:
        mine = item.get("role", "assistant") == "assistant" and item.get("type") != "function_call_output"
        if began and not mine:
            break
        began = began or mine
        if mine:
            first.append(item)
    return {
        "message": {},
        "text": "".join(p["text"] for item in first if item.get("type") == "message" for p in item["content"]),
        "calls": [
            (item["call_id"], item["name"], json.loads(item["arguments"]))
            for item in first
            if item.get("type") == "function_call"
        ],
    }, wrong


def of_saved(case, seen):
    """Of a conversation that was saved, loaded or exported."""
    if isinstance(seen.saved, Exception):
        yield f"saved: {name(seen.saved)}", "a conversation that can be loaded", text(seen.saved)
        return
    turns, loaded = seen.saved
    for turn, again in zip(turns, loaded, strict=True):
        # their text, since an error, which a tool's result may hold, is no other's equal
        if [str(content) for content in turn.contents] != [str(content) for content in again.contents]:
            yield "saved: other contents", turn.contents, again.contents
        if getattr(turn, "tokens", None) != getattr(again, "tokens", None):
            yield "saved: other tokens", turn.tokens, again.tokens
    if seen.next and seen.next_of_loaded != seen.next:
        yield "saved: another request from then on", seen.next, seen.next_of_loaded
    if isinstance(seen.exported, Exception):
        yield f"exported: {name(seen.exported)}", "a file", text(seen.exported)
    elif seen.kept and not case.data:
        for said in (each.text for each in parts(seen.kept, "ContentText")):
            if said.strip() not in seen.exported:
                yield "exported: text missing", said, seen.exported
