#!/usr/bin/env python3
"""The end-to-end benchmark: one run, one table.

  ceiling      wrk posts the payload that Hookline delivers straight to the sink, same headers
  hookline     wrk sends messages through Hookline, which signs and delivers them to the same sink
  before-send  what a before-message-send hook adds to a send beyond its own round trip
  hanging      what hooks that hang cost in memory (hanging.py)

Ceiling and server take turns, ROUNDS times (default 5); the table shows medians with minimum and
maximum. Everything runs on this machine, so what counts is the ratio, not the absolute figures.
"""
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

import hanging
from hookline import Hookline, Receiver, message_body
from sink import Sink

HERE = Path(__file__).resolve().parent
ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = int(os.environ.get("SECONDS_PER_RUN", "6"))
WRK_THREADS, WRK_CONNECTIONS = 1, 64
DRAIN_SECONDS_MAX = 120
HOOK_BLOCKS, HOOK_BLOCK, WARM_UP = 5, 100, 20
CROWD, CROWD_SECONDS = 200, 3


class Target:
    """What wrk is to post where."""

    def __init__(self, scratch, name, url, body, headers):
        self.url, self.body, self.headers = url, body, headers
        self.file = scratch / f"{name}.json"
        self.file.write_bytes(body)

    def wrk(self, connections=WRK_CONNECTIONS, seconds=SECONDS):
        """Requests per second, how many, and latency percentiles in ms. Any error ends the run."""
        env = {**os.environ, "BENCH_BODY": str(self.file), "BENCH_HEADERS": json.dumps(self.headers)}
        out = subprocess.run(
            ["wrk", f"-t{WRK_THREADS}", f"-c{connections}", f"-d{seconds}s", "--latency",
             "-s", str(HERE / "post_body.lua"), self.url],
            env=env, check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in out or "Socket errors" in out:
            sys.exit(f"{self.url}: there were errors\n{out}")
        millis = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}

        def latency(p):
            value, unit = re.search(rf"^\s+{p}%\s+([\d.]+)(us|ms|s|m)$", out, re.M).groups()
            return float(value) * millis[unit]

        return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
                "requests": int(re.search(r"(\d+) requests in", out).group(1)),
                "p50": latency(50), "p99": latency(99)}

    def one_by_one(self, count):
        """Latencies in ms of `count` posts, one after another on a warm connection."""
        target = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(target.hostname, target.port)
        path = target.path + (f"?{target.query}" if target.query else "")
        times = []
        for _ in range(WARM_UP + count):
            start = time.perf_counter()
            connection.request("POST", path, self.body, self.headers)
            answer = connection.getresponse()
            answer.read()
            times.append((time.perf_counter() - start) * 1e3)
            if answer.status not in (200, 201):
                sys.exit(f"{self.url}: {answer.status}")
        connection.close()
        return times[WARM_UP:]


def deliver_round(server, messages):
    before, cpu_before = server.delivered(), server.cpu_seconds()
    start = time.monotonic()
    run = messages.wrk()
    # Requests that were under way when wrk stopped were accepted and delivered too.
    deadline = time.monotonic() + DRAIN_SECONDS_MAX
    while server.pending() > 0 or server.delivered() - before < run["requests"]:
        if time.monotonic() > deadline:
            sys.exit("hookline: the deliveries did not drain")
        time.sleep(0.05)
    elapsed = time.monotonic() - start
    delivered = server.delivered() - before
    return {"accepted": run["rate"], "delivered": delivered / elapsed,
            "p50": run["p50"], "p99": run["p99"],
            "cpu_us": (server.cpu_seconds() - cpu_before) / delivered * 1e6,
            "rss_mib": server.peak_rss_mib()}


def deliver_rounds(server, sink, scratch):
    app = server.first_app()
    with Receiver() as receiver:
        app.push_to(receiver.url)
        app.send()
        payload, headers = receiver.call()
    app.push_to(sink.url)
    ceiling = Target(scratch, "payload", sink.url, payload, headers)
    messages = Target(scratch, "message", app.message_url, message_body(), app.headers)
    rounds = []
    for _ in range(ROUNDS):
        rate = ceiling.wrk()["rate"]
        rounds.append({**deliver_round(server, messages), "ceiling": rate})
    app.push_to(sink.url + "/off")
    return rounds, len(payload)


