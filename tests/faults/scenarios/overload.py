"""More load than can be served."""

import threading
import time

from faults import Watch, resident_mib
from load import NS, is_good, percentile_ms
from promises.answered import (available, each_answer_is_its_requests_own,
                               no_request_is_lost, requests_end_only_with)
from promises.shed import (goodput_per_second, refusals_say_when_to_come_back,
                           within_queue_limit)
from rig import scenario

# Four workers of one slot, and calls of 20 ms. What is called 1x leaves a
# fifth of that for the machine's own disturbances.
WORKERS, CALL_MS = 4, 20
CAPACITY = WORKERS * 1000 // CALL_MS
NORMAL, SURGE = int(CAPACITY * 0.8), int(CAPACITY * 4.2)
BODY = f"sleep {CALL_MS}"
QUEUE = 16


def deploy(rig, daemon, **keys):
    return rig.deploy(daemon, workers=WORKERS, concurrency=1, queue=QUEUE,
                      deadline="500ms", ledger=False, **keys)


class Refusals(threading.Thread):
    """Asks during the overload and keeps the answers with 503."""

    def __init__(self, daemon, seconds):
        super().__init__()
        self.daemon_under_test = daemon
        self.end = time.monotonic() + seconds
        self.answers = []
        self.start()

    def run(self):
        while time.monotonic() < self.end:
            answer = self.daemon_under_test.http("POST", "/app",
                                                 BODY.encode())
            if answer.status == 503:
                self.answers.append(answer)
            time.sleep(0.05)


@scenario("D7 D11", "five times the load that can be served", in_sample=True)
def overload(rig):
    with rig.daemon() as daemon:
        app = deploy(rig, daemon, max_requests=400)
        load = rig.load(daemon, app, NORMAL, BODY)
        rig.settle()
        memory = resident_mib(daemon.process.pid)
        begin = load.note_fault()
        surge = rig.load(daemon, app, SURGE, BODY)
        seconds = rig.seconds(3, 40)
        refusals = Refusals(daemon, seconds)
        with Watch(lambda: resident_mib(daemon.process.pid)) as peak, \
                Watch(lambda: daemon.metric("serval_backend_calls_waiting{"),
                      0.3) as waiting:
            time.sleep(seconds)
        refusals.join()
        end = time.monotonic_ns()
        rig.finish(surge)
        time.sleep(rig.seconds(2, 12))
        rig.finish()
    rig.show("daemon's memory", f"{memory:.0f} to {peak.largest:.0f} MiB")
    rig.show("longest queue", int(waiting.largest))
    for each in (load, surge):
        rig.expect(no_request_is_lost(each))
        rig.expect(each_answer_is_its_requests_own(each))
        rig.expect(requests_end_only_with(each, "503", "504"))
    rig.expect(refusals_say_when_to_come_back(refusals.answers))
    rig.expect(within_queue_limit(waiting.largest, WORKERS * QUEUE,
                                  loops=2))
    before = goodput_per_second([load], begin - 2 * NS, begin)
    during = goodput_per_second([load, surge], begin + NS, end)
    after = goodput_per_second([load], end + NS, end + 2 * NS)
    rig.show("goodput before, during, after",
             f"{before:.0f}, {during:.0f}, {after:.0f} per second")
    # Half is what a server that wastes its work cannot reach, however busy the
    # machine is; the figure itself is for full runs.
    if during < 0.5 * before:
        rig.break_(f"goodput fell from {before:.0f} to {during:.0f} per "
                   "second")
    if after < (0.9 if rig.is_full else 0.5) * before:
        rig.break_(f"a second after the overload goodput was {after:.0f} per "
                   f"second, before it {before:.0f}")
    rig.expect_in_time("loss of goodput under 5x", 1 - during / before, 0.1,
                       "of 1")
    refused = [r for r in load.requests + surge.requests if r.status == "503"]
    rig.expect_in_time("p99 of refusals",
                       percentile_ms(refused, 0.99, "sent"), 10, "ms")
    if rig.is_full and peak.largest > memory + 64:
        rig.break_(f"the daemon grew from {memory:.0f} to {peak.largest:.0f} "
                   "MiB under overload")


@scenario("D7", "more requests than the queues take, and time enough for all")
def full_queue(rig):
    with rig.daemon() as daemon:
        # So much time that no request is refused for want of it.
        app = rig.deploy(daemon, workers=WORKERS, concurrency=1, queue=QUEUE,
                         deadline="60s", ledger=False, max_requests=100_000)
        load = rig.load(daemon, app, NORMAL, BODY)
        rig.settle()
        load.note_fault()
        surge = rig.load(daemon, app, SURGE, BODY)
        with Watch(lambda: daemon.metric("serval_backend_calls_waiting{"),
                   0.3) as waiting:
            time.sleep(rig.seconds(3, 10))
        rig.finish(surge)
        rig.finish()
    rig.show("longest queue", int(waiting.largest))
    for each in (load, surge):
        rig.expect(no_request_is_lost(each))
        rig.expect(each_answer_is_its_requests_own(each))
        rig.expect(requests_end_only_with(each, "503"))
    rig.expect(within_queue_limit(waiting.largest, WORKERS * QUEUE,
                                  loops=2))


@scenario("D8", "five times the load, from clients that try three times again "
          "at once; then it stops")
def metastable(rig):
    with rig.daemon() as daemon:
        app = deploy(rig, daemon, max_requests=400)
        load = rig.load(daemon, app, NORMAL, BODY, retries=3)
        rig.settle()
        begin = load.note_fault()
        surge = rig.load(daemon, app, SURGE, BODY, retries=3)
        time.sleep(rig.seconds(4, 40))
        end = time.monotonic_ns()
        rig.finish(surge)
        time.sleep(rig.seconds(4, 12))
        rig.finish()
    before = goodput_per_second([load], begin - 2 * NS, begin)
    recovered = next(
        (at for at in range(0, 11 * 4)
         if goodput_per_second([load], end + at * NS // 4,
                               end + at * NS // 4 + NS) >= 0.95 * before),
        None)
    rig.expect(no_request_is_lost(load))
    rig.expect(each_answer_is_its_requests_own(load))
    if recovered is None:
        rig.break_("goodput did not come back after the load had gone")
    else:
        rig.expect_in_time("recovered within", recovered / 4, 10, "s")


@scenario("D10", "one and a half times the load that can be served, half of "
          "it of low priority")
def priority(rig):
    with rig.daemon() as daemon:
        app = deploy(rig, daemon, max_requests=400)
        rate = int(CAPACITY * 0.75)
        high = rig.load(daemon, app, rate, BODY,
                        headers={"x-request-priority": "high"})
        rig.settle()
        begin = high.note_fault()
        low = rig.load(daemon, app, rate, BODY,
                       headers={"x-request-priority": "low"})
        time.sleep(rig.seconds(4, 20))
        end = time.monotonic_ns()
        rig.finish()
    there = high.between(begin, end)
    good = sum(map(is_good, there)) / max(len(there), 1)
    shed = 1 - len(low.good()) / max(len(low.requests), 1)
    rig.show("high answered well", f"{good:.2%}")
    rig.show("low shed", f"{shed:.1%}")
    rig.expect(no_request_is_lost(high))
    rig.expect(no_request_is_lost(low))
    rig.expect(available(high, 0.999, "requests of high priority"))
    if shed < 0.1:
        rig.break_(f"only {shed:.0%} of the low priority was shed; the "
                   "scenario shows nothing")
