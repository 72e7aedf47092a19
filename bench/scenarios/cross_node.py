"""A worker on another node against one on the own node: what a request takes
more, and how many a loop gets through; and against an echo over BASP and gRPC
between two processes."""

import contextlib
import json
import subprocess

from scenarios import rpc_echo
from support import build, measure, report, servers

RIVALS = ("basp", "grpc")
TARGETS = ["cross_node/cross_node", *(f"rpc/{name}_echo" for name in RIVALS)]
# Over loopback, where a network adds its own.
BUDGET_US = 60
# Bytes, requests in flight.
LOADS = [(256, 1), (256, 64), (4096, 1), (4096, 64)]


def run(long):
    rounds, seconds = (15, 2) if long else (5, 0.4)
    with contextlib.ExitStack() as stack:
        rivals = {name: stack.enter_context(servers.echo(f"{name}_echo"))
                  for name in RIVALS}
        return [row for load in LOADS
                for row in rows(rivals, load, rounds, seconds)]


def rows(rivals, load, rounds, seconds):
    size, in_flight = load
    what = f"{size} B, {in_flight} in flight: "
    sides = both_sides(size, in_flight, rounds)
    local = measure.median(sides["local"]["wall_us"])
    remote = measure.median(sides["remote"]["wall_us"])
    cpu = {name: round(measure.median(side["cpu_us"]), 2)
           for name, side in sides.items()}
    if in_flight == 1:
        yield report.row(
            what + "added by the other node", remote - local, "us", BUDGET_US,
            at_least=False, us_local=round(local, 2), us_remote=round(remote, 2),
            us_remote_min=round(min(sides["remote"]["wall_us"]), 2),
            cpu_us=cpu["remote"], cpu_us_local=cpu["local"])
    else:
        yield report.row(
            what + "remote", 1e6 / remote, "/s", local=round(1e6 / local),
            of_local=round(local / remote, 2), cpu_us=cpu["remote"],
            cpu_us_local=cpu["local"])
    for name, (port, pids) in rivals.items():
        theirs = [rpc_echo.client(f"{name}_echo", port, pids, seconds, load)
                  for _ in range(rounds)]
        middle = measure.median([each["per_second"] for each in theirs])
        yield report.row(
            what + f"remote / {name.upper()}", 1e6 / remote / middle, "ratio",
            per_second=round(1e6 / remote), per_second_theirs=round(middle),
            cpu_us=cpu["remote"],
            cpu_us_theirs=round(measure.median([each["cpu_us"]
                                                for each in theirs]), 2))


def both_sides(size, in_flight, rounds):
    requests = 5_000 if in_flight == 1 else 50_000
    with measure.pinned(measure.ALL_CORES):
        done = subprocess.run(
            [build.program("cross_node/cross_node"), str(build.PLUGIN),
             str(size), str(in_flight), str(requests), str(rounds)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            check=True, timeout=110)
    return json.loads(done.stdout)
