"""Three layers of no-op calls: Serval's data plane with inline workers, on one
node and on four, against the same loop in C++ and against plain CAF request and
response."""

import json
import subprocess

from support import build, measure, report

TARGETS = ["fan_out/fan_out", "fan_out/fan_out_nodes"]
BUDGET_US = 300
NODES_BUDGET_US = 1_500
WORKERS = 8


def layers(leaves, rounds, loops, workers=WORKERS, *sleep):
    """{side: {wall_us, cpu_us}} of one process, in which the sides take turns."""
    cores = measure.SERVER_CORE if loops == 1 else measure.ALL_CORES
    return sides_of("fan_out", cores, leaves, rounds, loops, workers, *sleep)


def sides_of(program, cores, *arguments):
    with measure.pinned(cores):
        done = subprocess.run(
            [build.program(f"fan_out/{program}"), str(build.PLUGIN),
             *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            check=True, timeout=110)
    return json.loads(done.stdout)


def run(long):
    found = []
    for loops in (1, 2):
        for leaves in (10, 100, 1_000, 10_000):
            rounds = (20 if leaves == 10_000 else 200) * (5 if long else 1)
            found.append(row(leaves, loops, layers(leaves, rounds, loops)))
    return found + list(nodes(1_000, 1_000 if long else 200))


def nodes(leaves, rounds):
    """On four nodes, whose four loops share what cores there are."""
    sides = sides_of("fan_out_nodes", measure.ALL_CORES, leaves, rounds)
    for name, what, budget in [
            ("spread", "all layers on each", NODES_BUDGET_US),
            ("apart", "no two layers on one", None)]:
        wall = sides[name]["wall_us"]
        yield report.row(
            f"{leaves} leaves, 4 nodes, {what}", measure.median(wall), "us",
            budget, at_least=False, us_min=round(min(wall), 1),
            cpu_us=round(measure.median(sides[name]["cpu_us"]), 1))


def row(leaves, loops, sides):
    def wall(name):
        return measure.median(sides[name]["wall_us"])

    def cpu(name):
        return round(measure.median(sides[name]["cpu_us"]), 1)

    over = wall("serval") - wall("serial")
    # The budget is for one loop, where no second core can hide work.
    budget = BUDGET_US if leaves == 1_000 and loops == 1 else None
    return report.row(
        f"{leaves} leaves, {loops} loop{'s' * (loops > 1)}: over serial",
        over, "us", budget, at_least=False,
        us_min=round(min(sides["serval"]["wall_us"]), 1),
        us_serial=round(wall("serial"), 1), us_caf=round(wall("caf"), 1),
        of_caf=round(wall("serval") / wall("caf"), 2),
        cpu_us=cpu("serval"), cpu_us_caf=cpu("caf"),
        ns_per_leaf=round(over * 1000 / leaves))
