"""How it is said: the bytes of an answer, over Chat Completions, over Responses, and in front of Ollama's /v1."""

import json

from tests.fidelity.strategies import WORDS, Answer, Piece

LIMIT = 12  # requests for one question, after which the server stops asking for tools
MODEL = "m"
TAGS = {"models": [{"name": f"{MODEL}:latest", "modified_at": "2026-11-27T00:00:00Z", "size": 1}]}
PLAIN = (Piece(text="ok"),)
STATUS = {"stop": "completed", "tool_calls": "completed"}
INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
ERRORS = {
    "openai": {"error": {"message": WORDS, "type": "invalid_request_error", "code": None}},
    "text": {"error": WORDS},
    "detail": {"detail": WORDS},
    "message": {"object": "error", "message": WORDS, "code": 400},
    "plain": WORDS,
}


def answered(case, number, first):
    """What the server says.

    Args:
        case: the case.
        number: of the request in this conversation, from 0.
        first: whether it belongs to the first question.

    Returns:
        The status, the Content-Type and the body.
    """
    speaks = Responses if case.client == "ChatOpenAI" else Completions
    if not first or (number and not case.again) or number >= LIMIT:
        answer = Answer(PLAIN, usage=case.answer.usage, cached=case.answer.cached)
        wire = speaks(answer, number)
        return wire.streamed() if first and case.stream else wire.whole()
    if case.trouble in ("status", "200"):
        return refusal(400 if case.trouble == "status" else 200, case.shape)
    wire = speaks(case.answer, number)
    return wire.streamed(case.trouble, case.shape) if case.stream else wire.whole()


def refusal(status, shape):
    """An error instead of an answer."""
    body = ERRORS[shape]
    if isinstance(body, str):
        return status, "text/plain", body.encode()
    return status, "application/json", json.dumps(body).encode()


def counts(number, cached):
    """Counts of tokens that fit the conversation: the prompt grows, and the cache holds the one before."""
    return {"prompt": 10 * (number + 1), "completion": 5, "cached": 10 * number if cached else 0}


class Completions:
    """The answer to one request, as the Chat Completions API says it."""

    def __init__(self, answer, number):
        self.answer = answer
        self.counts = counts(number, answer.cached)

    def usage(self):
        prompt, completion = self.counts["prompt"], self.counts["completion"]
        usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
        if self.answer.cached is not None:
            usage["prompt_tokens_details"] = {"cached_tokens": self.counts["cached"]}
        return usage

    def thinking(self, text):
        field = self.answer.field
        return dict.fromkeys(("reasoning", "reasoning_content") if field == "both" else (field,), text)

    def whole(self):
        answer = self.answer
        message = {"role": "assistant", "content": None}
        if any(piece.text is not None for piece in answer.pieces):
            message["content"] = answer.text
        if any(piece.thinking is not None for piece in answer.pieces):
            message |= self.thinking(answer.thinking)
        if answer.calls:
            message["tool_calls"] = [
                {
                    "id": None if answer.ids == "null" else call,
                    "type": "function",
                    "function": {"name": name, "arguments": arguments},
                }
                for call, name, arguments in answer.calls
            ]
        body = {"id": "x", "object": "chat.completion", "created": 1, "model": MODEL}
        body["choices"] = [{"index": 0, "message": message, "finish_reason": answer.finish}]
        if answer.usage != "never":
            body["usage"] = self.usage()
        return 200, "application/json", json.dumps(body).encode()

    def chunk(self, delta=None, finish=None):
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": choices}
        if self.answer.usage == "each":
            chunk["usage"] = self.usage()
        return chunk

    def delta(self, piece, begun):
        """The delta of a piece; `begun` has the calls of which a piece was sent."""
        if piece.call is None:
            delta = {} if piece.text is None else {"content": piece.text}
            return delta if piece.thinking is None else delta | self.thinking(piece.thinking)
        answer = self.answer
        call = {"index": 0 if answer.ids == "one index" else piece.call, "function": {"arguments": piece.arguments}}
        if piece.call not in begun or answer.ids == "each":
            call |= {"id": None if answer.ids == "null" else f"call_{piece.call}", "type": "function"}
            call["function"]["name"] = answer.names[piece.call]
            begun.add(piece.call)
        return {"tool_calls": [call]}

    def streamed(self, trouble="none", shape="openai"):
        answer = self.answer
        openings = {"role": {"role": "assistant"}, "text": {"role": "assistant", "content": ""}, "no choices": None}
        chunks = [self.chunk(openings[answer.opening])] if answer.opening != "none" else []
        begun = set()
        chunks += [self.chunk(self.delta(piece, begun)) for piece in answer.pieces]
        if trouble == "in the stream":
            error = ERRORS[shape]
            chunks.append(error if isinstance(error, dict) else {"error": error})
        if trouble == "none":
            chunks.append(self.chunk({}, answer.finish))
            if answer.usage == "end":
                chunks.append(self.chunk() | {"usage": self.usage()})
        body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
        return 200, "text/event-stream", (body + "data: [DONE]\n\n" * (trouble == "none")).encode()


