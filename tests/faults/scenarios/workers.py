"""Worker processes that die, freeze, hang, leak or crash in a loop."""

import time

from faults import (Watch, frozen, kill_workers_now_and_then, resident_mib,
                    slowed)
from harness import is_running
from ledger import busiest, share_of
from load import NS, is_good, percentile_ms
from promises.answered import (available, each_answer_is_its_requests_own,
                               failures_overlap, no_request_fails,
                               no_request_is_lost, requests_end_only_with,
                               serves_again)
from promises.executed import (nothing_runs_twice,
                               nothing_starts_after_its_deadline)
from rig import scenario


@scenario("D1 D24", "a worker process is killed again and again; requests "
          "are idempotent", in_sample=True)
def kill_idempotent(rig):
    with rig.daemon() as daemon:
        app = rig.deploy(daemon, workers=4, concurrency=4, idempotent=True,
                         max_requests=200)
        load = rig.load(daemon, app, 200, "3*sleep 5", "echo")
        rig.settle()
        load.note_fault()
        kills = kill_workers_now_and_then(daemon, rig.seconds(3, 40),
                                          0.6 if not rig.is_full else 2, 4)
        rig.finish()
    rig.show("kills", len(kills))
    rig.expect(no_request_is_lost(load))
    rig.expect(each_answer_is_its_requests_own(load))
    rig.expect(no_request_fails(load))
    rig.expect_in_time("longest gap", load.longest_gap_ms(), 200, "ms")


@scenario("D1 D24 D25", "a worker process is killed again and again; requests "
          "may not be repeated", in_sample=True)
def kill_once_only(rig):
    with rig.daemon() as daemon:
        app = rig.deploy(daemon, workers=4, concurrency=8)
        load = rig.load(daemon, app, 200, "sleep 40")
        rig.settle()
        load.note_fault()
        kills = kill_workers_now_and_then(daemon, rig.seconds(3, 40),
                                          0.6 if not rig.is_full else 2, 4)
        rig.finish()
        starts = app.starts()
    rig.show("kills", len(kills))
    rig.expect(no_request_is_lost(load))
    rig.expect(each_answer_is_its_requests_own(load))
    rig.expect(requests_end_only_with(load, "502"))
    rig.expect(failures_overlap(load, kills, "a kill"))
    rig.expect(nothing_runs_twice(starts))
    if not any(r.status == "502" for r in load.requests):
        rig.break_("no kill met a request; the scenario shows nothing")


@scenario("D3 D5", "one of four worker processes is stopped for a while (SIGSTOP) "
          "and then goes on")
def freeze(rig):
    # So many slots that they do not fill up: only by its silence can it be
    # told from the others.
    slots = 64
    # It is to go on, not to be replaced.
    with rig.daemon("worker.hang_kill=1m") as daemon:
        app = rig.deploy(daemon, workers=4, concurrency=slots, deadline="1s")
        # So many requests at a time that their connections are on all loops:
        # each prefers its own workers.
        load = rig.load(daemon, app, 200, "sleep 100")
        rig.settle()
        victim = busiest(app.starts())
        begin = load.note_fault()
        with frozen(victim):
            time.sleep(rig.seconds(4, 10))
        end = time.monotonic_ns()
        time.sleep(rig.seconds(3, 12))
        rig.finish()
        starts = app.starts()
    failed = [r for r in load.requests if not is_good(r)]
    rig.show("failed while frozen", len(failed))
    rig.expect(no_request_is_lost(load))
    rig.expect(requests_end_only_with(load, "502", "504"))
    rig.expect(serves_again(load, end + NS, 2))
    late = sum(r.sent > begin + 2 * NS for r in failed)
    if late > 2:
        rig.break_(f"{late} requests were given to a worker that had been "
                   "stopped for 2 s, more than 2 that ask whether it is back")
    last = max((r.sent for r in failed), default=begin)
    rig.expect_in_time("ejected within", (last - begin) / NS, 1, "s")
    sent = load.sent_times()
    rig.expect(nothing_starts_after_its_deadline(starts, sent, NS))
    back = next((start.at for start in starts
                 if start.pid == victim and sent.get(start.id, 0) > end), None)
    if back is None and is_running(victim):
        rig.break_("the worker went on and never got another request")
    elif back is not None:
        rig.expect_in_time("back within", (back - end) / NS, 10, "s")


