"""What the tests of official Python clients share: a real server, and a receiver of webhooks."""
import http.server
import json
import os
import queue
import re
import subprocess
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("HOOKLINE_BIN", str(ROOT / "build" / "hookline"))
PATIENCE_SECONDS = 60


class Server:
    """`hookline serve --dev` on a free port, with one app and a data directory of its own."""

    def __init__(self, key, secret):
        self.data = tempfile.TemporaryDirectory(prefix="hookline-python-")
        env = {**os.environ, "HOOKLINE_BOOTSTRAP_KEY": key, "HOOKLINE_BOOTSTRAP_SECRET": secret,
               "HOOKLINE_CHAT_COMMAND_TIMEOUT_MS": "10000"}
        self.process = subprocess.Popen(
            [BINARY, "serve", "--dev", "--listen", "127.0.0.1:0", "--data", self.data.name],
            env=env, stdout=subprocess.PIPE, text=True)
        self.origin = re.search(r"listening on (\S+)", self.process.stdout.readline()).group(1)
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def close(self):
        self.process.terminate()
        code = self.process.wait(timeout=PATIENCE_SECONDS)
        self.process.stdout.close()
        self.data.cleanup()
        assert code == 0, f"the server exited with {code}"


class Receiver:
    """Answers POSTs with what `handlers[path](event)` returns (a JSON value), and keeps them."""

    def __init__(self):
        self.handlers = {}
        self.calls = queue.Queue()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                path = self.path.split("?")[0]
                handler = receiver.handlers.get(path)
                answer = b"" if handler is None else json.dumps(handler(json.loads(body))).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                receiver.calls.put((path, dict(self.headers), body))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def wait_for(self, path, event_type):
        while True:
            call = self.calls.get(timeout=PATIENCE_SECONDS)
            if call[0] == path and json.loads(call[2])["type"] == event_type:
                return call

    def close(self):
        self.server.shutdown()
        self.server.server_close()
