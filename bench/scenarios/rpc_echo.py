"""Echo: a bare link against CAF's BASP, and the whole path from a client to an
inline worker against BASP and gRPC."""

import contextlib
import json
import resource
import subprocess

from support import build, measure, report, servers

TARGETS = ["rpc/link_echo", "rpc/client_echo", "rpc/basp_echo",
           "rpc/grpc_echo"]
LINK_BUDGET = 10
# Bytes, requests in flight. A link queues at most 16 MiB per class and refuses
# the rest, so that 64 messages of 1 MB are not for all sides.
LOADS = [(64, 1), (64, 64), (4096, 1), (4096, 64), (1 << 20, 1), (1 << 20, 8)]
SIZES = {64: "64 B", 4096: "4 KB", 1 << 20: "1 MB"}
ECHO = {"echo": {"isolation": "inline", "workers": 1, "concurrency": 64,
                 "queue": 1000}}


def client(program, port, pids, seconds, load):
    """One closed loop on the client's core: round trips per second, and CPU
    per round trip of both sides, in µs."""
    size, in_flight = load
    before = used(pids)
    with measure.pinned(measure.CLIENT_CORE):
        done = subprocess.run(
            [build.program(f"rpc/{program}"), "client", str(port),
             str(seconds), str(in_flight), str(size)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            check=True, timeout=60)
    found = json.loads(done.stdout)
    found["cpu_us"] = (used(pids) - before) / found["count"] * 1e6
    return found


def used(pids):
    """Processor time of the servers, and of the clients that have ended."""
    clients = resource.getrusage(resource.RUSAGE_CHILDREN)
    return measure.cpu_seconds(pids) + clients.ru_utime + clients.ru_stime


def run(long):
    seconds, rounds = (2, 9) if long else (0.4, 5)
    with contextlib.ExitStack() as stack:
        targets = {name: stack.enter_context(servers.echo(f"{name}_echo"))
                   for name in ("link", "basp", "grpc")}
        _, daemon = stack.enter_context(
            servers.serval(ECHO, deadline="10s"))
        targets["client"] = (
            int(daemon.endpoints["rpc"].rpartition(":")[2]),
            [daemon.process.pid])
        return [row for load in LOADS
                for row in compare(targets, load, seconds, rounds)]


def compare(targets, load, seconds, rounds):
    found = measure.in_turn(
        {name: lambda name=name, port=port, pids=pids:
            client(f"{name}_echo", port, pids, seconds, load)
         for name, (port, pids) in targets.items()}, rounds)
    size, in_flight = load
    what = f"{SIZES[size]}, {in_flight} in flight"

    def against(name, base, label, budget=None):
        def middle(side, key):
            return round(measure.median([r[key] for r in found[side]]), 2)

        return report.row(
            f"{label}, {what}", measure.ratio(found, name, base, "per_second"),
            "ratio", budget, per_second=middle(name, "per_second"),
            per_second_theirs=middle(base, "per_second"),
            cpu_us=middle(name, "cpu_us"), cpu_us_theirs=middle(base, "cpu_us"),
            us=round(in_flight / middle(name, "per_second") * 1e6, 2))

    return [against("link", "basp", "link / BASP",
                    LINK_BUDGET if load == (64, 64) else None),
            against("client", "basp", "whole path / BASP"),
            against("client", "grpc", "whole path / gRPC")]
