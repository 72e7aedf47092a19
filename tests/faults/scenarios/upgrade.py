"""Daemons whose place another one takes."""

import time

from promises.answered import (each_answer_is_its_requests_own,
                               no_request_fails, no_request_is_lost)
from rig import scenario


def replace(rig, daemon):
    """Returns how long the upgrade took, in seconds; the old process has
    answered all that it had."""
    begun = time.monotonic()
    run, old = daemon.upgrade()
    took = time.monotonic() - begun
    if run.returncode != 0:
        raise RuntimeError(f"the upgrade failed: {run.stderr}")
    if status := old.wait(60):
        rig.break_(f"the old daemon ended with {status}")
    return took


@scenario("D20", "the daemon is replaced by a new process, again and again, "
          "under 1,000 new connections per second")
def node_upgrade(rig):
    with rig.daemon("node.shutdown_grace=4s") as daemon:
        app = rig.deploy(daemon, ledger=False, workers=2, concurrency=8)
        churn = rig.load(daemon, app, 1000, "echo",
                         headers={"Connection": "close"})
        kept = rig.load(daemon, app, 200, "3*sleep 5", "echo")
        rig.settle()
        churn.note_fault()
        times = [replace(rig, daemon)
                 for _ in range(20 if rig.is_full else 2)]
        rig.finish()
    for load in (churn, kept):
        rig.expect(no_request_is_lost(load))
        rig.expect(each_answer_is_its_requests_own(load))
        rig.expect(no_request_fails(load))
    rig.show("upgrades", len(times))
    rig.show("longest upgrade", f"{max(times):.2f} s")
