"""Overload, slow clients and short resources: who is refused, who is served."""

import contextlib
import os
import pathlib
import resource
import socket
import threading
import unittest

from harness import (STRATEGY, Daemon, ProcessTest, connect, receive,
                     request_bytes, wait_until, write_app)

LOW = {"x-request-priority": "low"}


def connect_from(source, address):
    """A connection to `host:port` from another loopback address."""
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=30,
                                    source_address=(source, 0))


class OverloadTest(ProcessTest):
    def deploy(self, daemon, backend, settings=None, **keys):
        daemon.deploy(write_app(self.scratch(), STRATEGY,
                                {backend: settings or {}}, **keys))

    def hold(self, daemon, count, headers=None):
        """Requests that last until they are closed."""
        held = []
        for _ in range(count):
            held.append(connect(daemon.endpoints["http"]))
            held[-1].sendall(request_bytes("POST", "/app", b"600000", headers))
        return held

    def test_places_are_kept_for_high_priority(self):
        with Daemon() as daemon:
            self.deploy(daemon, "sleeper", {"concurrency": 16},
                        max_requests=8, deadline="10m")
            held = self.hold(daemon, 6, LOW)
            wait_until(lambda: daemon.metric("serval_requests_in_flight{")
                       == 6, "six of low priority run")
            low = daemon.http("POST", "/app", b"1", LOW)
            self.assertEqual(low.status, 503, low)
            self.assertGreaterEqual(int(low.headers["retry-after"]), 1)
            self.assertEqual(daemon.http("POST", "/app", b"1").status, 200)
            for connection in held:
                connection.close()
            wait_until(lambda: daemon.http("POST", "/app", b"1", LOW).status
                       == 200, "there is room again")

    def test_what_cannot_be_answered_in_time_is_refused_at_once(self):
        for isolation in ("inline", "process"):
            with self.subTest(isolation=isolation), Daemon() as daemon:
                self.deploy(daemon, "sleeper", {"isolation": isolation},
                            deadline="10m")
                # The daemon learns that a call takes 100 ms.
                for _ in range(5):
                    daemon.http("POST", "/app", b"100")
                held = self.hold(daemon, 20)
                wait_until(lambda: daemon.metric("serval_requests_in_flight{")
                           == 20, "many wait")
                answer = daemon.http("POST", "/app", b"100",
                                     {"x-request-timeout-seconds": "0.2"})
                self.assertEqual(answer.status, 503, answer)
                self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)
                with connect(daemon.endpoints["http"]) as patient:
                    patient.sendall(request_bytes("POST", "/app", b"1"))
                    wait_until(lambda: daemon.metric(
                        "serval_requests_in_flight{") == 21, "it waits")
                    for connection in held:
                        connection.close()
                    self.assertEqual(receive(patient).status, 200)

    def test_a_slow_loris_leaves_room_for_others(self):
        with Daemon("http.connections_max=40", "node.loops=1",
                    "http.head_timeout=10m") as daemon:
            self.deploy(daemon, "echo")
            address = daemon.endpoints["http"]
            clients = []
            for _ in range(60):
                clients.append(connect_from("127.0.0.9", address))
                clients[-1].sendall(b"POST /app HT")
            wait_until(lambda: daemon.metric(
                'serval_connections_shed_total{loop="0",reason="address"')
                >= 40, "half of the connections is all it gets")
            self.assertEqual(daemon.http("POST", "/app", b"x").body, b"x")
            for client in clients:
                client.close()

    def test_a_body_that_dribbles_is_cut_with_408(self):
        with Daemon("http.body_timeout=200ms") as daemon:
            self.deploy(daemon, "echo")
            with connect(daemon.endpoints["http"]) as client:
                head = request_bytes("POST", "/app", b"", {
                    "Content-Length": "1000000"})
                client.sendall(head)
                answers = []
                reader = threading.Thread(
                    target=lambda: answers.append(receive(client)))
                reader.start()
                with contextlib.suppress(OSError):
                    while not answers:
                        client.sendall(b"x")
                        reader.join(0.02)
                reader.join()
                self.assertEqual(answers[0].status, 408)

    def test_without_descriptors_connections_are_shed_and_others_served(self):
        with Daemon("node.loops=1") as daemon:
            self.deploy(daemon, "echo")
            pid = daemon.process.pid
            with connect(daemon.endpoints["http"]) as good, \
                    connect(daemon.endpoints["admin"]) as admin:
                def ask():
                    good.sendall(request_bytes("POST", "/app", b"x"))
                    return receive(good).status

                self.assertEqual(ask(), 200)
                used = len(os.listdir(f"/proc/{pid}/fd"))
                before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
                resource.prlimit(pid, resource.RLIMIT_NOFILE,
                                 (used + 4, before[1]))
                clients = [connect(daemon.endpoints["http"])
                           for _ in range(50)]

                def shed():
                    admin.sendall(request_bytes("GET", "/metrics"))
                    lines = receive(admin).body.decode().splitlines()
                    return sum(float(line.split()[-1]) for line in lines
                               if line.startswith(
                                   "serval_connections_shed_total{")
                               and "descriptors" in line)

                wait_until(lambda: shed() >= 40, "new connections are shed")
                self.assertEqual(ask(), 200)
                resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
                for client in clients:
                    client.close()
            wait_until(lambda: daemon.http("POST", "/app", b"x").status
                       == 200, "new connections are served again")

    def test_a_log_that_cannot_be_written_costs_lines_only(self):
        with Daemon("log.file=/dev/full") as daemon:
            self.deploy(daemon, "echo")
            for _ in range(20):
                self.assertEqual(daemon.http("POST", "/app", b"x").status, 200)
            wait_until(lambda: daemon.metric(
                'serval_log_lines_lost_total{reason="unwritable"}') >= 20,
                "lost lines are counted")

    def test_inline_code_that_holds_a_loop_is_named(self):
        with Daemon() as daemon:
            self.deploy(daemon, "blocker", {"isolation": "inline"})
            wait_until(lambda: daemon.http("POST", "/app", b"400").body
                       == b"blocked" and daemon.metric(
                           'serval_loop_held_seconds_total{application="app",'
                           'backend="blocker"}') > 0, "the hold is counted")
            wait_until(lambda: "inline code of app/blocker"
                       in daemon.log_text(), "the log names it")

    def test_memory_stays_below_its_bound_while_bodies_pile_up(self):
        bound = 160 << 20
        # Between two looks at the memory in use some may come on top.
        excess = 40 << 20
        with Daemon("node.memory_max=160MiB", "node.loops=1",
                    "http.body_timeout=10m") as daemon:
            self.deploy(daemon, "sleeper", {"concurrency": 64},
                        deadline="10m")
            clients = []

            def pile_up():
                """Another complete body of 4 MiB that stays in the daemon."""
                client = connect(daemon.endpoints["http"])
                clients.append(client)
                body = b"600000" + b" " * ((4 << 20) - 6)
                with contextlib.suppress(OSError):
                    client.sendall(request_bytes("POST", "/app", body))
                return daemon.metric("serval_memory_stage") >= 3

            wait_until(pile_up, "all is refused")
            status = pathlib.Path(f"/proc/{daemon.process.pid}/status")
            peak = next(int(line.split()[1]) << 10
                        for line in status.read_text().splitlines()
                        if line.startswith("VmHWM"))
            self.assertLess(peak, bound + excess)
            # A reset may overtake the answer to a connection that is shed.
            self.assertIn(daemon.http("POST", "/app", b"1").status, (503, 0))
            self.assertEqual(daemon.admin("GET", "/healthz").status, 200)
            for client in clients:
                client.close()
            wait_until(lambda: daemon.metric("serval_memory_stage") == 0,
                       "memory goes back")
            self.assertEqual(daemon.http("POST", "/app", b"1").status, 200)


if __name__ == "__main__":
    unittest.main()
