"""Servers that treat all requests alike, or whose list of models is odd: a behaviour each."""

import socket
import time

from tests.imitation.server import MODELS, reply


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


def lists(name):
    """A server whose only model has this id."""
    return lambda handler: reply(handler, 200, {"object": "list", "data": [{"id": name, "object": "model"}]})


def redirects_to(target):
    """A server that sends everything on to `target`."""
    return lambda handler: reply(handler, 307, "", "text/plain", Location=target + handler.path)