@scenario("D4", "one of four worker processes gets its processor a tenth of "
          "the time")
def slow(rig):
    with rig.daemon() as daemon:
        app = rig.deploy(daemon, workers=4, concurrency=4)
        load = rig.load(daemon, app, 200, "sleep 5")
        rig.settle()
        victim = busiest(app.starts())
        begin = load.note_fault()
        with slowed(victim):
            time.sleep(rig.seconds(8, 15))
        end = time.monotonic_ns()
        rig.finish()
        starts = app.starts()
    rig.expect(no_request_is_lost(load))
    rig.expect(no_request_fails(load))
    share = share_of(starts, victim, begin + 5 * NS, end)
    rig.show("share of the slow worker", f"{share:.3f}")
    if share > 0.125:
        rig.break_(f"after 5 s the slow worker still had {share:.0%} of the "
                   "traffic, more than half of a fair share")
    before = percentile_ms(load.between(begin - 4 * NS, begin), 0.99)
    slowed_down = percentile_ms(load.between(begin + 5 * NS, end), 0.99)
    rig.expect_in_time("p99 after 5 s, of that before",
                       slowed_down / max(before, 1), 2, "times")


@scenario("D3", "one of four workers fails each call at once", in_sample=True)
def failing(rig):
    # Who fails at once is never busy: by load alone it would get the most.
    ailing = rig.folder / "ailing"
    ailing.mkdir()
    with rig.daemon() as daemon:
        app = rig.deploy(daemon, workers=4, concurrency=4,
                         config={"ailing": str(ailing)})
        load = rig.load(daemon, app, 200, "sleep 5")
        rig.settle()
        begin = load.note_fault()
        (ailing / str(busiest(app.starts()))).touch()
        time.sleep(rig.seconds(4, 15))
        rig.finish()
    during = load.between(begin + NS, time.monotonic_ns())
    failed = [r for r in during if not is_good(r)]
    rig.show("failed after 1 s", f"{len(failed)} of {len(during)}")
    rig.expect(no_request_is_lost(load))
    rig.expect(requests_end_only_with(load, "500"))
    # It is asked now and then whether it is well again.
    if len(failed) > 0.1 * len(during):
        rig.break_(f"{len(failed)} of {len(during)} requests still failed "
                   "after 1 s, more than 10 %: a fair share is 25 %")


@scenario("D14", "requests that never return (an endless loop in user code)",
          in_sample=True)
def hang(rig):
    with rig.daemon("worker.hang_kill=300ms") as daemon:
        app = rig.deploy(daemon, workers=4, concurrency=4, deadline="500ms")
        load = rig.load(daemon, app, 100, "sleep 5")
        rig.settle()
        begin = load.note_fault()
        answers = []
        for _ in range(2 if not rig.is_full else 10):
            answers.append(daemon.http("POST", "/app", b"hang").status)
            time.sleep(0.5)

        hung = {start.pid for start in app.starts()
                if start.request.startswith("hang")}

        def replaced():
            return len(daemon.workers()) == 4 and not any(map(is_running,
                                                              hung))

        rig.expect_soon(replaced, "hung processes are replaced", 10)
        end = time.monotonic_ns()
        time.sleep(1)
        rig.finish()
    rig.expect(no_request_is_lost(load))
    rig.expect(requests_end_only_with(load, "502", "504"))
    rig.expect(serves_again(load, end, 1))
    # What has cost two workers is kept from a third.
    if set(answers[:2]) != {504} or not set(answers) <= {500, 504}:
        rig.break_(f"a request that hangs was answered with {answers}, not "
                   "with 504 and later with 500")
    rig.expect_in_time("all replaced within", (end - begin) / NS,
                       1.5 * len(answers) + 2, "s")


