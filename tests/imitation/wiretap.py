"""Passes bytes on to a server, and notes what a client sent: what somebody on the network between would read."""

import contextlib
import socket
import socketserver
import threading

from tests.imitation.server import running


@contextlib.contextmanager
def wiretap(target):
    """A port that passes everything on to the port `target`, and all bytes that a client sent through it."""
    sent = bytearray()

    class Tap(socketserver.BaseRequestHandler):
        def handle(self):
            with socket.create_connection(("127.0.0.1", target), 10) as server:
                back = threading.Thread(target=copy, args=(server, self.request, bytearray()), daemon=True)
                back.start()
                copy(self.request, server, sent)
                back.join(10)

    def copy(source, sink, note):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                note.extend(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    tap = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tap)
    tap.daemon_threads, tap.block_on_close = True, False
    with running(tap):
        yield tap.server_address[1], sent
