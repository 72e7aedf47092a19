"""Goodput at one to five times what the slots can do."""

from support import load, measure, report, servers

SLOTS = 10
SLEEP_MS = 10
# Few enough that five times as many are easy to send and to refuse: the slots
# are the limit, and nothing else is.
CAPACITY = SLOTS * 1000 // SLEEP_MS
FACTORS = (1, 2, 3, 4, 5)
DEADLINE_MS = 500
PROBES = 60
# More connections than the application takes requests, so that none waits for
# one; and no waiting for answers that are too late anyway.
LOAD = ["--body", "x", "--connections", 2000, "--timeout",
        f"{2 * DEADLINE_MS}ms"]


def run(long):
    seconds, rounds = (10, 9) if long else (2, 5)
    with servers.serval(
            {"leaf": {"isolation": "inline", "workers": SLOTS,
                      "concurrency": 1}},
            deadline=f"{DEADLINE_MS}ms", config={"sleep": f"{SLEEP_MS}ms"}) \
            as (url, daemon):
        found = measure.in_turn(
            {factor: lambda factor=factor: at(url, factor, seconds)
             for factor in FACTORS}, rounds)
        refusals = retry_after(url, daemon)
    return [*(row(found, factor) for factor in FACTORS[::-1]), refusals]


def at(url, factor, seconds):
    result, rows = load.run_logged(url, seconds, "--rate", CAPACITY * factor,
                                   *LOAD)
    refused = [row["us"] for row in rows if row["status"] == "503"]
    return {"goodput": result["throughput"], "void": result["void"],
            "p99_us": result["latency_us"]["p99"],
            "refused_p99_us": load.quantile(refused, 0.99),
            "refused": len(refused), "sent": len(rows),
            "late": sum(row["status"] == "504" for row in rows)}


def row(found, factor):
    def middle(key):
        return round(measure.median([each[key] for each in found[factor]]))

    def share(key):
        return round(sum(each[key] for each in found[factor])
                     / sum(each["sent"] for each in found[factor]), 4)

    return report.row(
        f"goodput at {factor}x of {CAPACITY}/s, over that at 1x",
        measure.ratio(found, factor, 1, "goodput"), "ratio",
        0.9 if factor == FACTORS[-1] else None,
        per_second=middle("goodput"), ok_p99_us=middle("p99_us"),
        refused=share("refused"), refused_p99_us=middle("refused_p99_us"),
        late=share("late"),
        rounds_void=sum(each["void"] for each in found[factor]))


def retry_after(url, daemon):
    """Of requests that come while five times too many do."""
    with load.under_load(url, 60, "--rate", CAPACITY * FACTORS[-1], *LOAD):
        answers = [daemon.http("POST", "/app", b"x") for _ in range(PROBES)]
    refused = [each for each in answers if each.status == 503]
    told = [each for each in refused if "retry-after" in each.headers]
    return report.row(
        "503 answers that have Retry-After",
        len(told) / len(refused) if refused else 0, "ratio", 1,
        refused=len(refused), of=len(answers))
