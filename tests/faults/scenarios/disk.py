"""A disk without room."""

import os
import pathlib
import time

from harness import Daemon
from promises.answered import (each_answer_is_its_requests_own,
                               no_request_fails, no_request_is_lost)
from rig import Skipped, scenario

LOG_FOLDER = "/mnt"


class SmallLogDisk(Daemon):
    """A daemon whose log is on a disk of 1 MiB, in a mount namespace."""

    wrapper = ("unshare", "--mount", "--propagation", "private", "sh", "-c",
               f"mount -t tmpfs -o size=1m none {LOG_FOLDER} && "
               'exec "$@"', "sh")

    def log_disk(self):
        return pathlib.Path(f"/proc/{self.process.pid}/root{LOG_FOLDER}")


@scenario("D11", "the disk with the log and the access log is full")
def log_disk_full(rig):
    if os.geteuid() != 0:
        raise Skipped("only root may mount a small disk")
    if not pathlib.Path(LOG_FOLDER).is_dir():
        raise Skipped(f"there is no {LOG_FOLDER} to mount a small disk on")
    with rig.daemon("http.access_log=true",
                    f"log.file={LOG_FOLDER}/serval.log",
                    kind=SmallLogDisk) as daemon:
        app = rig.deploy(daemon, workers=2, concurrency=8)
        load = rig.load(daemon, app, 200, "sleep 5")
        rig.settle()
        log = daemon.log_disk() / "serval.log"
        before = log.stat().st_size
        load.note_fault()
        filler = daemon.log_disk() / "filler"
        free = os.statvfs(daemon.log_disk())
        filler.write_bytes(bytes(free.f_bavail * free.f_bsize))
        time.sleep(rig.seconds(3, 15))
        full = log.stat().st_size
        filler.unlink()
        time.sleep(3)
        after = log.stat().st_size
        rig.finish()
    rig.show("log before, full, after", f"{before}, {full}, {after} bytes")
    rig.expect(no_request_is_lost(load))
    rig.expect(no_request_fails(load))
    rig.expect(each_answer_is_its_requests_own(load))
    if before == 0:
        rig.break_("nothing was logged before; the scenario shows nothing")
    if after <= full:
        rig.break_("nothing was logged when there was room again")
