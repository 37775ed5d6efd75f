"""A Hookline server under test, its apps, and what the benchmark reads of it."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import re
import subprocess
import threading
import urllib.request

KEY, SECRET, ADMIN = "benchkey0001", "b" * 64, "bench-admin-token"
MEMBERS = ["mara", "olaf", "ines", "jon", "kim", "lea"]


def server_token(secret):
    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    head = encode(b'{"alg":"HS256","typ":"JWT"}') + b"." + encode(b'{"server":true}')
    return (head + b"." + encode(hmac.new(secret.encode(), head, hashlib.sha256).digest())).decode()


def message_body():
    text = ("crane is free " * 10)[:100]
    return json.dumps({"message": {"text": text, "user_id": "mara"}}).encode()


class App:
    """One tenant, with a channel of six members."""

    def __init__(self, origin, key, secret):
        self.origin, self.key = origin, key
        self.headers = {"Authorization": server_token(secret), "stream-auth-type": "jwt",
                        "Content-Type": "application/json"}
        self.message_url = f"{origin}/channels/messaging/bench/message?api_key={key}"
        self.call("POST", "/users", {"users": {u: {"id": u, "name": u.title()} for u in MEMBERS}})
        self.call("POST", "/channels/messaging/bench/query",
                  {"data": {"created_by_id": "mara", "members": MEMBERS}})

    def call(self, method, path, body):
        request = urllib.request.Request(f"{self.origin}{path}?api_key={self.key}", method=method,
                                         headers=self.headers, data=json.dumps(body).encode())
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def push_to(self, url):
        self.call("PATCH", "/app", {"event_hooks": [
            {"hook_type": "webhook", "enabled": True, "webhook_url": url,
             "event_types": ["message.new"]}]})

    def ask_before_send(self, url):
        self.call("PATCH", "/app", {"before_message_send_hook_url": url})

    def send(self):
        return self.call("POST", "/channels/messaging/bench/message", json.loads(message_body()))


class Receiver:
    """Catches one call, to see what the server really sends."""

    def __enter__(self):
        self.arrived = threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                receiver.body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.headers = dict(self.headers)
                self.send_response(200)
                self.end_headers()
                receiver.arrived.set()

            def log_message(self, *_):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def call(self):
        """The body, and the headers that are not the transport's."""
        if not self.arrived.wait(10):
            raise RuntimeError("no webhook arrived")
        dropped = {"host", "content-length", "connection"}
        return self.body, {k: v for k, v in self.headers.items() if k.lower() not in dropped}


class Hookline:
    def __init__(self, binary, data):
        self.binary, self.data = binary, data

    def __enter__(self):
        env = {**os.environ, "HOOKLINE_BOOTSTRAP_KEY": KEY, "HOOKLINE_BOOTSTRAP_SECRET": SECRET,
               "HOOKLINE_ADMIN_TOKEN": ADMIN, "HOOKLINE_LOG_LEVEL": "warn"}
        self.process = subprocess.Popen(
            [str(self.binary), "serve", "--dev", "--listen", "127.0.0.1:0", "--data", str(self.data)],
            env=env, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.origin = re.search(r"listening on (\S+)", line).group(1)
        # Nobody may be held up by a pipe that nobody reads.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)

    def first_app(self):
        return App(self.origin, KEY, SECRET)

    def new_app(self, name):
        answer = self.admin("/apps", {"name": name})
        return App(self.origin, answer["key"], answer["secret"])

    def admin(self, path, body=None):
        request = urllib.request.Request(
            f"{self.origin}/admin/v1{path}", headers={"Authorization": f"Bearer {ADMIN}"},
            data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def delivered(self):
        with urllib.request.urlopen(f"{self.origin}/metrics") as response:
            text = response.read().decode()
        found = re.search(r"^hookline_deliveries_delivered_total (\S+)", text, re.M)
        return int(float(found.group(1)))

    def pending(self):
        return sum(hook["pending"] for hook in self.admin("/hooks")["hooks"])

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_rss_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmHWM:\s+(\d+) kB", status.read()).group(1)) / 1024
