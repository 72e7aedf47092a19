"""What must hold while clients leave, releases change and things end."""

import contextlib
import resource
import subprocess
import threading
import time
import unittest

from harness import (SERVAL, STRATEGY, Daemon, ProcessTest, connect,
                     receive, request_bytes, wait_until, write_app)
from test_faults import Clients

LAYERS = ("fan_out", "fan_mid", "leaf")


class TurmoilTest(ProcessTest):
    def layers(self, isolation, **config):
        return write_app(
            self.scratch(), STRATEGY,
            {name: {"workers": 2, "concurrency": 4, "isolation": isolation}
             for name in LAYERS}, deadline="10m", config=config)

    def test_clients_that_leave_free_the_whole_tree(self):
        for isolation in ("inline", "process"):
            with self.subTest(isolation=isolation), Daemon() as daemon:
                daemon.deploy(self.layers(isolation, leaf_sleep="10m"))
                clients = [connect(daemon.endpoints["http"])
                           for _ in range(40)]
                for client in clients:
                    client.sendall(request_bytes("POST", "/app", b"20 5"))
                wait_until(lambda: daemon.metric(
                    'serval_backend_calls_in_flight{application="app",'
                    'backend="leaf"') >= 8, "all leaves are busy")
                for client in clients:
                    client.close()
                for gauge in ("serval_requests_in_flight{",
                              "serval_backend_calls_in_flight{",
                              "serval_backend_calls_waiting{"):
                    wait_until(lambda: daemon.metric(gauge) == 0,
                               lambda: daemon.admin(
                                   "GET", "/metrics").body.decode())
                daemon.deploy(self.layers(isolation, leaf_sleep="1ms"))
                answer = daemon.http("POST", "/app", b"20 5")
                self.assertEqual(answer.body, b"20 0 190", answer)

    def test_a_request_that_runs_outlives_its_application(self):
        for isolation in ("inline", "process"):
            with self.subTest(isolation=isolation), Daemon() as daemon:
                daemon.deploy(write_app(self.scratch(), STRATEGY, {
                    "sleeper": {"isolation": isolation}}))
                with connect(daemon.endpoints["http"]) as client:
                    client.sendall(request_bytes("POST", "/app", b"2000"))
                    wait_until(lambda: daemon.metric(
                        "serval_requests_in_flight{") == 1, "it runs")
                    self.assertEqual(
                        daemon.cli("delete", "app").returncode, 0)
                    answer = receive(client)
                self.assertEqual((answer.status, answer.body),
                                 (200, b"slept"))
                self.assertEqual(daemon.http("POST", "/app").status, 404)

    def test_two_deploys_in_a_row_under_load_fail_no_request(self):
        for isolation in ("inline", "process"):
            with self.subTest(isolation=isolation), Daemon() as daemon:
                def ask():
                    return daemon.http("POST", "/app", b"20 5").status

                daemon.deploy(self.layers(isolation))
                with Clients(ask) as clients:
                    for pause in ("1ms", "2ms"):
                        daemon.deploy(
                            self.layers(isolation, leaf_sleep=pause))
                    enough = len(clients.answers) + 20
                    wait_until(lambda: len(clients.answers) >= enough,
                               "requests are answered")
                self.assertEqual(set(clients.answers), {200})

    def test_inline_code_that_never_returns_cannot_keep_the_daemon(self):
        with Daemon("node.shutdown_grace=1s") as daemon:
            daemon.deploy(write_app(self.scratch(), STRATEGY, {
                "spin": {"isolation": "inline"}}))
            client = connect(daemon.endpoints["http"])
            client.sendall(request_bytes("POST", "/app", b"forever"))
            self.assertNotEqual(daemon.terminate(), 0)
            client.close()
            self.assertIn("did not stop", daemon.log_text())

    def test_too_little_memory_is_one_clear_error(self):
        with Daemon() as daemon:
            daemon.kill()
            for limit_kb in (120_000, 200_000, 300_000):
                limit = (limit_kb * 1024,) * 2
                run = subprocess.run(
                    [str(SERVAL), "node", "-c", str(daemon.config)],
                    stdin=subprocess.DEVNULL, capture_output=True, text=True,
                    timeout=60, preexec_fn=lambda: resource.setrlimit(
                        resource.RLIMIT_AS, limit))
                with self.subTest(limit_kb=limit_kb):
                    self.assertEqual(run.returncode, 1, run)
                    self.assertIn("memory", self.fails(run))


if __name__ == "__main__":
    unittest.main()
