"""HTTP no-op: Serval against nginx `return 200` and against bare Beast."""

import contextlib
import pathlib

from support import measure, report, servers

TARGETS = ["http/bare_beast"]
POST = pathlib.Path(__file__).resolve().parents[1] / "http" / "post.lua"

LATENCY_BUDGET_US = {"inline": 15, "process": 40}
NGINX_BUDGET = {"inline": 0.65, "process": 0.5}


def application(stack, isolation):
    return stack.enter_context(servers.serval(
        {"noop": {"isolation": isolation, "workers": 1, "concurrency": 64,
                  "queue": 1000}}, deadline="10s"))


def run(long):
    with contextlib.ExitStack() as stack:
        targets = {"nginx": stack.enter_context(servers.nginx()),
                   "beast": stack.enter_context(servers.bare_beast())}
        for isolation in ("inline", "process"):
            url, daemon = application(stack, isolation)
            workers = daemon.workers()
            targets[isolation] = (url, [daemon.process.pid, *workers])
            # The worker process shares the other core with the generator.
            for pid in workers:
                measure.pin_process(pid, measure.CLIENT_CORE)
        seconds, rounds = (5, 9) if long else (1, 7)
        many = compare(targets, 64, seconds, rounds)
        get = compare({name: targets[name] for name in ("nginx", "inline")},
                      64, seconds, 5, script=None)
        one = compare(targets, 1, 1, rounds)
    return rows(many, get, one)


def compare(targets, connections, seconds, rounds, script=POST):
    return measure.in_turn(
        {name: lambda url=url, pids=pids: measure.wrk(
            url, connections, seconds, pids, script)
         for name, (url, pids) in targets.items()}, rounds)


def rows(many, get, one):
    found = []

    def against(runs, name, base, what, budget):
        found.append(report.row(
            what, measure.ratio(runs, name, base, "rps"), "ratio", budget,
            rps=round(measure.median([r["rps"] for r in runs[name]])),
            rps_theirs=round(measure.median([r["rps"] for r in runs[base]])),
            cpu_us=cpu(runs, name), cpu_us_theirs=cpu(runs, base)))

    for name in ("inline", "process"):
        against(many, name, "nginx", f"{name} / nginx, POST, 64 connections",
                NGINX_BUDGET[name])
    against(many, "inline", "beast", "inline / bare Beast, 64 connections",
            0.8)
    against(many, "beast", "nginx", "bare Beast / nginx, 64 connections", None)
    against(get, "inline", "nginx", "inline / nginx, GET, 64 connections",
            0.65)
    for name in ("inline", "process"):
        added = measure.median(
            [ours["p50_us"] - theirs["p50_us"] for ours, theirs
             in zip(one[name], one["nginx"], strict=True)])
        found.append(report.row(
            f"{name}: added p50 over nginx, 1 connection", added, "us",
            LATENCY_BUDGET_US[name], at_least=False,
            p50_us=measure.median([r["p50_us"] for r in one[name]]),
            p50_us_theirs=measure.median([r["p50_us"] for r in one["nginx"]]),
            added_us_best=best(one, name) - best(one, "nginx"),
            cpu_us=cpu(one, name), cpu_us_theirs=cpu(one, "nginx")))
    return found


def cpu(runs, name):
    return round(measure.median([each["cpu_us"] for each in runs[name]]), 2)


def best(runs, name):
    """The quietest round's p50: what is left of it on a loaded machine."""
    return min(each["p50_us"] for each in runs[name])
