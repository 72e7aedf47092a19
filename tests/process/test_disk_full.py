"""The disk of the store is full: what is refused, what goes on, what heals."""

import os
import pathlib
import subprocess
import unittest

from harness import EXAMPLES, Daemon, ProcessTest, wait_until

HELLO = EXAMPLES / "hello" / "app.toml"
DISK = "/mnt"
MIB = 1 << 20


class SmallDisk:
    """64 MiB, in a mount namespace that lasts as long as this; a context
    manager."""

    def __enter__(self):
        self.holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c",
             f"mount -t tmpfs -o size=64m none {DISK} && echo mounted "
             "&& exec sleep infinity"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "mounted\n":
            raise AssertionError("the small disk is not there")
        return self

    def __exit__(self, *_):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()

    def inside(self, path=""):
        """The disk as it is seen from here."""
        return pathlib.Path(f"/proc/{self.holder.pid}/root{DISK}", path)

    def leave(self, free):
        """Fills the disk until so many bytes are free."""
        self.make_room()
        disk = os.statvfs(self.inside())
        with open(self.inside("filler"), "wb") as file:
            os.posix_fallocate(file.fileno(), 0,
                               disk.f_bavail * disk.f_frsize - free)

    def make_room(self):
        self.inside("filler").unlink(missing_ok=True)

    def daemon(self):
        """One whose data directory is on it."""
        daemon = Daemon(data_dir=self.inside("data"))
        daemon.config.write_text(daemon.config.read_text().replace(
            str(daemon.data_dir), f"{DISK}/data"))
        daemon.wrapper = ("nsenter", "--mount", "--target",
                          str(self.holder.pid), "--")
        return daemon


@unittest.skipUnless(os.geteuid() == 0, "only root may mount a small disk")
@unittest.skipUnless(pathlib.Path(DISK).is_dir(),
                     f"there is no {DISK} to mount a small disk on")
class DiskFullTest(ProcessTest):
    def test_changes_are_refused_reads_and_requests_go_on_and_it_heals(self):
        with SmallDisk() as disk, disk.daemon() as daemon:
            daemon.deploy(HELLO)
            disk.leave(8 * MIB)
            run = daemon.cli("deploy", HELLO, "--set", "config.greeting=Ahoy")
            self.fails(run, "room", "16 MiB")
            # What is small, and may help, still goes.
            run = daemon.cli("scale", "hello", "hello=1")
            self.assertEqual(run.returncode, 0, run.stderr)
            # The reserve lets it go on when others have filled the disk.
            reserve = disk.inside("data/store/reserve")
            self.assertEqual(reserve.stat().st_size, 16 * MIB)
            disk.leave(MIB)
            self.fails(daemon.cli("deploy", HELLO, "--set",
                                  "config.greeting=Ahoy"), "room")
            run = daemon.cli("scale", "hello", "hello=2")
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertFalse(reserve.exists())
            # And no release takes what it has given up.
            self.fails(daemon.cli("deploy", HELLO, "--set",
                                  "config.greeting=Ahoy"), "room")
            disk.leave(MIB)
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
            disk.make_room()
            daemon.deploy(HELLO, "config.greeting=Ahoy")
            wait_until(lambda: daemon.http("POST", "/hello", b"Jo").body
                       == b"Ahoy, Jo!\n", "the new release serves")
            self.assertEqual(daemon.cli("delete", "hello").returncode, 0)
            self.assertEqual(reserve.stat().st_size, 16 * MIB)

    def test_a_daemon_starts_on_a_disk_that_others_have_filled(self):
        with SmallDisk() as disk, disk.daemon() as daemon:
            daemon.deploy(HELLO)
            daemon.terminate()
            disk.leave(64 << 10)
            daemon.start()
            wait_until(lambda: daemon.http("POST", "/hello", b"Jo").status
                       == 200, "the application serves again")
            self.assertEqual(daemon.cli("delete", "hello").returncode, 0)


if __name__ == "__main__":
    unittest.main()
