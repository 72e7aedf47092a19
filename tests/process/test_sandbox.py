"""What a hostile plugin may do: in the sandbox nothing, without it a lot."""

import os
import subprocess
import unittest

from harness import PLUGINS, Daemon, ProcessTest, is_running, wait_until, \
    write_app

HOSTILE = PLUGINS / "hostile.so"

# In the environment that the daemon is started with.
SECRET = "PAYMENT_PASSWORD"


class SandboxTest(ProcessTest):
    def setUp(self):
        self.folder = self.scratch()
        self.readable = self.folder / "readable"
        self.readable.mkdir()
        self.inside = self.readable / "inside"
        self.inside.write_text("to be read")
        self.outside = self.folder / "outside"
        self.outside.write_text("not to be read")
        (self.readable / "link").symlink_to(self.outside)
        os.environ[SECRET] = "canary"
        self.addCleanup(os.environ.pop, SECRET)
        self.victim = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(self.victim.wait)
        self.addCleanup(self.victim.kill)

    def deploy(self, daemon, **keys):
        daemon.deploy(write_app(self.folder, HOSTILE, {"hostile": {
            "read": ["${data}"], "config": {"data": str(self.readable)}}
            | keys}))

    def attempt(self, daemon, what, argument=""):
        answer = daemon.http("POST", "/app", f"{what} {argument}".strip())
        self.assertEqual(answer.status, 200, answer)
        return answer.body.decode()

    def attempts(self, daemon):
        """(attempt, argument, what a strict sandbox answers)."""
        port = daemon.endpoints["http"].rpartition(":")[2]
        new = self.readable / "new"
        return (
            ("at_load", "", "EPERM"),
            ("environment", SECRET, "ENOENT"),
            ("socket", "", "EPERM"),
            ("socketpair", "", "EPERM"),
            ("connect", port, "EPERM"),
            ("read", self.outside, "EACCES"),
            ("read", self.readable / "link", "EACCES"),
            ("read", self.readable / ".." / "outside", "EACCES"),
            ("read", "/etc/shadow", "EACCES"),
            ("read", daemon.config, "EACCES"),
            ("read", f"/proc/{daemon.process.pid}/environ", "EACCES"),
            ("list", daemon.data_dir, "EACCES"),
            ("write", self.inside, "EACCES"),
            ("create", new, "EACCES"),
            ("mkdir", self.readable / "folder", "EPERM"),
            ("rename", self.readable / "link", "EPERM"),
            ("chmod", self.inside, "EPERM"),
            ("truncate", self.inside, "EPERM"),
            ("remove", self.inside, "EPERM"),
            ("memfd", "", "EPERM"),
            ("fork", "", "EPERM"),
            ("ptrace", self.victim.pid, "EPERM"),
            ("kill", self.victim.pid, "EPERM"),
            ("leave_group", "", "EPERM"),
            ("unshare", "", "EPERM"),
            ("shared_memory", 1 << 20, "EPERM"),
            ("log_position", "", "EPERM"),
            ("log_copy", "", "EPERM"),
            ("log_flags", "", "EPERM"),
        )

    def test_the_sandbox_denies_each_attempt_and_the_next_call_is_served(self):
        with Daemon() as daemon:
            self.deploy(daemon)
            workers = daemon.workers()
            for what, argument, answer in self.attempts(daemon):
                with self.subTest(what=what, argument=argument):
                    self.assertEqual(self.attempt(daemon, what, argument),
                                     answer)
            for what in ("exec /bin/true", "perf", "limits",
                         f"kill {daemon.process.pid}",
                         f"ptrace {daemon.process.pid}"):
                with self.subTest(what=what):
                    self.assertEqual(self.attempt(daemon, what), "EPERM")
            self.assertEqual(self.attempt(daemon, "read", self.inside), "done")
            self.assertTrue(is_running(self.victim.pid))
            self.assertEqual(self.inside.read_text(), "to be read")
            self.assertEqual(daemon.workers(), workers)

    def test_the_sandbox_allows_what_honest_code_needs(self):
        with Daemon() as daemon:
            self.deploy(daemon)
            for what in (f"read {self.inside}", f"list {self.readable}",
                         "read /etc/ld.so.cache", "read /proc/self/status",
                         "list /usr/share", "read /dev/urandom", "thread",
                         f"memory {1 << 28}"):
                with self.subTest(what=what):
                    self.assertEqual(self.attempt(daemon, what), "done")

    def test_without_a_sandbox_each_attempt_succeeds(self):
        with Daemon() as daemon:
            self.deploy(daemon, sandbox="none")
            for what, argument, _ in self.attempts(daemon):
                with self.subTest(what=what, argument=argument):
                    self.assertEqual(self.attempt(daemon, what, argument),
                                     "done")
            self.assertNotEqual(self.victim.wait(), 0)
            self.assertFalse(self.inside.exists())

    def test_garbage_to_all_descriptors_costs_the_process_alone(self):
        for sandbox in ("strict", "none"):
            with self.subTest(sandbox=sandbox), Daemon() as daemon:
                self.deploy(daemon, sandbox=sandbox)
                worker, = daemon.workers()
                answer = daemon.http("POST", "/app", "write_fds")
                self.assertEqual(answer.status, 502, answer)
                wait_until(lambda: daemon.http("POST", "/app", "thread").body
                           == b"done", "the next call is served")
                self.assertNotIn(worker, daemon.workers())

    def test_a_path_to_read_that_does_not_exist_fails_the_deploy(self):
        gone = self.folder / "gone"
        with Daemon() as daemon:
            file = write_app(self.folder, HOSTILE,
                             {"hostile": {"read": [str(gone)]}})
            self.fails(daemon.cli("deploy", file), str(gone),
                       "no such file")


if __name__ == "__main__":
    unittest.main()
