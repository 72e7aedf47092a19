"""Worker processes that take more and more memory."""

import unittest

from harness import PLUGINS, Daemon, ProcessTest, wait_until, write_app
from test_faults import Clients

LEAKY = PLUGINS / "leaky.so"


class MemoryTest(ProcessTest):
    def leak(self, daemon, until, what):
        """Leaks until `until()`; no request may fail meanwhile."""
        with Clients(lambda: daemon.http("POST", "/app", b"256")) as clients:
            wait_until(until, what)
        for answer in clients.answers:
            self.assertEqual(answer.status, 200, answer)

    def test_a_leaking_worker_is_replaced_and_no_request_fails(self):
        with Daemon() as daemon:
            daemon.deploy(write_app(
                self.scratch(), LEAKY,
                {"leaky": {"workers": 2, "memory": "64MiB"}}))
            first = daemon.workers()
            self.leak(daemon,
                      lambda: len(now := daemon.workers()) == 2
                      and not set(now) & set(first),
                      "both processes were replaced")
            self.assertIn("worker_outgrown", daemon.log_text())
            # It was no crash.
            self.assertNotIn("worker_died", daemon.log_text())

    def test_workers_that_share_a_process_leave_it_together(self):
        with Daemon("node.loops=1") as daemon:
            daemon.deploy(write_app(
                self.scratch(), LEAKY,
                {"leaky": {"workers": 4, "memory": "64MiB",
                           "workers_per_process": 2}}))
            first = daemon.workers()
            self.assertEqual(len(first), 2)
            self.leak(daemon, lambda: not set(daemon.workers()) & set(first),
                      "both processes were replaced")

    def test_an_allocation_that_is_far_too_large_fails_and_ends_nothing(self):
        for sandbox in ("strict", "none"):
            with self.subTest(sandbox=sandbox), Daemon() as daemon:
                daemon.deploy(write_app(
                    self.scratch(), LEAKY,
                    {"hoarder": {"memory": "64MiB", "sandbox": sandbox}}))
                workers = daemon.workers()
                answer = daemon.http("POST", "/app", b"10240")
                self.assertEqual(answer.status, 500, answer)
                answer = daemon.http("POST", "/app", b"100")
                self.assertEqual(answer.body, b"had 100")
                self.assertEqual(daemon.workers(), workers)

    def test_without_a_limit_a_worker_may_have_what_it_wants(self):
        with Daemon() as daemon:
            daemon.deploy(write_app(self.scratch(), LEAKY, {"hoarder": {}}))
            workers = daemon.workers()
            answer = daemon.http("POST", "/app", b"400")
            self.assertEqual(answer.body, b"had 400")
            self.assertEqual(daemon.workers(), workers)

    def test_the_memory_of_a_backend_is_a_metric(self):
        with Daemon() as daemon:
            daemon.deploy(write_app(self.scratch(), LEAKY, {"leaky": {}}))
            sample = 'serval_backend_memory_bytes{application="app",' \
                     'backend="leaky"}'
            before = wait_until(lambda: daemon.metric(sample), "the metric")
            daemon.http("POST", "/app", str(100 << 10))
            wait_until(lambda: daemon.metric(sample) > before + (90 << 20),
                       "the metric grows")
            daemon.cli("delete", "app")
            wait_until(lambda: not daemon.metric(sample),
                       "the metric goes with the process")


if __name__ == "__main__":
    unittest.main()
