"""The bundled load generator, and what it wrote down of each request."""

import csv
import json
import subprocess
import time
from collections import namedtuple

from harness import SERVAL

NS = 1_000_000_000

# Times are those of the machine's monotonic clock, in nanoseconds.
Request = namedtuple("Request", "id intended sent done status attempt")

# Sent, and never answered.
LOST = {"timed_out", "unfinished", "connection_lost", "malformed_answer"}


class Void(Exception):
    """The run says nothing about the product; the message says why."""


def is_good(request):
    return request.status in ("200", "204")


def is_lost(request):
    return request.status in LOST


class Load:
    """An open loop of `rate` even arrivals per second that runs until stopped.

    Answers must be echoes unless `echo` is False; others count as the status
    `wrong_answer`.
    """

    def __init__(self, name, url, log, rate, bodies, *, seconds=600, headers=None,
                 timeout="8s", retries=0, echo=True, connections=4000, flags=()):
        self.name = name
        self.rate = rate
        self.log = log
        self.faults = []  # when a fault began
        flags = [*flags, "--rate", rate, "--arrivals", "even", "--warm-up", "0s",
                 "--duration", f"{seconds}s", "--timeout", timeout,
                 "--connections", connections, "--log", log, "--json"]
        flags += [word for body in bodies for word in ("--body", body)]
        flags += [word for name, value in (headers or {}).items()
                  for word in ("-H", f"{name}: {value}")]
        flags += ["--retries", retries] if retries else []
        flags += ["--expect-echo"] if echo else []
        self.process = subprocess.Popen(
            [str(SERVAL), "bench", url, *map(str, flags)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self.requests = []
        self.result = None

    def stop(self):
        """Sends nothing more, waits for the answers, and reads the log."""
        if self.result is not None:
            return self
        if self.process.poll() is None:
            self.process.terminate()
        out, problem = self.process.communicate(timeout=60)
        try:
            self.result = json.loads(out)
        except json.JSONDecodeError:
            raise RuntimeError(f"the load generator failed: {problem}") \
                from None
        begun = self.result["begun_monotonic_ns"]
        with open(self.log, newline="") as lines:
            self.requests = [
                Request(int(row["id"]), *(begun + int(row[f"{what}_ns"])
                                          for what in
                                          ("intended", "sent", "done")),
                        row["status"], int(row["attempt"]))
                for row in csv.DictReader(lines)]
        self.requests.sort(key=lambda request: request.intended)
        return self

    def kill(self):
        """For a rig that ends early."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def note_fault(self):
        """A fault begins now; returns when that is."""
        self.faults.append(time.monotonic_ns())
        return self.faults[-1]

    def between(self, begin, end):
        """The requests that were intended in that time."""
        return [request for request in self.requests
                if begin <= request.intended < end]

    def check_before_fault(self, seconds):
        """Void unless at least 95 % of the target rate was sent in time just
        before the first fault. Returns how many of those requests failed
        before there was any fault."""
        if not self.faults:
            return 0
        fault = self.faults[0]
        begin = max(fault - int(seconds * NS), self.requests[0].intended
                    if self.requests else fault)
        if fault - begin < seconds * NS / 2:
            raise Void(f"the load had run only {(fault - begin) / NS:.1f} s "
                       "before the fault")
        wanted = self.rate * (fault - begin) / NS
        sent = [r for r in self.between(begin, fault)
                if r.attempt == 0 and r.sent - r.intended < NS // 2]
        if len(sent) < 0.95 * wanted:
            raise Void(f"only {len(sent)} of {wanted:.0f} requests were sent "
                       "in time before the fault")
        return sum(not is_good(r) and r.done < fault for r in sent)

    def sent_times(self):
        """{request id as a ledger has it: when it was sent}."""
        return {f"{r.id:016x}/{self.name}": r.sent for r in self.requests}

    # -- what it shows --------------------------------------------------------

    def good(self):
        return [r for r in self.requests if is_good(r)]

    def lost(self):
        return [r for r in self.requests if is_lost(r)]

    def failed(self):
        return [r for r in self.requests
                if not is_good(r) and not is_lost(r)]

    def longest_gap_ms(self):
        """The longest time without a good answer while requests were due."""
        if not self.requests:
            return 0.0
        end = self.requests[-1].intended
        times = sorted([self.requests[0].intended, end]
                       + [r.done for r in self.good() if r.done < end])
        return max(b - a for a, b in zip(times, times[1:])) / 1e6


def statuses(requests):
    """{status: count}, for people."""
    found = {}
    for request in requests:
        found[request.status] = found.get(request.status, 0) + 1
    return dict(sorted(found.items()))


def percentile_ms(requests, share, since="intended"):
    """The latency that this share of the requests did not exceed."""
    times = sorted(r.done - getattr(r, since) for r in requests)
    if not times:
        return 0.0
    return times[min(len(times) - 1, int(len(times) * share))] / 1e6