def before_send_rounds(server, sink, scratch):
    """Per round: with the hook, minus without it, minus a post straight to it."""
    plain, moderated = server.new_app("plain"), server.new_app("moderated")
    with Receiver() as receiver:
        moderated.ask_before_send(receiver.url)
        moderated.send()
        request, headers = receiver.call()
    moderated.ask_before_send(sink.before_url)
    targets = {
        "with": Target(scratch, "with", moderated.message_url, message_body(), moderated.headers),
        "without": Target(scratch, "without", plain.message_url, message_body(), plain.headers),
        "direct": Target(scratch, "direct", sink.before_url, request, headers),
    }
    rounds = []
    for _ in range(ROUNDS):
        alone = {name: [] for name in targets}
        for _ in range(HOOK_BLOCKS):  # Interleaved, so that drift meets all three alike.
            for name, target in targets.items():
                alone[name] += target.one_by_one(HOOK_BLOCK)
        crowd = {name: target.wrk(CROWD, CROWD_SECONDS) for name, target in targets.items()}

        def added(measure):
            return measure("with") - measure("without") - measure("direct")

        rounds.append({
            "p50_1": added(lambda name: percentile(alone[name], 50)),
            "p99_1": added(lambda name: percentile(alone[name], 99)),
            "p50_200": added(lambda name: crowd[name]["p50"]),
            "p99_200": added(lambda name: crowd[name]["p99"]),
        })
    return rounds


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p / 100))]


def row(name, rounds, key, unit, digits=0):
    values = [each[key] for each in rounds]
    low, middle, high = min(values), statistics.median(values), max(values)
    print(f"| {name} | {middle:,.{digits}f} {unit} | {low:,.{digits}f} | {high:,.{digits}f} |")


def main():
    binary = Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent / "build" / "hookline")
    for tool in ("wrk", "nginx"):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is missing: use `make bench`, which installs it")
    with tempfile.TemporaryDirectory(prefix="hookline-bench-") as scratch:
        scratch = Path(scratch)
        with Sink(scratch / "sink") as sink, Hookline(binary, scratch / "server") as server:
            deliveries, payload_bytes = deliver_rounds(server, sink, scratch)
            hooks = before_send_rounds(server, sink, scratch)
    memory = hanging.measure(binary)
    for each in deliveries:
        each["ratio"] = each["delivered"] / each["ceiling"]

    print(f"\n{os.cpu_count()} cores; {ROUNDS} alternating rounds of {SECONDS} s; wrk with "
          f"{WRK_THREADS} thread and {WRK_CONNECTIONS} connections; nginx with 1 worker as sink;")
    print(f"channel of 6 members, 1 hook, text of 100 bytes, delivered payload of "
          f"{payload_bytes:,} bytes.\n")
    print("| what | median | min | max |\n| --- | --- | --- | --- |")
    row("ceiling: wrk straight to the sink", deliveries, "ceiling", "/s")
    row("accepted (201, fsynced)", deliveries, "accepted", "/s")
    row("delivered and recorded, to the last one", deliveries, "delivered", "/s")
    row("acceptance latency p50", deliveries, "p50", "ms", 2)
    row("acceptance latency p99", deliveries, "p99", "ms", 2)
    row("CPU per delivery", deliveries, "cpu_us", "µs", 1)
    row("peak resident memory", deliveries, "rss_mib", "MiB")
    row("**delivered / ceiling** (goal ≥ 0.20)", deliveries, "ratio", "", 3)
    row("before-send, added beyond the hook's round trip: 1 sender, p50 (goal ≤ 0.5 ms)",
        hooks, "p50_1", "ms", 2)
    row("the same, p99", hooks, "p99_1", "ms", 2)
    row(f"the same, {CROWD} senders at once, p50", hooks, "p50_200", "ms", 2)
    row("the same, p99", hooks, "p99_200", "ms", 2)
    for when, cost in memory.items():  # Measured once: it is a peak.
        row(f"memory of {hanging.HOOKS} hooks that hang, with {hanging.HOOKS * hanging.MESSAGES:,} "
            f"deliveries, {when} (goal ≤ {hanging.LIMIT_MIB} MiB)", [{"mib": cost}], "mib", "MiB")


if __name__ == "__main__":
    main()
