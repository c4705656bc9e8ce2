"""Imitates a server that listens, starts a child as vLLM does, and never says that it is ready."""

import http.server
import os
import subprocess
import sys

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(f"loading for ever in the processes {os.getpid()} {child.pid}", flush=True)


class NotReady(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(503)

    def log_message(self, *arguments):
        pass


http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), NotReady).serve_forever()
