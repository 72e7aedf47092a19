"""What one application does to another on the same node."""

import contextlib
import statistics
import time

from faults import kill
from load import percentile_ms
from promises.answered import (each_answer_is_its_requests_own,
                               no_request_fails, no_request_is_lost)
from rig import scenario


@scenario("D14", "an inline backend blocks the loop that it runs on")
def blocked_loop(rig):
    with rig.daemon("node.loops=2") as daemon:
        app = rig.deploy(daemon, workers=2, concurrency=4, deadline="5s")
        rig.deploy(daemon, "blocker", isolation="inline", ledger=False)
        load = rig.load(daemon, app, 100, "sleep 5")
        rig.settle()
        load.note_fault()
        for _ in range(rig.seconds(1, 4)):
            daemon.http("POST", "/blocker", b"block 1500")

        def named():
            return any("blocker" in line and "loop" in line
                       for line in daemon.log_text().splitlines())

        rig.expect_soon(named, "the log names the application that holds a "
                        "loop", 3)
        rig.finish()
    rig.expect(no_request_is_lost(load))
    rig.expect(each_answer_is_its_requests_own(load))
    rig.expect(no_request_fails(load))


@contextlib.contextmanager
def busy_with(rig, daemon, body, rate):
    """Another application of two slots that gets so many requests."""
    other = rig.deploy(daemon, "other", workers=2, concurrency=1,
                       queue=16, max_requests=64, ledger=False,
                       deadline="200ms")
    load = rig.load(daemon, other, rate, body, echo=False)
    yield
    load.stop()
    daemon.cli("delete", "other")


def saturated(rig, daemon):
    """Five times what its workers can do."""
    return busy_with(rig, daemon, "sleep 10", 1000)


def hung(rig, daemon):
    """Calls that never return. They block: the processor is not divided
    between applications, and endless loops would take it from all."""
    return busy_with(rig, daemon, "block 60000", 20)


@contextlib.contextmanager
def crash_looping(rig, daemon):
    """Processes that end soon after they start."""
    rig.deploy(daemon, "other", workers=4, ledger=False,
               config={"crash_after": "300ms"})
    yield
    daemon.cli("delete", "other")


@contextlib.contextmanager
def crash_storm(rig, daemon):
    """Fifty processes that were well when their release was deployed, are all
    killed, and from then on end soon after they start."""
    crash = rig.folder / "crash"
    crash.unlink(missing_ok=True)
    good = set(daemon.workers())
    rig.deploy(daemon, "other", workers=50, ledger=False, sandbox="none",
               config={"crash_after": "300ms", "crash_if": str(crash)})
    crash.touch()
    for worker in set(daemon.workers()) - good:
        kill(worker)
    yield
    daemon.cli("delete", "other")


def isolation_from(rig, trouble, is_judged=True):
    """The p99 of one application without and with the other's trouble, in
    turns."""
    with rig.daemon("worker.hang_kill=1s") as daemon:
        app = rig.deploy(daemon, workers=2, concurrency=8, ledger=False)
        load = rig.load(daemon, app, 200, "sleep 5")
        rig.settle()
        load.note_fault()
        phases = []
        seconds = rig.seconds(1.5, 5)
        for _ in range(2):
            begin = time.monotonic_ns()
            time.sleep(seconds)
            middle = time.monotonic_ns()
            with trouble(rig, daemon):
                time.sleep(0.5)
                troubled = time.monotonic_ns()
                time.sleep(seconds)
                end = time.monotonic_ns()
            phases.append((begin, middle, troubled, end))
            time.sleep(0.5)
        load.stop()
        rig.finish(load)
    rig.expect(no_request_is_lost(load))
    rig.expect(no_request_fails(load))
    rig.expect(each_answer_is_its_requests_own(load))
    ratios = []
    for begin, middle, troubled, end in phases:
        alone = percentile_ms(load.between(begin, middle), 0.99)
        beside = percentile_ms(load.between(troubled, end), 0.99)
        ratios.append(beside / max(alone, 0.001))
        rig.show(f"p99 alone and beside it, {len(ratios)}",
                 f"{alone:.2f} and {beside:.2f} ms")
    what, ratio = "p99 beside it, of that alone", statistics.median(ratios)
    if is_judged:
        rig.expect_in_time(what, ratio, 1.2, "times")
    else:
        rig.show(what, f"{ratio:.4g} times")


@scenario("isolation", "another application has five times its load")
def beside_saturated(rig):
    isolation_from(rig, saturated)


@scenario("isolation", "another application's calls never return")
def beside_hung(rig):
    isolation_from(rig, hung)


@scenario("isolation", "another application's processes crash in a loop")
def beside_crash_looping(rig):
    isolation_from(rig, crash_looping)


@scenario("C18", "fifty processes of another application crash in a loop")
def beside_crash_storm(rig):
    # They share two processors with everybody: what their first restarts cost
    # is shown, and that nobody loses a request is judged.
    isolation_from(rig, crash_storm, is_judged=False)
