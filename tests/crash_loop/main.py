#!/usr/bin/env python3
"""Runs rounds of crashes; tools/crash_loop builds and then calls this."""

import argparse
import contextlib
import json
import os
import pathlib
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "crash_loop"), str(TESTS / "process"),
                str(TESTS / "faults")]

from harness import SERVAL  # noqa: E402
from rounds import Loop  # noqa: E402
from table import format_table  # noqa: E402

# What a round may take, and a daemon until all serves again.
ROUND_SECONDS_MAX = 5
RESTART_SECONDS_MAX = 2

# What no round may have any of.
BAD = ("lost", "doubled", "failed", "orphans")

# Each makes the control plane forget or lie, and must be seen.
MUTANTS = ("acknowledge_before_durable", "forget_last_entry")

HEADINGS = ("ENDED BY", "ROUNDS", "KILLS", "RESTARTS", "ACKNOWLEDGED",
            "REPEATED", "REPLAYED", "LOST", "DOUBLED", "FAILED", "IN FLIGHT",
            "ORPHANS", "READY P50", "READY MAX")


def say(text):
    print(text, file=sys.stderr, flush=True)


def run_rounds(options, count, stop_when_bad=False):
    # The binary says itself whether it can be told where to die.
    has_points = b"SERVAL_KILL_POINT" in SERVAL.read_bytes()
    results = []
    with contextlib.redirect_stdout(sys.stderr), \
            Loop(options.seed, has_points) as loop:
        for number in range(1, count + 1):
            result, goes_on = loop.run_round()
            results.append(result)
            judge(result, options)
            say_round(number, result)
            if not goes_on or (stop_when_bad and result["why"]):
                break
    return results


def judge(result, options):
    """Adds to a round's `why` what its times were, if they are judged."""
    if options.counts_only:
        return
    ready = result["restart_seconds"]
    if ready is not None and ready > RESTART_SECONDS_MAX:
        result["why"].append(f"all was ready again after {ready} s, more than "
                             f"{RESTART_SECONDS_MAX} s")
    if result["seconds"] > ROUND_SECONDS_MAX:
        result["why"].append(f"the round took {result['seconds']} s, more than "
                             f"{ROUND_SECONDS_MAX} s")


def say_round(number, result):
    if result["why"]:
        say(f"round {number}, {result['kind']}: "
            + "\n    ".join(["BROKEN", *result["why"]]))
    elif number % 10 == 0:
        say(f"round {number}: so far so good")


def row_of(kind, results):
    def total(key):
        return sum(each[key] for each in results)

    times = sorted(each["restart_seconds"] for each in results
                   if each["restart_seconds"] is not None)
    return (kind, len(results), total("kills"), total("restarts"),
            total("acknowledged"), total("repeated"), total("replayed"),
            total("lost"), total("doubled"), total("failed"),
            total("in_flight"), total("orphans"),
            f"{times[len(times) // 2]:.2f} s" if times else "-",
            f"{times[-1]:.2f} s" if times else "-")


def show(results, options, seconds):
    kinds = sorted({each["kind"] for each in results})
    rows = [row_of(kind, [each for each in results if each["kind"] == kind])
            for kind in kinds] + [row_of("all", results)]
    if options.json:
        print(json.dumps({
            "serval_crash_loop": 1, "seed": options.seed, "seconds": seconds,
            "rounds": results,
            "table": [dict(zip(HEADINGS, row)) for row in rows]}))
        return
    print(format_table([HEADINGS] + [tuple(map(str, row)) for row in rows]))
    slowest = max(each["seconds"] for each in results)
    print(f"{len(results)} rounds in {seconds} s, the longest {slowest} s; "
          f"seed {options.seed}")


def run_mutants(options):
    """Each defect must break a round."""
    escaped = 0
    rows = [("DEFECT", "VERDICT", "ROUND", "WHY")]
    for name in MUTANTS:
        os.environ["SERVAL_DEFECT"] = name
        results = run_rounds(options, options.rounds, stop_when_bad=True)
        bad = any(results[-1][key] for key in BAD)
        escaped += not bad
        why = results[-1]["why"][0].splitlines()[0] if bad else ""
        rows.append((name, "caught" if bad else "ESCAPED", str(len(results)),
                     why[:100]))
    del os.environ["SERVAL_DEFECT"]
    print(format_table(rows))
    return 1 if escaped else 0


def main():
    parser = argparse.ArgumentParser(
        prog="tools/crash_loop", description="Kills the control plane again "
        "and again, and looks for what it has forgotten.")
    parser.add_argument("--rounds", type=int, default=100,
                        help="how many (100)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true",
                        help="one object on one line of stdout")
    parser.add_argument("--counts-only", action="store_true",
                        help="do not judge times")
    parser.add_argument("--mutants", action="store_true",
                        help="show that deliberate defects are caught")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if options.mutants:
        options.counts_only = True
        return run_mutants(options)
    begun = time.monotonic()
    results = run_rounds(options, options.rounds)
    show(results, options, round(time.monotonic() - begun, 1))
    return 1 if any(each["why"] or any(each[key] for key in BAD)
                    for each in results) else 0


if __name__ == "__main__":
    sys.exit(main())
