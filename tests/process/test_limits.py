"""Deadlines, overload and clients that leave, through the whole daemon."""

import threading
import unittest

from harness import (STRATEGY, Daemon, ProcessTest, connect, receive,
                     request_bytes, wait_until, write_app)


class LimitTest(ProcessTest):
    def sleeper(self, daemon, isolation, **keys):
        daemon.deploy(write_app(self.scratch(), STRATEGY, {"sleeper": {
            "isolation": isolation, "concurrency": 8}}, **keys))

    def in_flight(self, daemon):
        return daemon.metric("serval_requests_in_flight{")

    def test_a_request_ends_at_the_deadline_that_its_client_gave(self):
        for isolation in ("inline", "process"):
            with self.subTest(isolation=isolation), Daemon() as daemon:
                self.sleeper(daemon, isolation)
                answer = daemon.http("POST", "/app", b"60000",
                                     {"x-request-timeout-seconds": "0.2"})
                self.assertEqual(answer.status, 504, answer)
                wait_until(lambda: self.in_flight(daemon) == 0, "it is over")
                answer = daemon.http("POST", "/app", b"1",
                                     {"x-request-timeout-seconds": "10"})
                self.assertEqual(answer.body, b"slept")

    def test_a_request_ends_at_the_deadline_of_its_application(self):
        with Daemon() as daemon:
            self.sleeper(daemon, "process", deadline="200ms")
            self.assertEqual(
                daemon.http("POST", "/app", b"60000").status, 504)
            run = daemon.cli("call", "app", "--data", "60000", "--rpc")
            self.assertEqual(run.returncode, 1)

    def test_a_client_that_leaves_frees_what_its_request_held(self):
        for isolation in ("inline", "process"):
            with self.subTest(isolation=isolation), Daemon() as daemon:
                self.sleeper(daemon, isolation, deadline="10m")
                connection = connect(daemon.endpoints["http"])
                connection.sendall(request_bytes("POST", "/app", b"600000"))
                wait_until(lambda: self.in_flight(daemon) == 1, "it runs")
                connection.close()
                wait_until(lambda: self.in_flight(daemon) == 0, "it is over")
                self.assertEqual(
                    daemon.http("POST", "/app", b"1").status, 200)

    def test_more_than_max_requests_are_refused_at_once(self):
        with Daemon() as daemon:
            self.sleeper(daemon, "process", max_requests=2, deadline="60s")
            held = [connect(daemon.endpoints["http"]) for _ in range(2)]
            for connection in held:
                connection.sendall(request_bytes("POST", "/app", b"60000"))
            wait_until(lambda: self.in_flight(daemon) == 2, "two run")
            answer = daemon.http("POST", "/app", b"1")
            self.assertEqual(answer.status, 503, answer)
            self.assertGreater(float(answer.headers["retry-after"]), 0)
            for connection in held:
                connection.close()
            wait_until(lambda: daemon.http("POST", "/app", b"1").status
                       == 200, "there is room again")

    def test_a_full_queue_refuses_and_what_was_admitted_is_answered(self):
        with Daemon() as daemon:
            daemon.deploy(write_app(self.scratch(), STRATEGY, {
                "sleeper": {"workers": 1, "concurrency": 1, "queue": 1}}))
            answers = []
            threads = [threading.Thread(target=lambda: answers.append(
                daemon.http("POST", "/app", b"300"))) for _ in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            statuses = sorted(answer.status for answer in answers)
            self.assertEqual(len(statuses), 16)
            self.assertLessEqual(set(statuses), {200, 503}, answers)
            self.assertIn(200, statuses)
            self.assertIn(503, statuses)

    def test_methods_are_those_of_the_spec(self):
        with Daemon() as daemon:
            daemon.deploy(write_app(self.scratch(), STRATEGY, {"echo": {}},
                                    methods=["GET", "PUT"]))
            for method, status in (("GET", 200), ("PUT", 200), ("POST", 405),
                                   ("DELETE", 405)):
                answer = daemon.http(method, "/app", b"x")
                self.assertEqual(answer.status, status, answer)
            allowed = daemon.http("POST", "/app", b"").headers["allow"]
            self.assertLessEqual({"GET", "PUT"}, set(allowed.split(", ")))
            self.assertNotIn("POST", allowed)

    def test_routes_below_an_application_are_its_own_and_no_others(self):
        with Daemon() as daemon:
            folder = self.scratch()
            daemon.deploy(write_app(folder, STRATEGY, {"echo": {}},
                                    name="outer", route="/a"))
            daemon.deploy(write_app(folder, STRATEGY, {"process": {}},
                                    name="inner", route="/a/b"))
            for target, is_echo in (("/a", True), ("/a/x", True),
                                    ("/a/b", False), ("/a/b/c", False),
                                    ("/a/bc", True)):
                with self.subTest(target=target):
                    answer = daemon.http("POST", target, b"hello")
                    self.assertEqual(answer.status, 200, answer)
                    self.assertEqual(answer.body == b"hello", is_echo)
            self.assertEqual(daemon.http("POST", "/ab", b"x").status, 404)

    def test_a_connection_serves_many_requests_and_bodies_of_all_sizes(self):
        with Daemon() as daemon:
            daemon.deploy(write_app(self.scratch(), STRATEGY, {"echo": {}}))
            with connect(daemon.endpoints["http"]) as connection:
                for size in (0, 1, 65535, 65536, 65537, 1 << 20, 10 << 20, 3):
                    body = bytes(i * 7 % 251 for i in range(min(size, 997)))
                    body = (body * (size // 997 + 1))[:size]
                    connection.sendall(request_bytes("POST", "/app", body))
                    answer = receive(connection)
                    self.assertEqual(answer.status, 200, answer)
                    self.assertEqual(answer.body == body, True, size)


if __name__ == "__main__":
    unittest.main()
