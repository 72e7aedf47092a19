"""The disk of the store is full: what is refused, what goes on, what heals."""

import json
import os
import pathlib
import unittest

from harness import EXAMPLES, Daemon, ProcessTest, wait_until

HELLO = EXAMPLES / "hello" / "app.toml"
DISK = "/mnt"
MIB = 1 << 20


class SmallDisk(Daemon):
    """A daemon whose data directory is on a disk of 64 MiB, in a mount
    namespace of its own."""

    wrapper = ("unshare", "--mount", "--propagation", "private", "sh", "-c",
               f"mount -t tmpfs -o size=64m none {DISK} && exec \"$@\"", "sh")

    def __init__(self, *settings):
        super().__init__(*settings)
        self.config.write_text(self.config.read_text().replace(
            str(self.data_dir), f"{DISK}/data"))

    def inside(self, path=""):
        """The disk as it is seen from here."""
        return pathlib.Path(f"/proc/{self.process.pid}/root{DISK}", path)

    def start(self):
        # The path is known only once the process is there.
        self.launch()
        file = self.inside("data/endpoints.json")
        wait_until(lambda: self.process.poll() is not None or file.exists(),
                   self.log_tail)
        self.endpoints = json.loads(file.read_text())
        return self

    def leave(self, free):
        """Fills the disk until so many bytes are free."""
        filler = self.inside("filler")
        filler.unlink(missing_ok=True)
        disk = os.statvfs(self.inside())
        with open(filler, "wb") as file:
            os.posix_fallocate(file.fileno(), 0,
                               disk.f_bavail * disk.f_frsize - free)

    def make_room(self):
        self.inside("filler").unlink()


@unittest.skipUnless(os.geteuid() == 0, "only root may mount a small disk")
@unittest.skipUnless(pathlib.Path(DISK).is_dir(),
                     f"there is no {DISK} to mount a small disk on")
class DiskFullTest(ProcessTest):
    def test_changes_are_refused_reads_and_requests_go_on_and_it_heals(self):
        with SmallDisk() as daemon:
            daemon.deploy(HELLO)
            daemon.leave(8 * MIB)
            run = daemon.cli("deploy", HELLO, "--set", "config.greeting=Ahoy")
            self.fails(run, "room", "16 MiB")
            # What is small, and may help, still goes.
            run = daemon.cli("scale", "hello", "hello=1")
            self.assertEqual(run.returncode, 0, run.stderr)
            daemon.leave(MIB)
            for method, path, body in (
                    ("POST", "/v1/applications/hello/backends/hello/scale",
                     {"workers": 3}),
                    ("DELETE", "/v1/applications/hello", b"")):
                answer = daemon.admin(method, path, body)
                self.assertEqual(answer.status, 507, answer)
                self.assertEqual(answer.json()["code"], "store_failed")
            for path in ("/v1/applications", "/v1/applications/hello",
                         "/v1/applications/hello/history", "/readyz"):
                self.assertEqual(daemon.admin("GET", path).status, 200, path)
            self.assertEqual(daemon.http("POST", "/hello", b"Jo").body,
                             b"Hello, Jo!\n")
            daemon.make_room()
            daemon.deploy(HELLO, "config.greeting=Ahoy")
            wait_until(lambda: daemon.http("POST", "/hello", b"Jo").body
                       == b"Ahoy, Jo!\n", "the new release serves")
            self.assertEqual(daemon.cli("delete", "hello").returncode, 0)


if __name__ == "__main__":
    unittest.main()
