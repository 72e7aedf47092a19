"""Processes that die: worker processes, and the daemon itself."""

import os
import signal
import threading
import unittest

from harness import (EXAMPLES, STRATEGY, Daemon, ProcessTest, children_of,
                     full_tier_only, is_running, wait_until, write_app)

HELLO = EXAMPLES / "hello" / "app.toml"


class Clients:
    """Threads that ask without a pause, and keep what they got."""

    def __init__(self, ask, count=4):
        self.answers = []
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(ask,))
                        for _ in range(count)]

    def run(self, ask):
        while not self.stopped.is_set():
            self.answers.append(ask())

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join()


class FaultTest(ProcessTest):
    def kill_workers_under_load(self, times):
        """Kills a worker process again and again; returns {status: count}."""
        counts = {}
        with Daemon() as daemon:
            daemon.deploy(HELLO, "backend.hello.workers=4")
            with Clients(lambda: daemon.http("POST", "/hello", b"x")) \
                    as clients:
                for _ in range(times):
                    before = wait_until(
                        lambda: len(w := daemon.workers()) == 4 and w,
                        "four worker processes")
                    enough = len(clients.answers) + 20
                    wait_until(lambda: len(clients.answers) >= enough,
                               "requests are answered")
                    os.kill(before[0], signal.SIGKILL)
                    wait_until(lambda: before[0] not in daemon.workers(),
                               "the worker process is gone")
            for answer in clients.answers:
                counts[answer.status] = counts.get(answer.status, 0) + 1
                self.assertIn(answer.status, (200, 502), answer)
                if answer.status == 502:
                    self.assertIn(answer.headers.get(
                        "x-serval-maybe-executed"), ("true", "false"))
            self.assertEqual(daemon.http("POST", "/hello", b"x").status, 200)
        return counts

    def test_a_killed_worker_process_is_replaced_while_others_serve(self):
        counts = self.kill_workers_under_load(5)
        # At most the requests under way in a killed process fail.
        self.assertLessEqual(counts.get(502, 0), 5 * 4, counts)

    @full_tier_only
    def test_fifty_killed_worker_processes_are_replaced(self):
        counts = self.kill_workers_under_load(50)
        self.assertLessEqual(counts.get(502, 0), 50 * 4, counts)

    @full_tier_only
    def test_twenty_kills_of_the_daemon_lose_no_application(self):
        with Daemon() as daemon:
            for i in range(20):
                daemon.deploy(HELLO, f"config.greeting=Ahoy{i}")
                daemon.kill()
                daemon.start()
                wait_until(lambda: daemon.http("POST", "/hello", b"Jo").body
                           == b"Ahoy%d, Jo!\n" % i, "the last release is back")

    def test_a_request_that_ends_its_process_is_502_and_hurts_no_other(self):
        folder = self.scratch()
        for backend, deadly, harmless in (("crash", b"crash", b"x"),
                                          ("overflow", b"999999999", b"1")):
            with self.subTest(backend=backend), Daemon() as daemon:
                daemon.deploy(write_app(folder, STRATEGY,
                                        {backend: {"workers": 2}}))
                answer = daemon.http("POST", "/app", deadly)
                self.assertEqual(answer.status, 502, answer)
                self.assertEqual(
                    answer.headers["x-serval-maybe-executed"], "true")
                self.assertEqual(
                    daemon.http("POST", "/app", harmless).status, 200)
                wait_until(lambda: len(daemon.workers()) == 2,
                           "the worker process is replaced")

    def test_a_request_that_has_killed_two_workers_meets_no_third(self):
        with Daemon() as daemon:
            daemon.deploy(write_app(self.scratch(), STRATEGY,
                                    {"crash": {"workers": 3}}))
            for _ in range(2):
                daemon.http("POST", "/app", b"crash")
                wait_until(lambda: len(daemon.workers()) == 3,
                           "the worker process is replaced")
            workers = daemon.workers()
            answer = daemon.http("POST", "/app", b"crash")
            self.assertEqual(answer.status, 500, answer)
            self.assertEqual(answer.json()["code"], "poison")
            self.assertEqual(daemon.http("POST", "/app", b"x").status, 200)
            self.assertEqual(daemon.workers(), workers)
            self.assertIn("poison", daemon.log_text())

    def test_an_idempotent_request_survives_the_death_of_its_worker(self):
        with Daemon() as daemon:
            daemon.deploy(write_app(self.scratch(), STRATEGY, {
                "sleeper": {"workers": 2, "idempotent": True}}))
            with Clients(lambda: daemon.http("POST", "/app", b"20")) as clients:
                for _ in range(3):
                    before = wait_until(
                        lambda: len(w := daemon.workers()) == 2 and w,
                        "two worker processes")
                    enough = len(clients.answers) + 10
                    wait_until(lambda: len(clients.answers) >= enough,
                               "requests are answered")
                    os.kill(before[0], signal.SIGKILL)
                    wait_until(lambda: before[0] not in daemon.workers(),
                               "the worker process is gone")
            self.assertEqual({a.status for a in clients.answers}, {200})

    def test_a_frozen_worker_gets_no_calls_and_loses_those_that_it_has(self):
        with Daemon() as daemon:
            daemon.deploy(write_app(self.scratch(), STRATEGY, {
                "sleeper": {"workers": 3, "idempotent": True}}))
            workers = daemon.workers()
            with Clients(lambda: daemon.http("POST", "/app", b"10")) as clients:
                wait_until(lambda: len(clients.answers) > 50, "answers")
                os.kill(workers[0], signal.SIGSTOP)
                wait_until(lambda: daemon.metric(
                    "serval_backend_ejections_total"), "it is ejected")
                enough = len(clients.answers) + 50
                wait_until(lambda: len(clients.answers) >= enough,
                           "the others serve")
                os.kill(workers[0], signal.SIGCONT)
                wait_until(lambda: not daemon.metric(
                    "serval_backend_workers_ejected"), "it is back")
            self.assertEqual({a.status for a in clients.answers}, {200})
            self.assertEqual(sorted(daemon.workers()), sorted(workers))

    def test_a_release_that_keeps_dying_gives_way_to_the_one_before(self):
        with Daemon() as daemon:
            daemon.deploy(HELLO, "config.greeting=Good")
            daemon.deploy(HELLO, "config.greeting=Bad")
            killed = set()
            for _ in range(3):
                fresh = wait_until(
                    lambda: len(w := set(daemon.workers()) - killed) == 2
                    and daemon.admin("GET", "/v1/applications/hello").json()[
                        "state"] == "running" and w, "both workers run")
                for worker in fresh:
                    os.kill(worker, signal.SIGKILL)
                killed |= fresh
            wait_until(lambda: daemon.http("POST", "/hello", b"Jo").body
                       == b"Good, Jo!\n", "the good release is back")
            self.assertIn("taken back", daemon.cli("status", "hello").stdout)

    def test_an_exception_is_500_without_its_text_and_the_worker_lives(self):
        folder = self.scratch()
        for isolation in ("process", "inline"):
            with self.subTest(isolation=isolation), Daemon() as daemon:
                daemon.deploy(write_app(
                    folder, STRATEGY, {"throws": {"isolation": isolation}}))
                workers = daemon.workers()
                for request in (b"this secret", b"int", b"again"):
                    answer = daemon.http("POST", "/app", request)
                    self.assertEqual(answer.status, 500, answer)
                    self.assertNotIn(b"secret", answer.body)
                wait_until(lambda: "thrown: this secret"
                           in daemon.log_text(), "the operator can read it")
                self.assertEqual(daemon.workers(), workers)

    def test_a_rejection_is_the_status_and_the_message_for_the_client(self):
        with Daemon() as daemon:
            daemon.deploy(write_app(self.scratch(), STRATEGY,
                                    {"rejects": {}}))
            answer = daemon.http("POST", "/app", b"422 not like this")
            self.assertEqual(answer.status, 422, answer)
            self.assertIn(b"not like this", answer.body)

    def test_a_passed_deadline_is_504_and_a_hung_process_is_replaced(self):
        with Daemon("worker.hang_kill=300ms") as daemon:
            daemon.deploy(write_app(self.scratch(), STRATEGY, {"spin": {}},
                                    deadline="300ms"))
            worker, = daemon.workers()
            answer = daemon.http("POST", "/app", b"")
            self.assertEqual(answer.status, 504, answer)
            self.assertEqual(daemon.workers(), [worker])
            answer = daemon.http("POST", "/app", b"forever")
            self.assertEqual(answer.status, 504, answer)
            wait_until(lambda: (w := daemon.workers()) and w != [worker],
                       "another process takes the hung one's place")

    def test_a_hung_worker_hurts_neither_its_sibling_nor_others(self):
        folder = self.scratch()
        with Daemon("worker.hang_kill=300ms") as daemon:
            daemon.deploy(HELLO)
            daemon.deploy(write_app(folder, STRATEGY, {"spin": {"workers": 2}},
                                    deadline="300ms"))
            before = daemon.workers()
            with Clients(lambda: daemon.http("POST", "/hello", b"x")) \
                    as clients:
                answer = daemon.http("POST", "/app", b"forever")
                self.assertEqual(answer.status, 504, answer)
                wait_until(lambda: len(now := daemon.workers()) == 4
                           and now != before, "the hung process is replaced")
            self.assertEqual({a.status for a in clients.answers}, {200})
            self.assertEqual(len(set(before) - set(daemon.workers())), 1)

    def test_a_killed_daemon_takes_its_workers_with_it(self):
        with Daemon() as daemon:
            daemon.deploy(HELLO)
            workers = daemon.workers()
            self.assertEqual(len(workers), 2)
            daemon.kill()
            self.assertFalse(any(map(is_running, workers)))

    def test_applications_come_back_after_a_kill_and_a_restart(self):
        folder = self.scratch()
        with Daemon() as daemon:
            daemon.deploy(HELLO, "config.greeting=Ahoy")
            daemon.deploy(write_app(folder, STRATEGY,
                                    {"echo": {"workers": 3}}))
            daemon.cli("scale", "hello", "hello=3")
            daemon.deploy(write_app(folder, STRATEGY, {"echo": {}},
                                    name="gone"))
            self.assertEqual(daemon.cli("delete", "gone").returncode, 0)
            for end in (daemon.kill, daemon.terminate):
                end()
                daemon.start()
                wait_until(lambda: daemon.http("POST", "/hello", b"Jo").body
                           == b"Ahoy, Jo!\n", "hello is back")
                wait_until(lambda: daemon.http("POST", "/app", b"1").body
                           == b"1", "app is back")
                wait_until(lambda: len(daemon.workers()) == 6,
                           "all six worker processes are back")
                self.assertEqual(
                    daemon.http("POST", "/gone", b"1").status, 404)

    def test_sigterm_finishes_what_runs_and_exits_with_0(self):
        folder = self.scratch()
        with Daemon() as daemon:
            daemon.deploy(write_app(folder, STRATEGY, {"sleeper": {}}))
            answers = []
            client = threading.Thread(target=lambda: answers.append(
                daemon.http("POST", "/app", b"1000")))
            client.start()
            wait_until(lambda: daemon.metric("serval_requests_in_flight"),
                       "the request runs")
            workers = children_of(daemon.process.pid)
            self.assertEqual(daemon.terminate(), 0, daemon.log_tail())
            client.join()
            self.assertEqual(answers[0].status, 200, answers[0])
            self.assertFalse(any(map(is_running, workers)))


if __name__ == "__main__":
    unittest.main()