@scenario("D15", "a worker that keeps 1 MiB of each request for ever")
def leak(rig):
    # A worker is replaced for its size only once it is 2 s old, or a limit that
    # is below what it takes to start would replace it for ever. So one worker
    # must not reach the limit before, even if it gets all requests.
    limit_mib, rate = 64, 20
    with rig.daemon() as daemon:
        app = rig.deploy(daemon, workers=2, concurrency=2,
                         memory=f"{limit_mib}MiB")
        load = rig.load(daemon, app, rate, "leak 1")
        first = daemon.workers()
        rig.settle()

        def largest():
            return max(map(resident_mib, daemon.workers()), default=0)

        with Watch(largest) as memory, Watch(daemon.workers) as workers:
            load.note_fault()
            time.sleep(rig.seconds(6, 20))
        rig.finish()
    recycled = len(workers.seen - set(first))
    rig.show("recycled", recycled)
    rig.show("largest worker", f"{memory.largest:.0f} MiB")
    rig.expect(no_request_is_lost(load))
    rig.expect(no_request_fails(load))
    if recycled == 0:
        rig.break_("no worker was recycled")
    if memory.largest > 1.5 * limit_mib:
        rig.break_(f"a worker grew to {memory.largest:.0f} MiB; its limit is "
                   f"{limit_mib} MiB")


@scenario("D13 C18", "a crash-looping application beside a good one",
          in_sample=True)
def crash_loop(rig):
    workers = 4
    with rig.daemon() as daemon:
        app = rig.deploy(daemon, workers=2, concurrency=4)
        good = set(daemon.workers())
        load = rig.load(daemon, app, 100, "sleep 5")
        rig.settle()
        load.note_fault()
        rig.deploy(daemon, "looping", workers=workers, ledger=False,
                   config={"crash_after": "300ms"})
        seconds = rig.seconds(4, 20)
        with Watch(daemon.workers, 0.02) as seen:
            time.sleep(seconds)
        started = len(seen.seen - good)
        daemon.cli("delete", "looping")
        rig.finish()
    rig.show("starts of the looping workers", started)
    rig.expect(no_request_is_lost(load))
    rig.expect(no_request_fails(load))
    rig.expect(available(load, 1, "requests of the good application"))
    # A worker that lives 300 ms and never waits would start three times a
    # second; with back-off each waits 100, 200, 400 ms… in between.
    allowed = workers * (2 + 4 + seconds / 3)
    if started > allowed:
        rig.break_(f"the looping workers were started {started} times in "
                   f"{seconds:g} s, more than {allowed:.0f}")


@scenario("D13", "a release whose workers die soon after they are ready takes "
          "over from a good one")
def bad_release(rig):
    workers = 4
    with rig.daemon() as daemon:
        def status():
            return daemon.admin("GET", "/v1/applications/app").json()

        def deploy(config):
            return rig.deploy(daemon, workers=workers, concurrency=4,
                              idempotent=True, ledger=False, config=config)

        app = deploy({})
        good = status()
        load = rig.load(daemon, app, 100, "sleep 5")
        rig.settle()
        begin = load.note_fault()
        deploy({"crash_after": "300ms"})
        bad = status()

        def is_back():
            now = status()
            return (now["release"] > bad["release"]
                    and now["release_hash"] == good["release_hash"])

        rig.expect_soon(is_back, "the release before serves again", 20)
        end = time.monotonic_ns()
        time.sleep(3)
        rig.finish()
    rig.expect(no_request_is_lost(load))
    rig.expect(requests_end_only_with(load, "502", "503", "504"))
    rig.expect(serves_again(load, end + NS, 2, share=1))
    if bad["release_hash"] == good["release_hash"]:
        rig.break_("the bad release never served; the scenario shows nothing")
    rig.expect_in_time("taken back within", (end - begin) / NS, 10, "s")
