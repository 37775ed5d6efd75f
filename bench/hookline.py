"""A Hookline server under test, and what the benchmark reads of it."""
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


def server_token():
    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    head = encode(b'{"alg":"HS256","typ":"JWT"}') + b"." + encode(b'{"server":true}')
    return (head + b"." + encode(hmac.new(SECRET.encode(), head, hashlib.sha256).digest())).decode()


class Hookline:
    def __init__(self, binary, data):
        self.binary, self.data = binary, data
        self.token = server_token()

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

    def headers(self):
        return {"Authorization": self.token, "stream-auth-type": "jwt",
                "Content-Type": "application/json"}

    def call(self, method, path, body=None):
        separator = "&" if "?" in path else "?"
        request = urllib.request.Request(
            f"{self.origin}{path}{separator}api_key={KEY}", method=method, headers=self.headers(),
            data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def message_url(self):
        return f"{self.origin}/channels/messaging/bench/message?api_key={KEY}"

    def message_body(self):
        text = ("crane is free " * 10)[:100]
        return json.dumps({"message": {"text": text, "user_id": "mara"}}).encode()

    def set_up(self, sink_url):
        """Users, channel and hook; returns one delivered payload with its headers."""
        self.call("POST", "/users", {"users": {u: {"id": u, "name": u.title()} for u in MEMBERS}})
        self.call("POST", "/channels/messaging/bench/query",
                  {"data": {"created_by_id": "mara", "members": MEMBERS}})
        payload, headers = self.catch_one()
        self.hook(sink_url)
        return payload, headers

    def hook(self, url):
        self.call("PATCH", "/app", {"event_hooks": [
            {"hook_type": "webhook", "enabled": True, "webhook_url": url,
             "event_types": ["message.new"]}]})

    def catch_one(self):
        caught = []
        arrived = threading.Event()

        class Receiver(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                caught.append((body, dict(self.headers)))
                self.send_response(200)
                self.end_headers()
                arrived.set()

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Receiver) as receiver:
            thread = threading.Thread(target=receiver.serve_forever, daemon=True)
            thread.start()
            self.hook(f"http://127.0.0.1:{receiver.server_port}/")
            self.call("POST", "/channels/messaging/bench/message", json.loads(self.message_body()))
            if not arrived.wait(10):
                raise RuntimeError("no webhook arrived")
            receiver.shutdown()
        body, headers = caught[0]
        dropped = {"host", "content-length", "connection"}
        return body, {k: v for k, v in headers.items() if k.lower() not in dropped}

    def metrics(self):
        with urllib.request.urlopen(f"{self.origin}/metrics") as response:
            return response.read().decode()

    def delivered(self):
        return int(float(re.search(r"^hookline_deliveries_delivered_total (\S+)", self.metrics(),
                                   re.M).group(1)))

    def pending(self):
        request = urllib.request.Request(f"{self.origin}/admin/v1/hooks",
                                         headers={"Authorization": f"Bearer {ADMIN}"})
        with urllib.request.urlopen(request) as response:
            return sum(hook["pending"] for hook in json.load(response)["hooks"])

    def cpu_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_rss_mib(self):
        status = open(f"/proc/{self.process.pid}/status").read()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024
