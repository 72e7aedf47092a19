"""Pinning, processor time, rounds and wrk."""

import contextlib
import os
import pathlib
import re
import statistics
import subprocess

ROUNDS = 5
TICK = os.sysconf("SC_CLK_TCK")
ALL_CORES = sorted(os.sched_getaffinity(0))
# What is measured runs on the first core, what measures it on the last.
SERVER_CORE = ALL_CORES[:1]
CLIENT_CORE = ALL_CORES[-1:]


@contextlib.contextmanager
def pinned(cores):
    """Whatever is started inside runs on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def pin_process(pid, cores):
    """Moves all threads of a process."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores)


def cpu_seconds(pids):
    """Processor time that these processes have used."""
    total = 0
    for pid in pids:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def rss_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def median(values):
    return statistics.median(values)


def in_turn(sides, rounds=ROUNDS):
    """Runs each side once per round: A B C A B C. {name: [result…]}.

    The first round warms up and does not count.
    """
    found = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, side in sides.items():
            result = side()
            if number > 0:
                found[name].append(result)
    return found


def ratio(found, name, base, key):
    """The median of the rounds' own ratios: noise that both sides of a round
    share does not count."""
    return median([ours[key] / theirs[key] for ours, theirs
                   in zip(found[name], found[base], strict=True)])


MICROSECONDS = {"us": 1, "ms": 1e3, "s": 1e6}


def wrk(url, connections, seconds, pids, script=None):
    """One run of wrk: requests per second, p50 and p99, CPU per request of
    the processes `pids`, in µs."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
               *(["-s", str(script)] if script else []), url]
    before = cpu_seconds(pids)
    with pinned(CLIENT_CORE):
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                              stdin=subprocess.DEVNULL, check=True)
    used = cpu_seconds(pids) - before
    text = done.stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"wrk {url} saw failures:\n{text}")
    count = int(re.search(r"(\d+) requests in", text)[1])
    result = {"rps": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
              "cpu_us": used / count * 1e6}
    for name in ("50", "99"):
        value, unit = re.search(rf"\s{name}%\s+([\d.]+)(us|ms|s)",
                                text).groups()
        result[f"p{name}_us"] = float(value) * MICROSECONDS[unit]
    return result
