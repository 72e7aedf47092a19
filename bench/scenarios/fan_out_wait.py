"""1,000 leaves that each wait a millisecond: how close 200 inline workers come
to the ideal 5 ms, and what blocking in two processes costs beside it."""

import time

from scenarios.fan_out import layers
from support import measure, report, servers

TARGETS = ["fan_out/fan_out"]
LEAVES = 1_000
WORKERS = 200
IDEAL_US = LEAVES / WORKERS * 1000


def run(long):
    rounds = 300 if long else 100
    found = []
    for loops in (1, 2):
        side = layers(LEAVES, rounds, loops, WORKERS, "1ms")["serval"]
        us = side["wall_us"]
        found.append(report.row(
            f"ctx.sleep(1ms) on {WORKERS} inline workers, {loops} "
            f"loop{'s' * (loops > 1)}: time over ideal",
            measure.median(us) / IDEAL_US, "ratio",
            1.2 if loops == 2 else None, at_least=False,
            us=round(measure.median(us)), us_min=round(min(us)),
            cpu_us=round(measure.median(side["cpu_us"]))))
    found.append(blocking(2, 15 if long else 5))
    return found


def blocking(processes, rounds):
    """Through HTTP; what that adds is far below a millisecond."""
    backends = {
        "root": {"isolation": "inline"},
        "middle": {"isolation": "inline", "workers": 4, "concurrency": 16},
        "leaf": {"isolation": "process", "workers": processes,
                 "concurrency": 1, "queue": 100_000}}
    with servers.serval(backends, loops=2, cores=measure.ALL_CORES,
                        deadline="60s", config={"block": "1ms"}) \
            as (_, daemon):
        times = []
        for _ in range(rounds + 1):
            start = time.monotonic()
            answer = daemon.http("POST", "/app", str(LEAVES).encode())
            times.append((time.monotonic() - start) * 1e6)
            if answer.body != str(LEAVES).encode():
                raise RuntimeError(f"not all leaves answered: {answer}")
    middle = measure.median(times[1:])
    return report.row(
        f"blocking 1 ms in {processes} processes: time over ideal",
        middle / (LEAVES / processes * 1000), "ratio", us=round(middle))
