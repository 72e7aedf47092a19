"""One request in a hundred takes 15 ms: what the others feel of it, at a fixed
rate and beside the same load without stragglers."""

import contextlib

from support import load, measure, report, servers

RATE = 2_000
WORKERS = 8
SLOW = "15ms"
MIX = ["--body", "99*x", "--body", "1*slow"]
# What is allowed where: inline code gives its loop away, code in a worker
# process may hold its thread.
SIDES = {"inline, ctx.sleep": ("inline", {"sleep": SLOW}),
         "process, blocking": ("process", {"block": SLOW})}


def others(url, seconds, *bodies):
    """Latency of the requests that are not slow themselves."""
    result, rows = load.run_logged(url, seconds, "--rate", RATE, *bodies)
    if result["failed"]:
        raise RuntimeError(f"requests failed: {result['statuses']}")
    quick = [row["us"] for row in rows if row["body"] == "0"]
    return {"p50_us": load.quantile(quick, 0.5),
            "p99_us": load.quantile(quick, 0.99),
            "stragglers": len(rows) - len(quick), "void": result["void"]}


def run(long):
    seconds, rounds = (10, 9) if long else (2.5, 5)
    with contextlib.ExitStack() as stack:
        runs = {}
        for name, (isolation, config) in SIDES.items():
            url, _ = stack.enter_context(servers.serval(
                {"straggler": {"isolation": isolation, "workers": WORKERS,
                               "concurrency": 1, "queue": 1000}},
                deadline="10s", config=config))
            for slow, bodies in ((True, MIX), (False, ["--body", "x"])):
                runs[name, slow] = lambda url=url, bodies=bodies: \
                    others(url, seconds, *bodies)
        found = measure.in_turn(runs, rounds)
    return [row(found, name, quantile)
            for name in SIDES for quantile in ("p50", "p99")]


def row(found, name, quantile):
    key = f"{quantile}_us"
    sides = {"with": found[name, True], "without": found[name, False]}
    return report.row(
        f"{name}: {quantile} of the others, with / without stragglers",
        measure.ratio(sides, "with", "without", key), "ratio",
        us=round(measure.median([r[key] for r in sides["with"]])),
        us_without=round(measure.median([r[key] for r in sides["without"]])),
        stragglers=sum(r["stragglers"] for r in sides["with"]),
        rounds_void=sum(r["void"] for side in sides.values() for r in side))
