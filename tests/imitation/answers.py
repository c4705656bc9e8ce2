"""Imitates servers that answer, but not as they should: one function each, served in a thread."""

import contextlib
import functools
import http.server
import json
import socket
import threading
import time

MODELS = {"object": "list", "data": [{"id": "m", "object": "model", "owned_by": "somebody"}]}


def reply(handler, status, body, content_type="application/json", **headers):
    """Send a whole answer."""
    body = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    handler.send_response(status)
    for name, value in {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}.items():
        if value is not None:
            handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


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


def wrong_content_type(handler):
    reply(handler, 200, MODELS, "text/plain")


def html_page(handler):
    reply(handler, 200, "<!doctype html><title>Hello</title>", "text/html; charset=utf-8")


def endless_stream(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65536)


def huge_body(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(8 << 30))
    handler.end_headers()
    while True:
        handler.wfile.write(b"1" * 65536)


def slow_drip(handler):
    """The head itself comes a byte at a time, so that no single read ever times out."""
    for byte in b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n":
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.2)


def slow_body(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.2)


def silent(handler):
    time.sleep(5)


def closes(handler):
    handler.connection.shutdown(socket.SHUT_RDWR)


def not_http(handler):
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.9\r\n")


def unauthorized(handler):
    reply(handler, 401, {"error": "Unauthorized"})


def forbidden(handler):
    reply(handler, 403, {"error": {"message": "Forbidden"}})


def too_many(handler):
    reply(handler, 429, {"error": {"message": "Slow down"}}, Retry_After="7")


def broken(handler):
    reply(handler, 500, "Internal Server Error", "text/plain")


def loading(handler):
    """What llama.cpp's server says while it loads (its source, tools/server, read 2026-11)."""
    reply(handler, 503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}})


def unknown_paths_are_200(handler):
    """Answers 200 to paths it does not know, as LM Studio does (lmstudio-bug-tracker#1323, read 2026-11)."""
    reply(handler, 200, {"error": f"Unexpected endpoint or method. ({handler.command} {handler.path})"})


def no_models(handler):
    reply(handler, 200, {"object": "list", "data": []})


def no_list_of_models(handler):
    """What Ollama 0.32.15 says before it has a model."""
    reply(handler, 200, {"object": "list", "data": None})


def echoes_the_key(handler):
    reply(handler, 401, {"error": {"message": f"Bad header: {handler.headers['Authorization']}"}})


def hostile_model_id(handler):
    """An id that tries to break out of the snippet, and to clear the terminal."""
    name = 'm")\nopen("pwned", "w").close()  #\x1b[2J\x07'
    entries = [{"id": name, "owned_by": ["not", "a", "name"], "max_model_len": "no number"}]
    reply(handler, 200, {"data": entries})


def odd_json(handler):
    """JSON of the wrong shape at every path, but for the model list."""
    if handler.path.endswith("/models"):
        reply(handler, 200, {"data": [{"id": "m", "owned_by": {}, "context_length": None}]})
    else:
        shape = {"version": {}, "models": [1, {"name": []}], "data": "x", "default_generation_settings": [1]}
        reply(handler, 200, [shape] if len(handler.path) % 2 else shape)


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
    if b'"stream":true' in handler.rfile.read(int(handler.headers["Content-Length"])).replace(b" ", b""):
        reply(handler, 200, "", "text/event-stream")
    else:
        message = 'can only concatenate str (not "list") to str'
        reply(handler, 500, {"error": {"message": message, "type": "internal_server_error"}})


def in_parts_or_whole(handler, delta, message, finish_reason="stop"):
    """Answer a chat with one chunk that holds `delta`, or with `message` when it is not streamed."""
    choice = {"index": 0, "finish_reason": finish_reason}
    if b'"stream":true' in handler.rfile.read(int(handler.headers["Content-Length"])).replace(b" ", b""):
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
    body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
    text = "The days are Monday, Tuesday, Wednesday, Thursday, Friday, Saturday and Sunday."
    usage = {"prompt_tokens": 20, "completion_tokens": 40, "total_tokens": 60}
    head = {"id": "x", "created": 1, "model": "m"}
    if not body.get("stream"):
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
    body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
    function = {"name": body["tools"][0]["function"]["name"], "arguments": '{"city": "Berlin"}'}
    streamed(handler, {"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": function}]})


def one_at_a_time(stops):
    """A server that writes 100 tokens a second, works on one answer at a time, and counts it as vLLM does.

    Args:
        stops: whether it stops when the client has hung up, as it should.
    """
    busy = threading.Lock()

    @only_models
    def chat(handler):
        tokens = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))["max_tokens"]
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


def lists(name):
    """A server whose only model has this id."""
    return lambda handler: reply(handler, 200, {"object": "list", "data": [{"id": name, "object": "model"}]})


def redirects_to(target):
    """A server that sends everything on to `target`."""
    return lambda handler: reply(handler, 307, "", "text/plain", Location=target + handler.path)


def redirects_chat_to(target):
    """A server that sends only the chat on to `target`."""
    return only_models(redirects_to(target))


class Handler(http.server.BaseHTTPRequestHandler):
    """Notes each request, then lets the server's `behave` answer."""

    def do_GET(self):
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.seen.append((self.command, self.path, headers))
        with contextlib.suppress(OSError):
            self.server.behave(self)

    do_POST = do_GET

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    """One misbehaving server on a loopback address.

    `seen` holds the requests that it got, `asked` the bodies that its `behave` notes there.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, behave, host="127.0.0.1", context=None):
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, 0), Handler)
        self.behave, self.seen, self.asked, self.port = behave, [], [], self.server_address[1]
        self.scheme = "https" if context else "http"
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        where = f"[{host}]" if ":" in host else "localhost" if context else host
        self.url = f"{self.scheme}://{where}:{self.port}"

    def handle_error(self, request, client_address):
        pass


@contextlib.contextmanager
def serving(behave, **options):
    """The Server for the length of a `with` block."""
    with Server(behave, **options) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
