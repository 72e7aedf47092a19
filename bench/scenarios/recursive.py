"""Ten backends of a hundred workers, of which each request calls one at random
after the other, five calls deep: the benchmark of Ray Serve's own in which
every request timed out."""

from support import load, measure, report, servers

BACKENDS = 10
WORKERS = 100
DEPTH = 5
IN_FLIGHT = 64
# A process for each worker takes a bigger machine to start.
PER_PROCESS = 10


def run(long):
    seconds, rounds = (20, 5) if long else (4, 5)
    return [side(isolation, seconds, rounds)
            for isolation in ("inline", "process")]


def side(isolation, seconds, rounds):
    backends = {f"hop{i}": {"isolation": isolation, "workers": WORKERS,
                            "workers_per_process": PER_PROCESS}
                for i in range(BACKENDS)}
    # All cores: a thousand workers do not fit one beside the generator's.
    with servers.serval(backends, loops=2, cores=measure.ALL_CORES,
                        deadline="10s") as (url, daemon):
        processes = len(daemon.workers())
        runs = [load.run(url, seconds, "--in-flight", IN_FLIGHT, "--body",
                         DEPTH) for _ in range(rounds)]
    return report.row(
        f"{isolation}, {BACKENDS} x {WORKERS} workers: requests that failed",
        sum(each["failed"] for each in runs), "", 0, at_least=False,
        requests=sum(each["requests"] for each in runs),
        per_second=round(measure.median([r["throughput"] for r in runs])),
        p50_us=latency(runs, "p50"), p99_us=latency(runs, "p99"),
        processes=processes)


def latency(runs, quantile):
    return round(measure.median([r["latency_us"][quantile] for r in runs]))
