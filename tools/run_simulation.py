#!/usr/bin/env python3
"""Runs tests/simulation/simulate on all cores, and adds up what it tells.

tools/simulate builds and then calls this.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests" / "simulation"))
sys.dont_write_bytecode = True

from mutants import CLUSTER_MUTANTS, MUTANTS  # noqa: E402

CORES = os.cpu_count() or 1
ALL_MUTANTS = MUTANTS + CLUSTER_MUTANTS
# A defect that no promise shows within so many worlds has escaped.
MUTANT_SEEDS_MAX = 3000
MUTANT_SECONDS_MAX = 120
PATIENCE_SECONDS = 120


def say(text, end="\n"):
    print(text, end=end, file=sys.stderr, flush=True)


class Run:
    """One process; `last` is what it told last."""

    def __init__(self, build, *arguments, cluster=False, defect=None):
        self.cluster = cluster
        self.last = {"worlds": 0, "events": 0, "virtual_seconds": 0,
                     "facts": {}, "violations": []}
        environment = dict(os.environ)
        environment.pop("SERVAL_DEFECT", None)
        if defect:
            environment["SERVAL_DEFECT"] = defect
        self.process = subprocess.Popen(
            [str(build / "tests" / "simulation" / "simulate"),
             *(["--cluster"] if cluster else []), *map(str, arguments)],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=None if "--talk" in arguments else subprocess.DEVNULL,
            text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.last = json.loads(line)

    def wait(self, seconds):
        """What it told at its end; a process that does not end is broken."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "it did not end"
        self.reader.join(5)
        if status != 0 and not self.last["violations"]:
            self.last["violations"] = [
                {"seed": self.last.get("seed", 0), "promise": "ends",
                 "text": f"the simulator failed: {status}"}]
        for violation in self.last["violations"]:
            violation["cluster"] = self.cluster
        return self.last


def total(parts):
    return {key: sum(part[key] for part in parts)
            for key in ("worlds", "events", "virtual_seconds")} | {
        "facts": {name: sum(part["facts"].get(name, 0) for part in parts)
                  for part in parts for name in part["facts"]},
        "violations": [each for part in parts for each in part["violations"]]}


def describe(found, seconds):
    return (f"{found['worlds']:,} worlds, "
            f"{found['virtual_seconds'] / 3600:,.1f} virtual hours, "
            f"{found['events']:,} events, "
            f"{found['events'] / max(seconds, 1e-9):,.0f} per second, "
            f"{len(found['violations'])} violations")


def describe_facts(facts):
    return ", ".join(f"{count:,} {name.replace('_', ' ')}"
                     for name, count in facts.items())


def explain(violation):
    kind = "--cluster " if violation["cluster"] else ""
    return (f"seed {violation['seed']}: \"{violation['promise']}\" is broken: "
            f"{violation['text']}\n"
            f"  replay: tools/simulate {kind}--seed {violation['seed']}")


def search(options):
    """New seeds until the time is over."""
    first = int.from_bytes(os.urandom(4), "big") << 16
    seconds = options.minutes * 60
    begun = time.monotonic()
    # Every second core has worlds of many nodes.
    places = max(CORES, 2)
    runs = [Run(options.build, "--first", first + place, "--step", places,
                "--seconds", seconds,
                cluster=options.cluster or place % 2 == 1)
            for place in range(places)]
    shows = sys.stderr.isatty() and not options.json
    while shows and any(run.process.poll() is None for run in runs):
        spent = time.monotonic() - begun
        say(f"\r{spent:4.0f} of {seconds:.0f} s: "
            f"{describe(total([run.last for run in runs]), spent)}", end="")
        time.sleep(0.5)
    found = total([run.wait(seconds + PATIENCE_SECONDS) for run in runs])
    spent = time.monotonic() - begun
    if shows:
        say("")
    if options.json:
        print(json.dumps({"name": "simulate", "first_seed": first,
                          "seconds": round(spent, 1),
                          "ok": not found["violations"]} | found))
    else:
        print(f"seeds from {first} on: {describe(found, spent)}")
        print(f"in clusters: {describe_facts(found['facts'])}")
        for violation in found["violations"]:
            print(explain(violation))
    return 1 if found["violations"] else 0


def replay(options):
    """One world, with all that happens in it."""
    found = Run(options.build, "--first", options.seed, "--count", 1,
                *([] if options.json else ["--talk"]),
                cluster=options.cluster).wait(3600)
    if options.json:
        print(json.dumps({"name": "simulate", "seed": options.seed,
                          "ok": not found["violations"]} | found))
    else:
        print(f"seed {options.seed}: trace {found.get('trace', '-')}, "
              f"{found['events']:,} events, "
              f"{found['virtual_seconds']:.1f} virtual seconds")
        for violation in found["violations"]:
            print(explain(violation))
    return 1 if found["violations"] else 0


def hunt(options):
    """Every defect must break a promise."""
    def look_for(name):
        found = Run(options.build, "--first", 1, "--count", MUTANT_SEEDS_MAX,
                    "--seconds", MUTANT_SECONDS_MAX,
                    cluster=name in CLUSTER_MUTANTS, defect=name).wait(MUTANT_SECONDS_MAX + PATIENCE_SECONDS)
        caught = found["violations"][0]["promise"] if found["violations"] \
            else None
        say(f"{name}: {caught or 'ESCAPED'}, {found['worlds']} seeds")
        return {"defect": name, "promise": caught, "seeds": found["worlds"]}

    with ThreadPoolExecutor(max_workers=CORES) as pool:
        rows = list(pool.map(look_for, options.defects or ALL_MUTANTS))
    escaped = [row for row in rows if not row["promise"]]
    if options.json:
        print(json.dumps({"name": "simulate --mutants", "ok": not escaped,
                          "mutants": rows}))
    else:
        print("| defect | promise that caught it | seeds |\n|---|---|---|")
        for row in rows:
            print(f"| `{row['defect']}` | {row['promise'] or '**escaped**'} | "
                  f"{row['seeds']} |")
    return 1 if escaped else 0


def main():
    parser = argparse.ArgumentParser(prog="tools/simulate")
    parser.add_argument("defects", nargs="*", metavar="DEFECT")
    parser.add_argument("--build", type=pathlib.Path, default=TOP / "build")
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--cluster", action="store_true")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--mutants", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    unknown = set(options.defects) - set(ALL_MUTANTS)
    if unknown:
        parser.error(f"no such defect: {', '.join(sorted(unknown))}")
    if options.defects and not options.mutants:
        parser.error("defects go with --mutants")
    if options.minutes <= 0 or (options.seed is not None and options.seed < 0):
        parser.error("--minutes must be positive, and --seed not negative")
    if options.mutants:
        return hunt(options)
    return replay(options) if options.seed is not None else search(options)


if __name__ == "__main__":
    sys.exit(main())
