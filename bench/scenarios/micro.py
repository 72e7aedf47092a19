"""The parts alone: a dispatcher's decision, a frame, a message, an append."""

import json
import pathlib
import subprocess
import tempfile

from support import build, measure, report

TARGETS = ["micro/dispatch", "micro/frames", "micro/store_append"]


def lines(program):
    with measure.pinned(measure.CLIENT_CORE):
        done = subprocess.run([build.program(f"micro/{program}")],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              text=True, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def append(kind, writers, seconds):
    # Beside the build, so that it is a disk and no memory.
    with tempfile.TemporaryDirectory(prefix="append-", dir=build.BUILD) \
            as folder:
        done = subprocess.run(
            [build.program("micro/store_append"), kind, str(writers),
             str(seconds), str(pathlib.Path(folder, "store"))],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            check=True, timeout=60)
    return json.loads(done.stdout)


def run(long):
    seconds, rounds = (5, 9) if long else (1.5, 7)
    appends = {
        writers: measure.in_turn(
            {kind: lambda kind=kind, writers=writers:
                append(kind, writers, seconds) for kind in ("store", "raw")},
            rounds)
        for writers in (64, 1)}
    return [*store(appends),
            *(report.row(each["what"], each["ns"], "ns", ns_min=each["ns_min"])
              for name in ("dispatch", "frames") for each in lines(name))]


def store(appends):
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
