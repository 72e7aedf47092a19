"""serval bench against a real daemon."""

import json
import unittest

from harness import EXAMPLES, Daemon, ProcessTest

HELLO = EXAMPLES / "hello" / "app.toml"
SHORT = ("--duration", "500ms", "--warm-up", "100ms")


class BenchTest(ProcessTest):
    def test_it_measures_an_application_over_http_and_rpc(self):
        with Daemon() as daemon:
            daemon.deploy(HELLO)
            for way in ((), ("--rpc",)):
                with self.subTest(way=way):
                    run = daemon.cli("bench", "hello", "--body", "x", *SHORT,
                                     *way)
                    self.assertEqual(run.returncode, 0,
                                     run.stdout + run.stderr)
                    self.assertTrue(run.stdout.strip())
                    run = daemon.cli("bench", "hello", "--body", "x",
                                     "--json", *SHORT, *way)
                    self.assertEqual(run.returncode, 0, run.stderr)
                    json.loads(run.stdout)

    def test_a_target_that_only_fails_is_a_failure(self):
        with Daemon() as daemon:
            daemon.deploy(HELLO)
            # hello refuses an empty name.
            run = daemon.cli("bench", "hello", *SHORT)
            self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
            run = daemon.cli("bench", "nobody", *SHORT)
            self.assertEqual(run.returncode, 2, run.stdout + run.stderr)
            self.assertEqual(
                daemon.http("POST", "/hello", b"x").status, 200)


if __name__ == "__main__":
    unittest.main()
