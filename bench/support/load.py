"""Runs `serval bench`, the load generator, and reads what it says."""

import contextlib
import csv
import json
import math
import pathlib
import subprocess
import tempfile

import harness
from support import measure

WARM_UP_SECONDS = 0.5


def run(url, seconds, *options):
    """What `serval bench --json` says. A void run is told, not hidden."""
    with measure.pinned(measure.CLIENT_CORE):
        done = subprocess.run(
            [str(harness.SERVAL), "bench", url, "--duration", f"{seconds}s",
             "--warm-up", f"{WARM_UP_SECONDS}s", "--json",
             *map(str, options)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=seconds + 60)
    if not done.stdout:
        raise RuntimeError(f"serval bench {url} failed: {done.stderr}")
    return json.loads(done.stdout)


def run_logged(url, seconds, *options):
    """The same, and a row of the log for each request after the warm-up:
    status, body, and `us` from when it was due to its end."""
    with tempfile.TemporaryDirectory(prefix="serval-bench-") as folder:
        log = pathlib.Path(folder, "log.csv")
        result = run(url, seconds, *options, "--log", log)
        with open(log, newline="") as lines:
            rows = [{"status": row["status"], "body": row["body"],
                     "us": (int(row["done_ns"]) - int(row["intended_ns"]))
                     / 1e3}
                    for row in csv.DictReader(lines)
                    if int(row["intended_ns"]) >= WARM_UP_SECONDS * 1e9]
    return result, rows


def quantile(values, share):
    """The value that at least this share of all does not exceed; 0 of none."""
    values = sorted(values)
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else 0


@contextlib.contextmanager
def under_load(url, seconds, *options):
    """Load beside what is done inside."""
    with measure.pinned(measure.CLIENT_CORE):
        process = subprocess.Popen(
            [str(harness.SERVAL), "bench", url, "--duration", f"{seconds}s",
             "--warm-up", "0s", *map(str, options)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()
