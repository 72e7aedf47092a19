#!/usr/bin/env python3
"""Runs fault scenarios; tools/faults builds and then calls this."""

import argparse
import importlib
import json
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "process")]

import table  # noqa: E402
from mutants import MUTANTS  # noqa: E402
from rig import (BROKEN, HOLDS, SCENARIOS, SKIPPED,  # noqa: E402
                 run_scenario)

# In the order in which they run.
for family in ("workers", "requests", "overload", "clients", "neighbours",
               "disk", "upgrade", "cluster", "versions"):
    importlib.import_module(f"scenarios.{family}")


def say(text):
    print(text, file=sys.stderr, flush=True)


def chosen(options):
    if options.names:
        unknown = [name for name in options.names if name not in SCENARIOS]
        if unknown:
            say(f"no such scenario: {', '.join(unknown)}; --list shows them")
            sys.exit(2)
        return [SCENARIOS[name] for name in options.names]
    if options.all or options.set:
        wanted = options.set or "node"
        return [one for one in SCENARIOS.values() if one.of == wanted]
    return [one for one in SCENARIOS.values() if one.in_sample]


def run_all(scenarios, options):
    results = []
    for one in scenarios:
        result = run_scenario(one, options.all, options.seconds)
        results.append(result)
        say(table.explain(result) + f"\n    {result['verdict']}, "
            f"{result['seconds']} s\n")
    return results


def soak(options):
    """All scenarios in turn until the time is over; those that ever broke."""
    end = time.monotonic() + options.soak * 60
    results = []
    while time.monotonic() < end:
        for one in SCENARIOS.values():
            if time.monotonic() < end:
                results += run_all([one], options)
    return results


def show(results, options):
    if options.json:
        print(json.dumps({"serval_faults": 1, "full": options.all,
                          "scenarios": results}))
        return
    print(table.format_table([table.HEADINGS]
                             + [table.row_of(each) for each in results]))


def run_mutants(options):
    """Every defect must break one of its scenarios."""
    rows = [("DEFECT", "SCENARIO", "VERDICT")]
    escaped = 0
    for name in options.names or MUTANTS:
        os.environ["SERVAL_DEFECT"] = name
        verdict, scenario = "ESCAPED", ""
        for scenario in MUTANTS[name]:
            result = run_scenario(SCENARIOS[scenario], False, options.seconds)
            if result["verdict"] == BROKEN:
                verdict = "caught"
                say(f"{name}: {scenario}: {result['why'][0]}")
                break
            say(f"{name}: {scenario}: {result['verdict']} {result['why']}")
        escaped += verdict != "caught"
        rows.append((name, scenario, verdict))
    del os.environ["SERVAL_DEFECT"]
    if options.json:
        print(json.dumps({"serval_faults": 1, "mutants": [
            dict(zip(("defect", "scenario", "verdict"), row))
            for row in rows[1:]]}))
    else:
        print(table.format_table(rows))
    return 1 if escaped else 0


def main():
    parser = argparse.ArgumentParser(
        prog="tools/faults", description="Shows what the data plane does on "
        "its worst minute. Without names: the sample that tools/test runs.")
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="scenarios, or with --mutants defects")
    parser.add_argument("--all", action="store_true",
                        help="every scenario (or the named ones), longer, "
                        "with times judged; within 15 minutes")
    parser.add_argument("--set", choices=("node", "cluster"),
                        help="the scenarios of one node, or of several")
    parser.add_argument("--json", action="store_true",
                        help="one object on one line of stdout")
    parser.add_argument("--seconds", type=int,
                        help="how long each phase lasts")
    parser.add_argument("--mutants", action="store_true",
                        help="build deliberate defects in, and show that each "
                        "is caught")
    parser.add_argument("--soak", type=float, metavar="MINUTES",
                        help="scenarios in turn for so long")
    parser.add_argument("--list", action="store_true",
                        help="print the scenarios and end")
    options = parser.parse_args()
    if options.list:
        print(table.format_table([("NAME", "D", "FAULT")] + [
            (one.name, one.promises, one.fault)
            for one in SCENARIOS.values()]))
        return 0
    if options.mutants:
        return run_mutants(options)
    results = soak(options) if options.soak \
        else run_all(chosen(options), options)
    show(results, options)
    return 0 if all(each["verdict"] in (HOLDS, SKIPPED)
                    for each in results) else 1


if __name__ == "__main__":
    sys.exit(main())
