"""What a daemon holds: idle, per inline worker, and after many requests."""

from support import measure, report, servers

WORKERS = 10_000
CONNECTIONS = 64


def run(long):
    found = []
    noop = {"isolation": "inline", "concurrency": 1, "queue": 1000}
    with servers.serval({"noop": noop | {"workers": 1}}) as (url, daemon):
        pid = daemon.process.pid
        idle = measure.rss_kib(pid)
        found.append(report.row("idle daemon, one inline worker",
                                idle / 1024, "MiB", 40, at_least=False))
        found.append(growth(url, pid, long))
    with servers.serval({"noop": noop | {"workers": WORKERS}}) as (_, daemon):
        many = measure.rss_kib(daemon.process.pid)
    found.append(report.row(f"per inline worker, {WORKERS} of them",
                            (many - idle) / WORKERS, "KiB", 32,
                            at_least=False, rss_mib=round(many / 1024)))
    return found


def growth(url, pid, long):
    """RSS after 10^6 requests over that after 10^5; as many as a minute
    gives, unless there is time."""
    counts = []
    sent = 0
    for goal, seconds in ((100_000, 20), (1_000_000, 600 if long else 70)):
        while sent < goal and seconds > 0:
            run = measure.wrk(url, CONNECTIONS, 5, [pid])
            sent += round(run["rps"] * 5)
            seconds -= 5
        counts.append((sent, measure.rss_kib(pid)))
    (first, before), (last, after) = counts
    return report.row(f"RSS after {last} requests / after {first}",
                      after / before, "ratio", 1.05, at_least=False,
                      rss_mib=round(after / 1024, 1))
