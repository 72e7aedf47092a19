"""One strategy over 1, 2, 4 and 8 daemons: a thousand and a half leaves that
each sleep, so that two cores can play the machines, and how much longer they
take than with workers that were never idle."""

import contextlib

import harness
from support import build, load, measure, report

NODES = (1, 2, 4, 8)
LEAVES = 1_600
SLEEP_MS = 5
# Of one leaf at a time, on each node.
LEAF_WORKERS = 40
BUDGET_NODES, BUDGET = 4, 1.3


@contextlib.contextmanager
def cluster(count):
    """The url of the application on the node that leads."""
    with contextlib.ExitStack() as stack:
        nodes = []
        for number in range(count):
            join = [f'cluster.join=["{nodes[0].endpoints["cluster"]}"]',
                    "store.kind=none"] if nodes else []
            nodes.append(stack.enter_context(harness.Daemon(
                f"node.name=n{number}", "node.loops=1", "cluster.name=bench",
                "cluster.listen=127.0.0.1:0", "http.access_log=false",
                "log.level=warning", *join)))
        leader = nodes[0]
        harness.wait_until(
            lambda: [each["state"] for each in
                     leader.admin("GET", "/v1/nodes").json()["nodes"]]
            == ["ready"] * count, "all nodes are ready")
        inline = {"isolation": "inline", "idempotent": True}
        spec = harness.write_app(
            leader.folder, build.PLUGIN,
            {"root": inline | {"workers": count, "concurrency": 8},
             "middle": inline | {"workers": count, "concurrency": 64},
             "leaf": inline | {"workers": LEAF_WORKERS * count,
                               "config": {"sleep": f"{SLEEP_MS}ms"}}},
            entry="root", methods=["POST"], deadline="30s")
        leader.deploy(spec, seconds=120)
        yield f"http://{leader.endpoints['http']}/app"


def times_over_ideal(count, seconds):
    ideal_ms = LEAVES * SLEEP_MS / (LEAF_WORKERS * count)
    with cluster(count) as url:
        result = load.run(url, seconds, "--in-flight", 1, "--body", LEAVES)
    if result["failed"]:
        raise RuntimeError(f"{result['failed']} requests failed")
    return result["latency_us"]["p50"] / 1000 / ideal_ms


def run(long):
    seconds = 10 if long else 4
    found = {count: times_over_ideal(count, seconds) for count in NODES}
    return [
        report.row(f"{LEAVES} leaves of {SLEEP_MS} ms over {count} nodes: "
                   "time over ideal", found[count], "",
                   BUDGET if count == BUDGET_NODES else None, at_least=False,
                   ideal_ms=LEAVES * SLEEP_MS / (LEAF_WORKERS * count))
        for count in NODES]
