"""The app_masters alone, with up to 60,000 workers: what one change costs, a
look at everything, and a restart. Then the fleet alone, with up to 5,000 nodes:
what it costs to place a worker, to publish a table, and to lose a tenth of the
nodes at once."""

import json
import subprocess

from support import build, measure, report

TARGETS = ["micro/control_plane", "micro/fleet"]

# Workers of an application; the number of applications grows.
EACH = 60
APPLICATIONS = (10, 100, 1_000)

# Of the fleet; a dozen workers for each node.
NODES = (50, 500, 5_000)


def measured_by(program, *numbers):
    with measure.pinned(measure.CLIENT_CORE):
        done = subprocess.run(
            [build.program(f"micro/{program}"), *map(str, numbers)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            check=True, timeout=300)
    return json.loads(done.stdout)


def measured(applications, each):
    return measured_by("control_plane", applications, each)


def fleet_rows():
    found = {nodes: measured_by("fleet", nodes, nodes * 12 // EACH, EACH)
             for nodes in NODES}
    most = found[NODES[-1]]

    def by_nodes(key):
        return {f"at_{nodes}": each[key] for nodes, each in found.items()}

    return [
        report.row(f"a worker dies and is placed on one of {NODES[-1]} nodes",
                   most["replace_us"] / 1000, "ms", 10, at_least=False,
                   us=by_nodes("replace_us")),
        report.row("a table goes to all nodes and is acknowledged",
                   most["publish_us"] / 1000, "ms", us=by_nodes("publish_us")),
        report.row(f"{NODES[-1] // 10} nodes are lost at once, and their "
                   f"{most['lost_workers']} workers placed on others",
                   most["loss_ms"], "ms", ms=by_nodes("loss_ms")),
    ]


def run(long):
    rounds = 5 if long else 3
    found = {count: [measured(count, EACH) for _ in range(rounds)]
             for count in APPLICATIONS}

    def middle(count, key):
        return measure.median([each[key] for each in found[count]])

    def by_size(key):
        return {f"at_{count * EACH}": round(middle(count, key), 3)
                for count in APPLICATIONS}

    most, least = APPLICATIONS[-1], APPLICATIONS[0]
    one = measured(1, most * EACH)
    return [
        report.row(f"one change among {most * EACH} workers",
                   middle(most, "change_us") / 1000, "ms", 10, at_least=False,
                   us=by_size("change_us")),
        report.row(f"the same, over one among {least * EACH}",
                   middle(most, "change_us") / middle(least, "change_us"),
                   "ratio", 2, at_least=False),
        report.row("one worker dies and is replaced",
                   middle(most, "death_us") / 1000, "ms", 10, at_least=False,
                   us=by_size("death_us")),
        report.row("full reconcile of all", middle(most, "reconcile_ms"), "ms",
                   500, at_least=False, ms=by_size("reconcile_ms")),
        report.row("recovery of all from the store",
                   middle(most, "recover_ms"), "ms",
                   ms=by_size("recover_ms")),
        report.row("memory per worker", middle(most, "kib_per_worker"), "KiB",
                   kib=by_size("kib_per_worker")),
        report.row(f"one change in one application of {one['workers']}",
                   one["change_us"] / 1000, "ms", 10, at_least=False,
                   death_us=one["death_us"],
                   reconcile_ms=one["reconcile_ms"]),
        *fleet_rows(),
    ]
