#!/usr/bin/env python3
"""Damages a store's files at random places and judges what opening them does.

Each place must end in one of two ways: everything that was acknowledged is
there, or the store is refused with an error that names a file or a journal and
what to do. tools/corrupt builds what this takes and calls it.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import damage  # noqa: E402

BUILD = pathlib.Path(os.environ.get("SERVAL_TEST_BUILD", TOP / "build"))
PROGRAM = BUILD / "tests" / "corruption" / "journal_store"
OUTCOMES = ("recovered", "refused", "vague", "changed", "SILENT", "crashed",
            "hung")
GOOD = ("recovered", "refused")
HANG_SECONDS = 120


def run(*arguments):
    """What journal_store said; `outcome` is one of ours if it did not."""
    try:
        done = subprocess.run(
            [str(PROGRAM), *map(str, arguments)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="replace", timeout=HANG_SECONDS)
    except subprocess.TimeoutExpired:
        return {"outcome": "hung"}
    if done.returncode != 0:
        return {"outcome": "crashed", "message":
                f"status {done.returncode}: {done.stderr.strip()[-300:]}"}
    return json.loads(done.stdout)


def shape(store):
    """The files of a store and their sizes."""
    return {str(file.relative_to(store)): file.stat().st_size
            for file in store.rglob("*") if file.is_file()}


def is_clear(message, names):
    """Whether a refusal says where, and what to do."""
    where = any(name in message for name in names) \
        or 'application "' in message or 'key "' in message
    return where and "restore" in message


class Rig:
    """A store, and what its damaged copies do."""

    def __init__(self, folder, megabytes, seed, plain):
        self.verb = "plain" if plain else "open"
        self.folder = pathlib.Path(folder)
        self.intact = self.folder / "intact"
        self.made = run("make", self.intact, megabytes, seed)
        if self.made["outcome"] != "opened":
            raise SystemExit(f"cannot make a store: {self.made}")
        self.names = {file.name for file in self.intact.rglob("*")
                      if damage.kind_of(file) != "other"}
        self.expected = self.made["digest"]
        whole = self.open_copy(lambda copy: None)[1]
        if plain:
            self.expected = whole["digest"]
        if whole.get("digest") != self.expected:
            raise SystemExit(f"the intact store is not as it was: {whole}")

    def open_copy(self, inflict):
        copy = self.folder / "copy"
        damage.copy_store(self.intact, copy)
        try:
            place = inflict(copy)
            before = shape(copy)
            said = run(self.verb, copy)
            said["touched"] = shape(copy) != before
            return place, said
        finally:
            shutil.rmtree(copy)

    def judge(self, said):
        if said["outcome"] == "opened":
            return "recovered" if said["digest"] == self.expected else "SILENT"
        if said["outcome"] != "refused" or self.verb == "plain":
            return said["outcome"]
        if said["touched"]:
            return "changed"
        return "refused" if is_clear(said["message"], self.names) else "vague"

    def place(self, source):
        """One damaged place: (kind of file, damage, outcome, in words)."""
        (kind, how, where), said = self.open_copy(
            lambda copy: damage.inflict(copy, source))
        outcome = self.judge(said)
        detail = said.get("message") or f"{said.get('changes')} changes"
        return kind, how, outcome, f"{where}: {outcome}: {detail}"


def judge_places(places, seed, megabytes, plain=False, verbose=False):
    """{(kind of file, damage): {outcome: count}} and all that went wrong."""
    table, wrong = {}, []
    with tempfile.TemporaryDirectory(prefix="serval-corrupt-") as folder:
        rig = Rig(folder, megabytes, seed, plain)
        for number in range(places):
            # A seed of its own, so that one place can be told from the rest.
            kind, how, outcome, text = rig.place(
                random.Random(seed * 1_000_003 + number))
            counts = table.setdefault((kind, how), dict.fromkeys(OUTCOMES, 0))
            counts[outcome] += 1
            if outcome not in GOOD:
                wrong.append(f"place {number}: {text}")
            if verbose:
                print(f"place {number}: {text}", file=sys.stderr, flush=True)
        store = {"changes": rig.made["changes"],
                 "bytes": sum(shape(rig.intact).values()),
                 "tables": sum(n.endswith(".sst") for n in rig.names),
                 "logs": sum(n.endswith(".log") for n in rig.names)}
    return table, wrong, store


def show(table, store):
    print(f"a store of {store['bytes'] / 2**20:.1f} MiB, {store['changes']} "
          f"changes, {store['tables']} tables, {store['logs']} logs\n")
    print(f"{'file':<10}{'damage':<18}"
          + "".join(f"{name:>11}" for name in OUTCOMES))
    for (kind, how), counts in sorted(table.items()):
        print(f"{kind:<10}{how:<18}"
              + "".join(f"{counts[name]:>11}" for name in OUTCOMES))


def main():
    parser = argparse.ArgumentParser(prog="tools/corrupt",
                                     description=__doc__.split("\n")[0])
    parser.add_argument("--places", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--megabytes", type=int, default=24, metavar="N",
                        help="how much is written into the store (24)")
    parser.add_argument("--plain", action="store_true",
                        help="open it as RocksDB alone would")
    parser.add_argument("--verbose", action="store_true",
                        help="tell every place on stderr")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    table, wrong, store = judge_places(options.places, options.seed,
                                       options.megabytes, options.plain,
                                       options.verbose)
    totals = {name: sum(counts[name] for counts in table.values())
              for name in OUTCOMES}
    if options.json:
        print(json.dumps({
            "places": options.places, "seed": options.seed, "store": store,
            "totals": totals, "wrong": wrong,
            "kinds": {f"{kind}.{how}": counts
                      for (kind, how), counts in sorted(table.items())}}))
    else:
        show(table, store)
        print("\n".join(["", *wrong]))
        print(f"{options.places} places, seed {options.seed}: " + ", ".join(
            f"{count} {name}" for name, count in totals.items() if count))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
