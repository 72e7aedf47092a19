#!/usr/bin/env python3
"""Runs the fuzzers of tests/fuzz one after the other, and tells what came.

tools/fuzz builds and then calls this. A target starts from its seeds and from
what earlier runs found, which stays in the build folder.
"""

import argparse
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests" / "process"))
sys.dont_write_bytecode = True

from case_list import read_cases  # noqa: E402

SEEDS = TOP / "tests" / "fuzz" / "seeds"
# Also seeds: (file, words before the bytes).
MORE_SEEDS = {"http_request": [("http.txt", 2)], "json": [("json.txt", 2)],
              "toml": [("toml.txt", 2)]}

INPUT_BYTES_MAX = 4096
MEMORY_MIB_MAX = 2048
INPUT_TIMEOUT_SECONDS = 10
# Past its time, a target that does not end is killed.
PATIENCE_SECONDS = 60

STATISTIC = re.compile(r"^stat::(\w+):\s+(\d+)$", re.M)
COVERED = re.compile(r"^#\d+\s+(\w+)\s+cov: (\d+)(?: ft: \d+)?(?: corp: (\d+))?",
                     re.M)
SANITIZERS = {
    # The allocator may fail on sizes that an input asks for; that is ours to
    # handle, so it must not end the process by itself.
    "ASAN_OPTIONS": "allocator_may_return_null=1:detect_leaks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def targets():
    """The names of all targets, by their seeds."""
    return sorted(file.stem for file in SEEDS.glob("*.txt"))


def write_seeds(target, folder):
    """Makes files of the seeds that are not too long for the fuzzer."""
    folder.mkdir(parents=True, exist_ok=True)
    lists = [(SEEDS / f"{target}.txt", 0)]
    lists += [(TOP / "tests" / "bad_input" / name, words)
              for name, words in MORE_SEEDS.get(target, [])]
    for path, words in lists:
        for number, (*_, seed) in enumerate(read_cases(path, words)):
            if len(seed) <= INPUT_BYTES_MAX:
                (folder / f"{path.stem}-{number}").write_bytes(seed)


def understand(target, output, status, crashes):
    """What one run of a fuzzer came to."""
    numbers = {name: int(value) for name, value in STATISTIC.findall(output)}
    lines = COVERED.findall(output)
    begun = [int(cov) for what, cov, _ in lines if what == "INITED"]
    covered = [int(cov) for _, cov, _ in lines]
    corpus = [int(count) for _, _, count in lines if count]
    executions = numbers.get("number_of_executed_units", 0)
    return {
        "target": target,
        "ok": status == 0 and executions > 0 and not crashes,
        "executions": executions,
        "per_second": numbers.get("average_exec_per_sec", 0),
        "covered": max(covered, default=0),
        "new_covered": max(covered, default=0) - (begun or [0])[0],
        "corpus": (corpus or [0])[-1],
        "crashes": crashes,
        "exit": status,
    }


def run(target, options):
    """Runs one target for its time; saves what made it fail."""
    fuzzer = options.build / "tests" / "fuzz" / f"fuzz_{target}"
    work = options.build / "fuzz" / target
    seeds, corpus, found = work / "seeds", work / "corpus", work / "found"
    write_seeds(target, seeds)
    corpus.mkdir(exist_ok=True)
    found.mkdir(exist_ok=True)
    before = set(found.iterdir())
    command = [
        str(fuzzer), f"-max_total_time={options.seconds}",
        f"-max_len={INPUT_BYTES_MAX}", f"-rss_limit_mb={MEMORY_MIB_MAX}",
        f"-malloc_limit_mb={MEMORY_MIB_MAX // 2}",
        f"-timeout={INPUT_TIMEOUT_SECONDS}", "-print_final_stats=1",
        f"-artifact_prefix={found}/", str(corpus), str(seeds)]
    log = work / "log"
    with open(log, "wb") as out:
        try:
            status = subprocess.run(
                command, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                env=os.environ | SANITIZERS,
                timeout=options.seconds + PATIENCE_SECONDS).returncode
        except subprocess.TimeoutExpired:
            status = "it did not end"
        except OSError as error:
            status = str(error)
    # libFuzzer also keeps what was slow but well within the time.
    crashes = sorted(str(file) for file in set(found.iterdir()) - before
                     if not file.name.startswith("slow-unit-"))
    text = log.read_text(errors="replace")
    return understand(target, text, status, crashes), command[0], log


def explain(row, fuzzer, log):
    """Why a target failed, and how to see it again."""
    print(f"{row['target']} failed (exit {row['exit']}), see {log}")
    for crash in row["crashes"]:
        print(f"  {crash}\n  replay: {shlex.quote(fuzzer)} "
              f"{shlex.quote(crash)}")


def table(rows):
    heads = ("target", "executions", "exec/s", "covered", "new", "corpus",
             "crashes")
    lines = [heads] + [
        (row["target"], f"{row['executions']:,}", f"{row['per_second']:,}",
         str(row["covered"]), f"+{row['new_covered']}", str(row["corpus"]),
         str(len(row["crashes"])) if row["ok"] or row["crashes"]
         else "did not run")
        for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    for line in lines:
        print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(line, widths))))


def main():
    parser = argparse.ArgumentParser(prog="tools/fuzz")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--build", type=pathlib.Path, default=TOP / "build-fuzz")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.list:
        print("\n".join(targets()))
        return 0
    unknown = set(options.targets) - set(targets())
    if unknown or options.seconds < 1:
        parser.error(f"no such target: {', '.join(sorted(unknown))}"
                     if unknown else "--seconds must be at least 1")
    rows = []
    for target in options.targets or targets():
        if not options.json:
            print(f"{target}: {options.seconds} s", file=sys.stderr, flush=True)
        row, fuzzer, log = run(target, options)
        rows.append(row)
        if not row["ok"] and not options.json:
            explain(row, fuzzer, log)
    if options.json:
        print(json.dumps({"name": "fuzz", "seconds": options.seconds,
                          "ok": all(row["ok"] for row in rows),
                          "targets": rows}))
    else:
        table(rows)
    return 0 if all(row["ok"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
