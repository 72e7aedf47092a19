"""Deploy, call, status, scale, update, delete: what an operator does."""

import json
import unittest

from harness import (EXAMPLES, STRATEGY, Daemon, ProcessTest, run_serval,
                     wait_until, write_app)

HELLO = EXAMPLES / "hello" / "app.toml"


class DeployTest(ProcessTest):
    def test_hello_is_deployed_called_and_deleted(self):
        with Daemon() as daemon:
            daemon.deploy(HELLO)
            answer = daemon.http("POST", "/hello", b"World")
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(answer.body, b"Hello, World!\n")
            self.assertEqual(daemon.cli("delete", "hello").returncode, 0)
            wait_until(lambda: daemon.http("POST", "/hello", b"x").status
                       == 404, "the route goes away")
            wait_until(lambda: not daemon.workers(), "its workers end")

    def test_call_writes_the_body_to_stdout_and_the_status_to_stderr(self):
        with Daemon() as daemon:
            daemon.deploy(HELLO)
            for way in ((), ("--rpc",)):
                with self.subTest(way=way):
                    run = daemon.cli("call", "hello", "--data", "World", *way)
                    self.assertEqual(run.stdout, "Hello, World!\n")
                    self.assertEqual(run.returncode, 0, run.stderr)
                    run = daemon.cli("call", "hello", "--data", "", *way)
                    self.assertNotEqual(run.returncode, 0)
                    self.assertIn("400", run.stderr)
            run = daemon.cli("call", "nobody", "--data", "x")
            self.assertNotEqual(run.returncode, 0)
            self.assertIn("nobody", run.stderr + run.stdout)

    def test_call_reads_its_data_from_a_file(self):
        file = self.scratch() / "request"
        file.write_text("file")
        with Daemon() as daemon:
            daemon.deploy(HELLO)
            run = daemon.cli("call", "hello", "--data", f"@{file}")
            self.assertEqual(run.stdout, "Hello, file!\n")
            run = daemon.cli("call", "hello", "--data", "@/no/such/file")
            self.fails(run, "/no/such/file")

    def test_overrides_reach_the_configuration(self):
        with Daemon() as daemon:
            daemon.deploy(HELLO, "config.greeting=Ahoy")
            self.assertEqual(daemon.http("POST", "/hello", b"Jo").body,
                             b"Ahoy, Jo!\n")

    def test_a_second_deploy_replaces_the_first(self):
        with Daemon() as daemon:
            daemon.deploy(HELLO)
            daemon.deploy(HELLO, "config.greeting=Ahoy")
            wait_until(lambda: daemon.http("POST", "/hello", b"Jo").body
                       == b"Ahoy, Jo!\n", "the second release serves")

    def test_status_tells_people_and_programs_the_same(self):
        with Daemon() as daemon:
            daemon.deploy(HELLO)
            table = daemon.cli("status")
            self.assertEqual(table.returncode, 0, table.stderr)
            self.assertIn("hello", table.stdout)
            run = daemon.cli("status", "--json")
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn('"hello"', json.dumps(json.loads(run.stdout)))
            self.assertNotIn("\x1b", table.stdout)

    def test_scale_changes_the_number_of_worker_processes(self):
        with Daemon() as daemon:
            daemon.deploy(HELLO)
            self.assertEqual(len(daemon.workers()), 2)
            for count in (4, 1):
                run = daemon.cli("scale", "hello", f"hello={count}")
                self.assertEqual(run.returncode, 0, run.stderr)
                wait_until(lambda: len(daemon.workers()) == count,
                           f"{count} worker processes")
                self.assertEqual(
                    daemon.http("POST", "/hello", b"you").status, 200)

    def test_bad_scales_are_refused(self):
        with Daemon() as daemon:
            daemon.deploy(HELLO)
            for bad in ("hello=0", "hello=-1", "hello=x", "hello",
                        "nobody=2"):
                run = daemon.cli("scale", "hello", bad)
                self.assertGreater(run.returncode, 0, bad)
            self.assertGreater(
                daemon.cli("scale", "nobody", "hello=2").returncode, 0)
            self.assertEqual(len(daemon.workers()), 2)

    def test_no_wait_returns_before_the_release_serves(self):
        with Daemon() as daemon:
            run = daemon.cli("deploy", HELLO, "--no-wait")
            self.assertEqual(run.returncode, 0, run.stderr)
            wait_until(lambda: daemon.http("POST", "/hello", b"x").status
                       == 200, "it serves in the end")

    def test_workers_run_outside_the_daemon_unless_inline(self):
        folder = self.scratch()
        with Daemon() as daemon:
            for isolation in ("process", "inline"):
                daemon.deploy(write_app(
                    folder, STRATEGY, {"process": {"isolation": isolation}},
                    name=isolation))
                pid = int(daemon.http("POST", f"/{isolation}", b"x").body)
                self.assertEqual(pid == daemon.process.pid,
                                 isolation == "inline")

    def test_without_a_daemon_commands_fail_at_once_and_say_so(self):
        for command in (("status",), ("deploy", HELLO),
                        ("call", "hello", "--data", "x"),
                        ("delete", "hello"), ("scale", "hello", "hello=2")):
            run = run_serval(*command, "--admin", "127.0.0.1:1", seconds=5)
            self.fails(run, "127.0.0.1:1")
            self.assertEqual(run.returncode, 3)

    def test_the_daemon_is_found_by_the_environment_too(self):
        with Daemon() as daemon:
            run = run_serval("status", env={
                "SERVAL_ADMIN": daemon.endpoints["admin"]})
            self.assertEqual(run.returncode, 0, run.stderr)


if __name__ == "__main__":
    unittest.main()
