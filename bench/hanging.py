"""What hooks that hang cost in memory: 300 hooks, 75,000 deliveries, fresh and after a restart.

usage: hanging.py BINARY      Exits with 1 if the cost exceeds LIMIT_MIB."""
import pathlib
import socket
import sys
import tempfile
import threading
import time

from hookline import Hookline

HOOKS, APPS, MESSAGES, LIMIT_MIB, SETTLE_S = 300, 6, 250, 100, 8


def hang():
    """A receiver that accepts and never answers."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    kept = []

    def run():
        while True:
            kept.append(listener.accept()[0])
            del kept[:-4000]

    threading.Thread(target=run, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/"


def measure(binary):
    """MiB beyond an idle server: while the deliveries are new, and after a restart."""
    url = hang()
    with tempfile.TemporaryDirectory() as directory:
        data = pathlib.Path(directory)
        with Hookline(binary, data) as server:
            app = server.first_app()
            idle = server.peak_rss_mib()
            apps = [app] + [server.new_app(f"app {i}") for i in range(1, APPS)]
            for one in apps:
                one.call("PATCH", "/app", {"event_hooks": [
                    {"hook_type": "webhook", "enabled": True, "webhook_url": f"{url}{i}",
                     "event_types": ["message.new"]} for i in range(HOOKS // APPS)]})
                for _ in range(MESSAGES):
                    one.send()
            time.sleep(SETTLE_S)
            costs = {"fresh": server.peak_rss_mib() - idle}
        with Hookline(binary, data) as server:
            time.sleep(SETTLE_S)
            costs["restarted"] = server.peak_rss_mib() - idle
    return costs


def main(binary):
    costs = measure(binary)
    for when, cost in costs.items():
        print(f"{HOOKS} hanging hooks, {HOOKS * MESSAGES} deliveries, {when}: {cost:.0f} MiB")
    return 0 if max(costs.values()) <= LIMIT_MIB else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
