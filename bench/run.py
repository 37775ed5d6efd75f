#!/usr/bin/env python3
"""The end-to-end benchmark: one run, one table.

  ceiling   wrk posts the payload that Hookline delivers straight to the sink, same headers
  hookline  wrk sends messages through Hookline, which signs and delivers them to the same sink

Both in turn, ROUNDS times (default 5); the table shows medians with minimum and maximum. Everything
runs on this machine, so what counts is the ratio, not the absolute figures.
"""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hookline import Hookline
from sink import Sink

HERE = Path(__file__).resolve().parent
ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = int(os.environ.get("SECONDS_PER_RUN", "6"))
WRK_THREADS, WRK_CONNECTIONS = 1, 64
DRAIN_SECONDS_MAX = 120


def wrk(script, url, env):
    """One wrk run: requests per second, latency percentiles in ms, and errors."""
    out = subprocess.run(
        ["wrk", f"-t{WRK_THREADS}", f"-c{WRK_CONNECTIONS}", f"-d{SECONDS}s", "--latency",
         "-s", str(HERE / script), url],
        env={**os.environ, **env}, check=True, capture_output=True, text=True).stdout
    millis = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}

    def percentile(p):
        value, unit = re.search(rf"^\s+{p}%\s+([\d.]+)(us|ms|s|m)$", out, re.M).groups()
        return float(value) * millis[unit]

    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return {
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
        "requests": int(re.search(r"(\d+) requests in", out).group(1)),
        "p50": percentile(50),
        "p99": percentile(99),
        "errors": int(errors.group(1)) if errors else 0,
    }


def ceiling_round(sink, payload_file, headers):
    env = {"BENCH_BODY": str(payload_file), "BENCH_HEADERS": json.dumps(headers)}
    run = wrk("post_body.lua", sink.url, env)
    if run["errors"]:
        sys.exit(f"ceiling: {run['errors']} answers were errors")
    return run


def hookline_round(server, body_file):
    before, cpu_before = server.delivered(), server.cpu_seconds()
    start = time.monotonic()
    env = {"BENCH_BODY": str(body_file), "BENCH_HEADERS": json.dumps(server.headers())}
    run = wrk("post_body.lua", server.message_url(), env)
    if run["errors"]:
        sys.exit(f"hookline: {run['errors']} answers were errors")
    # Requests that were under way when wrk stopped were accepted and delivered too.
    deadline = time.monotonic() + DRAIN_SECONDS_MAX
    while server.pending() > 0 or server.delivered() - before < run["requests"]:
        if time.monotonic() > deadline:
            sys.exit("hookline: the deliveries did not drain")
        time.sleep(0.05)
    elapsed = time.monotonic() - start
    delivered = server.delivered() - before
    return {
        "accepted": run["rate"],
        "delivered": delivered / elapsed,
        "p50": run["p50"],
        "p99": run["p99"],
        "cpu_us": (server.cpu_seconds() - cpu_before) / delivered * 1e6,
        "rss_mib": server.peak_rss_mib(),
    }


def row(name, values, unit, digits=0):
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
            payload, headers = server.set_up(sink.url)
            payload_file = scratch / "payload.json"
            payload_file.write_bytes(payload)
            body_file = scratch / "message.json"
            body_file.write_bytes(server.message_body())
            ceilings, runs = [], []
            for _ in range(ROUNDS):
                ceilings.append(ceiling_round(sink, payload_file, headers))
                runs.append(hookline_round(server, body_file))

    print(f"\n{os.cpu_count()} cores; {ROUNDS} alternating rounds of {SECONDS} s; wrk with "
          f"{WRK_THREADS} thread and {WRK_CONNECTIONS} connections; nginx with 1 worker as sink;")
    print(f"channel of 6 members, 1 hook, text of 100 bytes, delivered payload of "
          f"{len(payload):,} bytes.\n")
    print("| what | median | min | max |\n| --- | --- | --- | --- |")
    row("ceiling: wrk straight to the sink", [c["rate"] for c in ceilings], "/s")
    row("accepted (201, fsynced)", [r["accepted"] for r in runs], "/s")
    row("delivered and recorded, to the last one", [r["delivered"] for r in runs], "/s")
    row("acceptance latency p50", [r["p50"] for r in runs], "ms", 2)
    row("acceptance latency p99", [r["p99"] for r in runs], "ms", 2)
    row("CPU per delivery", [r["cpu_us"] for r in runs], "µs", 1)
    row("peak resident memory", [r["rss_mib"] for r in runs], "MiB")
    row("**delivered / ceiling** (goal ≥ 0.20)",
        [r["delivered"] / c["rate"] for r, c in zip(runs, ceilings)], "", 3)


if __name__ == "__main__":
    main()
