"""Many leaves and many clients."""

import pathlib
import threading
import time
import unittest

from harness import (EXAMPLES, STRATEGY, Daemon, ProcessTest, connect,
                     receive, request_bytes, wait_until, write_app)

HELLO = EXAMPLES / "hello" / "app.toml"


# What fan_out answers for 1,000 leaves: all of them, none missing, their sum.
ANSWER = b"1000 0 %d" % sum(range(1000))


def layers(folder, workers, isolation, pause="0ms"):
    """Three layers: one fan_out, and many workers of the two below it."""
    return write_app(folder, STRATEGY, {
        "fan_out": {"isolation": isolation},
        "fan_mid": {"workers": workers, "isolation": isolation},
        "leaf": {"workers": workers, "isolation": isolation}},
        deadline="60s", config={"leaf_sleep": pause})


def thread_ticks(pid):
    """{thread id: processor time used} of a process, in clock ticks."""
    found = {}
    for stat in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"):
        fields = stat.read_text().rpartition(")")[2].split()
        found[stat.parent.name] = int(fields[11]) + int(fields[12])
    return found


class LoadTest(ProcessTest):
    def test_a_thousand_leaves_with_1_and_with_64_workers(self):
        folder = self.scratch()
        for isolation in ("inline", "process"):
            for workers in (1, 64):
                with self.subTest(isolation=isolation, workers=workers), \
                        Daemon() as daemon:
                    daemon.deploy(layers(folder, workers, isolation),
                                  seconds=60)
                    for _ in range(3):
                        answer = daemon.http("POST", "/app", b"1000")
                        self.assertEqual(answer.status, 200, answer)
                        self.assertEqual(answer.body, ANSWER)

    def test_a_thousand_sleeping_leaves_on_200_workers(self):
        with Daemon() as daemon:
            daemon.deploy(layers(self.scratch(), 200, "inline", "1ms"),
                          seconds=60)
            times = []
            for _ in range(5):
                started = time.monotonic()
                answer = daemon.http("POST", "/app", b"1000")
                times.append(time.monotonic() - started)
                self.assertEqual(answer.body, ANSWER, answer)
            print(f"1,000 leaves of 1 ms on 200 workers: "
                  f"{min(times) * 1000:.1f} ms, {min(times) / 0.005:.2f} "
                  "times the ideal 5 ms, client included")

    def test_calls_into_a_backend_whose_slots_its_callers_hold(self):
        folder = self.scratch()
        for isolation in ("inline", "process"):
            with self.subTest(isolation=isolation), Daemon() as daemon:
                daemon.deploy(write_app(folder, STRATEGY, {
                    "nested": {"workers": 1, "isolation": isolation}}))
                answer = daemon.http("POST", "/app", b"9", seconds=20)
                self.assertEqual(answer.body, b"bottom 1 2 3 4 5 6 7 8 9")
                answer = daemon.http("POST", "/app", b"99", seconds=20)
                self.assertEqual(answer.status, 500, answer)

    def test_two_loops_are_both_busy_under_load(self):
        with Daemon("node.loops=2") as daemon:
            daemon.deploy(HELLO, "backend.hello.isolation=inline",
                          "backend.hello.workers=2")
            before = thread_ticks(daemon.process.pid)
            stopped = threading.Event()
            served = []

            def client():
                raw = request_bytes("POST", "/hello", b"x") * 16
                with connect(daemon.endpoints["http"]) as connection:
                    while not stopped.is_set():
                        connection.sendall(raw)
                        got = 0
                        while got < 16:
                            got += connection.recv(65536).count(b"Hello,")
                        served.append(got)

            threads = [threading.Thread(target=client) for _ in range(16)]
            for thread in threads:
                thread.start()

            def busy():
                after = thread_ticks(daemon.process.pid)
                used = sorted((ticks - before.get(t, 0)
                               for t, ticks in after.items()), reverse=True)
                return sum(used) > 100 and used

            try:
                used = wait_until(busy, "a second of work")
            finally:
                stopped.set()
                for thread in threads:
                    thread.join()
            # 16 connections: the chance that one loop got two or fewer of
            # them is below one in 200.
            self.assertGreater(used[1], used[0] / 10, used)
            self.assertTrue(served)

    def test_many_connections_come_and_go(self):
        with Daemon() as daemon:
            daemon.deploy(HELLO)
            raw = request_bytes("POST", "/hello", b"x")
            for _ in range(20):
                held = [connect(daemon.endpoints["http"]) for _ in range(50)]
                for connection in held:
                    connection.sendall(raw)
                for connection in held:
                    self.assertEqual(receive(connection).status, 200)
                    connection.close()


if __name__ == "__main__":
    unittest.main()
