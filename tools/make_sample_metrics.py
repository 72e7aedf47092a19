#!/usr/bin/env python3
"""Writes a small folder of metric files for examples/bank_monitor.

usage: tools/make_sample_metrics.py FOLDER [--seed N]

Three banks, each a folder with a few indicators, each a CSV file with the
header `TimeStamp,Value,Label`. As in production, some lines are untidy: empty
values, CRLF, quotes, a second form of timestamp, duplicates. The same seed
always writes the same bytes.
"""

import argparse
import datetime
import math
import pathlib
import random
import sys

START = datetime.datetime(2024, 3, 1)
STEP = datetime.timedelta(minutes=5)
POINTS = 576  # two days

# (level, daily swing, noise, what happens at the end) of each indicator.
BANKS = {
    "checkout": {
        "latency_ms": (84.0, 12.0, 6.0, "calm"),
        "orders_per_minute": (410.0, 180.0, 30.0, "calm"),
        "error_rate": (0.6, 0.1, 0.15, "calm"),
    },
    "search": {
        "latency_ms": (35.0, 5.0, 3.0, "spike"),
        "queries_per_second": (1900.0, 700.0, 80.0, "calm"),
        "cache_hit_ratio": (0.93, 0.02, 0.008, "calm"),
        "index_age_seconds": (60.0, 0.0, 20.0, "calm"),
    },
    "storage": {
        "read_latency_ms": (4.2, 0.4, 0.5, "spike"),
        "write_latency_ms": (9.0, 1.0, 0.9, "calm"),
        "free_ratio": (0.41, 0.0, 0.004, "drop"),
        "replicas_behind": (0.0, 0.0, 0.0, "short"),
    },
}


def bell(rng):
    """Roughly normal, from sums, which all Python versions compute alike."""
    return sum(rng.random() for _ in range(12)) - 6.0


def series(rng, level, swing, noise, ending):
    count = 7 if ending == "short" else POINTS
    for i in range(count):
        daily = math.sin(2 * math.pi * i * STEP / datetime.timedelta(days=1))
        value = level + swing * daily + noise * bell(rng)
        if i == count - 1 and ending == "spike":
            value += swing + 9 * noise
        if i == count - 1 and ending == "drop":
            value -= swing + 9 * noise
        yield START + i * STEP, max(value, 0.0)


def lines(rng, points):
    """The file's lines; about one in fifty is untidy."""
    yield "TimeStamp,Value,Label\n"
    for at, value in points:
        stamp, text, end = at.strftime("%Y-%m-%d %H:%M:%S"), f"{value:.4f}", \
            "\n"
        chance = rng.random()
        if chance < 0.006:
            text = ""  # no sample was taken: readers skip the line
        elif chance < 0.010:
            stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        elif chance < 0.014:
            stamp, text = f'"{stamp}"', f'"{text}"'
        elif chance < 0.018:
            end = "\r\n"
        yield f"{stamp},{text},0{end}"
        if 0.018 <= chance < 0.022:
            yield f"{stamp},{text},0{end}"  # reported twice


def write(folder, seed):
    folder = pathlib.Path(folder)
    for bank, indicators in BANKS.items():
        (folder / bank).mkdir(parents=True, exist_ok=True)
        for indicator, shape in indicators.items():
            rng = random.Random(f"{seed}/{bank}/{indicator}")
            text = "".join(lines(rng, series(rng, *shape)))
            (folder / bank / f"{indicator}.csv").write_bytes(text.encode())


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", help="where to write; made if need be")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    try:
        write(options.folder, options.seed)
    except OSError as error:
        print(f"cannot write the sample to {options.folder}: {error}; name a "
              "folder that can be written", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