class Responses:
    """The answer to one request, as the Responses API says it."""

    def __init__(self, answer, number):
        self.answer = answer
        self.counts = counts(number, answer.cached)

    def items(self):
        """The output's items, and for each the pieces that it is streamed in."""
        items = []
        for piece in self.answer.pieces:
            for kind, text in (
                ("reasoning", piece.thinking),
                ("message", piece.text),
                (f"call {piece.call}", None if piece.call is None else piece.arguments),
            ):
                if text is not None and items and items[-1][0] == kind:
                    items[-1][1].append(text)
                elif text is not None:
                    items.append((kind, [text]))
        return [(self.item(at, kind, "".join(texts)), texts) for at, (kind, texts) in enumerate(items)]

    def item(self, at, kind, text):
        if kind == "reasoning":
            item = {"id": f"rs_{at}", "type": "reasoning", "summary": []}
            if self.answer.field != "reasoning_content":
                item["summary"] = [{"type": "summary_text", "text": text}]
            if self.answer.field != "reasoning":
                item["content"] = [{"type": "reasoning_text", "text": text}]
            return item
        if kind == "message":
            part = {"type": "output_text", "text": text, "annotations": []}
            head = {"id": f"msg_{at}", "type": "message", "role": "assistant", "status": "completed"}
            return head | {"content": [part]}
        call = int(kind.removeprefix("call "))
        return {
            "id": None if self.answer.ids == "null" else f"fc_{call}",
            "type": "function_call",
            "call_id": f"call_{call}",
            "name": self.answer.names[call],
            "arguments": text,
            "status": "completed",
        }

    def body(self, output, status="completed"):
        finish = self.answer.finish
        body = {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "model": MODEL,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "output": output,
            "parallel_tool_calls": True,
            "tools": [],
            "tool_choice": "auto",
            "usage": None,
        }
        if status != "in_progress":
            if finish in INCOMPLETE:
                body |= {"status": "incomplete", "incomplete_details": {"reason": INCOMPLETE[finish]}}
            if self.answer.usage != "never":
                prompt, completion = self.counts["prompt"], self.counts["completion"]
                cached = {"cached_tokens": self.counts["cached"]}
                body["usage"] = {
                    "input_tokens": prompt,
                    "input_tokens_details": None if self.answer.cached is None else cached,
                    "output_tokens": completion,
                    "output_tokens_details": {"reasoning_tokens": 0},
                    "total_tokens": prompt + completion,
                }
        return body

    def whole(self):
        return 200, "application/json", json.dumps(self.body([item for item, _ in self.items()])).encode()

    def deltas(self, item, texts):
        """The type and the fields of the events that a stream brings an item's pieces in."""
        if item["type"] == "message":
            return [("response.output_text.delta", {"content_index": 0, "delta": text}) for text in texts]
        if item["type"] == "function_call":
            return [("response.function_call_arguments.delta", {"delta": text}) for text in texts]
        if item["summary"]:
            return [("response.reasoning_summary_text.delta", {"summary_index": 0, "delta": text}) for text in texts]
        return [("response.reasoning_text.delta", {"content_index": 0, "delta": text}) for text in texts]

    def streamed(self, trouble="none", shape="openai"):
        events = [("response.created", {"response": self.body([], "in_progress")})]
        items = self.items()
        for at, (item, texts) in enumerate(items):
            where = {"output_index": at, "item_id": item["id"]}
            events.append(("response.output_item.added", {"output_index": at, "item": item}))
            events += [(kind, where | fields) for kind, fields in self.deltas(item, texts)]
            events.append(("response.output_item.done", {"output_index": at, "item": item}))
        if trouble == "in the stream":
            error = {"code": "server_error", "message": WORDS}
            failed = self.body([], "failed") | {"error": error}
            events.append(("error", error) if shape == "openai" else ("response.failed", {"response": failed}))
        if trouble == "none":
            body = self.body([item for item, _ in items])
            events.append((f"response.{body['status']}", {"response": body}))
        lines = []
        for number, (kind, fields) in enumerate(events):
            data = json.dumps({"type": kind, "sequence_number": number, **fields})
            lines.append(f"event: {kind}\ndata: {data}\n\n")
        return 200, "text/event-stream", "".join(lines).encode()
