"""The store: appends against raw RocksDB, and how long recovery takes."""

import json
import pathlib
import subprocess
import tempfile

from support import build, measure, report

TARGETS = ["micro/store_append", "micro/store_recovery"]

WORKERS_PER_APPLICATION = 60
# What the last snapshot has left, and as much again as the next one waits for.
LONGEST_JOURNAL = 512
LONG_HISTORY = 100_000


def run_beside_build(program, *arguments):
    # Beside the build, so that it is a disk and no memory.
    with tempfile.TemporaryDirectory(prefix="store-", dir=build.BUILD) \
            as folder:
        done = subprocess.run(
            [build.program(f"micro/{program}"), *map(str, arguments),
             str(pathlib.Path(folder, "store"))],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            check=True, timeout=300)
    return json.loads(done.stdout)


def run(long):
    seconds, rounds = (5, 9) if long else (1.5, 7)
    appends = {
        writers: measure.in_turn(
            {kind: lambda kind=kind, writers=writers:
                run_beside_build("store_append", kind, writers, seconds)
             for kind in ("store", "raw")},
            rounds)
        for writers in (64, 1)}
    return [*append_rows(appends), *recovery_rows(5 if long else 3)]


def append_rows(appends):
    def middle(writers, kind, key):
        return measure.median([r[key] for r in appends[writers][kind]])

    for writers, key, what, budget, at_least in (
            (64, "per_second", "throughput, 64 writers", 0.8, True),
            (1, "us_p50", "p50 of one writer", 2, False)):
        yield report.row(
            f"store append over raw RocksDB: {what}",
            measure.ratio(appends[writers], "store", "raw", key), "ratio",
            budget, at_least=at_least,
            per_second=round(middle(writers, "store", "per_second")),
            per_second_raw=round(middle(writers, "raw", "per_second")),
            us_p50=round(middle(writers, "store", "us_p50")),
            us_p50_raw=round(middle(writers, "raw", "us_p50")))


def recovery_rows(rounds):
    for workers, changes, budget in ((1_000, 20, 0.5),
                                     (1_000, LONGEST_JOURNAL, 2),
                                     (60_000, 20, 2),
                                     (60_000, LONGEST_JOURNAL, 10)):
        count = -(-workers // WORKERS_PER_APPLICATION)
        yield recovery_row(
            f"recovery, {workers:,} workers in {count:,} applications of "
            f"{changes} changes", budget, rounds,
            "applications", count, changes)
    yield recovery_row(
        f"recovery, one application after {LONG_HISTORY:,} changes", 0.5,
        rounds, "changes", LONG_HISTORY)


def recovery_row(what, budget, rounds, *arguments):
    runs = [run_beside_build("store_recovery", *arguments)
            for _ in range(rounds)]
    middle = sorted(runs, key=lambda each: each["seconds"])[rounds // 2]
    return report.row(what, middle["seconds"], "s", budget, at_least=False,
                      check_seconds=middle["check_seconds"],
                      entries=middle["entries"], mib=middle["mib"])
