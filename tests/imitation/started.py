"""Imitates a server that gets ready, lists a model, and dies after two seconds."""

import http.server
import os
import sys
import threading
import time


class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"data": [{"id": "m"}]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def die():
    time.sleep(2)
    print("out of memory", flush=True)
    os._exit(9)


threading.Thread(target=die, daemon=True).start()
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
