"""A worker on another node against one on the own node: what a request takes
more, and how many a loop gets through."""

import json
import subprocess

from support import build, measure, report

TARGETS = ["cross_node/cross_node"]
# Over loopback, where a network adds its own.
BUDGET_US = 60
# Bytes, requests in flight.
LOADS = [(256, 1), (256, 64), (4096, 1), (4096, 64)]


def run(long):
    rounds = 15 if long else 5
    return [row for load in LOADS for row in rows(*load, rounds)]


def rows(size, in_flight, rounds):
    requests = 5_000 if in_flight == 1 else 50_000
    with measure.pinned(measure.ALL_CORES):
        done = subprocess.run(
            [build.program("cross_node/cross_node"), str(build.PLUGIN),
             str(size), str(in_flight), str(requests), str(rounds)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            check=True, timeout=110)
    sides = json.loads(done.stdout)
    local = measure.median(sides["local"]["wall_us"])
    remote = measure.median(sides["remote"]["wall_us"])
    cpu = {name: round(measure.median(side["cpu_us"]), 2)
           for name, side in sides.items()}
    what = f"{size} B, {in_flight} in flight: "
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
