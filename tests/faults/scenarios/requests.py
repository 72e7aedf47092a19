"""Deadlines, clients that leave, retries, poison, and all of it at once."""

import random
import threading
import time

from faults import (Watch, frozen, kill, kill_workers_now_and_then,
                    leave_early)
from harness import wait_until
from ledger import of_backend
from load import NS, statuses
from promises.answered import (available, each_answer_is_its_requests_own,
                               no_request_is_lost, requests_end_only_with,
                               serves_again)
from promises.executed import (no_stage_begins_after_the_client_left,
                               nothing_runs_twice,
                               nothing_starts_after_its_deadline,
                               retries_stay_in_their_budget,
                               the_remaining_time_travels)
from rig import scenario


@scenario("D5", "three times the load that can be served, with deadlines of "
          "200 ms", in_sample=True)
def deadline(rig):
    # Leaves that block their thread: what waits behind them in the process
    # is seen there only when its deadline has passed.
    timeout = {"x-request-timeout-seconds": "0.2"}
    with rig.daemon() as daemon:
        app = rig.deploy(daemon, workers=2, concurrency=16,
                         backends={"leaf": {"workers": 4, "concurrency": 1}})
        load = rig.load(daemon, app, 40, "tree 1 2 20")
        rig.settle()
        load.note_fault()
        surge = rig.load(daemon, app, 260, "tree 1 2 20", headers=timeout)
        blocked = rig.load(daemon, app, 20, "block 60", headers=timeout)
        time.sleep(rig.seconds(3, 20))
        end = time.monotonic_ns()
        rig.finish(surge, blocked)
        time.sleep(1.5)
        rig.finish()
        starts = app.starts()
    rig.show("calls started", len(starts))
    wasted = sum(start.remaining < 20_000_000
                 for start in of_backend(starts, "leaf"))
    rig.show("started with too little time left", wasted)
    for each in (load, surge, blocked):
        rig.expect(no_request_is_lost(each))
        rig.expect(each_answer_is_its_requests_own(each))
        rig.expect(requests_end_only_with(each, "500", "503", "504"))
    rig.expect(nothing_starts_after_its_deadline(
        starts, surge.sent_times() | blocked.sent_times(), NS // 5))
    rig.expect(the_remaining_time_travels(starts))
    rig.expect(nothing_runs_twice(starts))
    rig.expect(serves_again(load, end + NS, 1))


@scenario("D6", "clients leave while their request is in a tree of calls",
          in_sample=True)
def disconnects(rig):
    with rig.daemon() as daemon:
        # A leaf that nobody waits for would sleep for 2 s.
        app = rig.deploy(daemon, workers=2, concurrency=32, deadline="8s",
                         max_requests=64,
                         backends={"leaf": {"workers": 2, "concurrency": 16}})
        load = rig.load(daemon, app, 50, "tree 1 2 5")
        rig.settle()
        load.note_fault()
        left = leave_early(daemon.endpoints["http"], "/app", b"tree 3 4 2000",
                           *((60, 0.05) if not rig.is_full else (600, 0.05)))
        end = time.monotonic_ns()
        time.sleep(rig.seconds(2, 5))
        rig.finish()
        starts = app.starts()
    rig.show("clients that left", len(left))
    rig.expect(no_request_is_lost(load))
    rig.expect(each_answer_is_its_requests_own(load))
    rig.expect(no_stage_begins_after_the_client_left(starts, left))
    rig.expect(serves_again(load, end + NS // 2, 1.5))
    if not any(start.id in left for start in starts):
        rig.break_("no client left during a call; the scenario shows nothing")


@scenario("D9", "half of the workers are killed at once, four times; requests "
          "are idempotent")
def retry_amplification(rig):
    workers = 8
    with rig.daemon() as daemon:
        app = rig.deploy(daemon, workers=workers, concurrency=24,
                         idempotent=True, deadline="4s")
        load = rig.load(daemon, app, 120, "sleep 800")
        rig.settle()
        load.note_fault()
        for round in range(rig.seconds(4, 5)):
            for worker in daemon.workers()[:workers // 2]:
                kill(worker)
            time.sleep(0.9)
        wait_until(lambda: len(daemon.workers()) == workers,
                   "killed workers are replaced", 20)
        rig.finish()
        starts = app.starts()
    first = len({start.id for start in starts})
    rig.show("attempts per request", f"{len(starts) / max(first, 1):.3f}")
    rig.expect(no_request_is_lost(load))
    rig.expect(each_answer_is_its_requests_own(load))
    rig.expect(requests_end_only_with(load, "502", "503"))
    rig.expect(retries_stay_in_their_budget(starts))
    if len(starts) == first:
        rig.break_("nothing was tried again; the scenario shows nothing")


@scenario("D12", "a request that kills its worker comes ten times a second")
def poison(rig):
    workers = 4
    with rig.daemon() as daemon:
        app = rig.deploy(daemon, workers=workers, concurrency=2,
                         idempotent=True)
        load = rig.load(daemon, app, 100, "sleep 5")
        rig.settle()
        first = set(daemon.workers())
        load.note_fault()
        deadly = rig.load(daemon, app, 10, "crash")
        with Watch(daemon.workers, 0.02) as seen:
            time.sleep(rig.seconds(4, 15))
        rig.finish()
        killed = len({start.pid for start in app.starts()
                      if start.request.startswith("crash")})
    rig.show("workers killed", killed)
    rig.show("workers started", len(seen.seen - first))
    rig.show("poison ended with", str(statuses(deadly.requests)))
    rig.expect(no_request_is_lost(load))
    rig.expect(no_request_is_lost(deadly))
    rig.expect(available(load, 0.999, "other requests"))
    if killed > 2:
        rig.break_(f"one request's body killed {killed} workers, more than 2")


@scenario("D24 D25", "kills, stops, clients that leave, large bodies and maps, "
          "all at once", in_sample=True)
def everything_at_once(rig):
    seconds = rig.seconds(5, 40)
    with rig.daemon("worker.hang_kill=500ms") as daemon:
        leaves = {"workers": 3, "concurrency": 8, "idempotent": True}
        app = rig.deploy(daemon, workers=4, concurrency=32,
                         deadline="1500ms", backends={"leaf": leaves})
        large = rig.folder / "large"
        large.write_text("echo " + "serval " * 60_000)
        load = rig.load(daemon, app, 150, "4*sleep 10", "4*tree 2 6 5",
                        "6*echo", f"@{large}")
        rig.settle()
        load.note_fault()
        leavers = threading.Thread(target=leave_early, args=(
            daemon.endpoints["http"], "/app", b"tree 2 6 100",
            int(seconds * 10), 0.1))
        leavers.start()
        moments = all_kinds_of_faults(daemon, seconds)
        leavers.join()
        end = time.monotonic_ns()
        time.sleep(2)
        rig.finish()
        starts = app.starts_once_only()
    rig.show("faults", len(moments))
    rig.expect(no_request_is_lost(load))
    rig.expect(each_answer_is_its_requests_own(load))
    rig.expect(requests_end_only_with(load, "500", "502", "503", "504"))
    rig.expect(nothing_runs_twice(starts))
    rig.expect(serves_again(load, end + NS, 1))


def all_kinds_of_faults(daemon, seconds):
    """Kills and stops workers at random; returns when."""
    random_source = random.Random(3)
    end = time.monotonic() + seconds
    moments = []
    while time.monotonic() < end:
        moments += kill_workers_now_and_then(
            daemon, 0.1, random_source.uniform(0.3, 0.8), 7,
            random_source.random())
        workers = daemon.workers()
        if workers:
            try:
                with frozen(random_source.choice(workers)):
                    time.sleep(random_source.uniform(0.05, 0.3))
            except ProcessLookupError:
                pass  # it had just died
        moments.append(time.monotonic_ns())
    return moments
