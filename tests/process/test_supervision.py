"""Workers that fall ill, hang or start slowly, and what is said about them."""

import json
import unittest

from harness import STRATEGY, Daemon, ProcessTest, wait_until, write_app
from test_faults import Clients

WATCHED = {"health_period": "200ms", "health_timeout": "300ms",
           "health_failures": 2}


class SupervisionTest(ProcessTest):
    def status(self, daemon, app="app"):
        return daemon.admin("GET", f"/v1/applications/{app}").json()

    def workers(self, daemon, app="app"):
        return [worker for backend in self.status(daemon, app)["backends"]
                for worker in backend["workers"]]

    def decisions(self, daemon, app="app"):
        run = daemon.cli("why", app, "--json", "--last", "256")
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stdout)["decisions"]

    def is_replaced_after(self, daemon, mood, settings):
        daemon.deploy(write_app(self.scratch(), STRATEGY,
                                {"moody": WATCHED | settings}))
        self.assertEqual(daemon.http("POST", "/app", mood).status, 200)
        wait_until(lambda: [w for w in self.workers(daemon)
                            if w["restarts"] and w["state"] == "ready"],
                   lambda: self.status(daemon))
        self.assertEqual(self.status(daemon)["state"], "running")
        return next(each for each in self.decisions(daemon)
                    if each["what"] == "give it no more calls and replace it")

    def test_a_worker_whose_health_fails_is_replaced(self):
        for isolation in ("process", "inline"):
            with self.subTest(isolation=isolation), Daemon() as daemon:
                made = self.is_replaced_after(daemon, b"ill",
                                              {"isolation": isolation})
                self.assertIn("in a bad mood", made["why"])
                self.assertIn("2 of 2 failures in a row", made["why"])
                self.assertIn("worker_unhealthy", daemon.log_text())

    def test_a_worker_whose_health_check_hangs_is_replaced(self):
        with Daemon() as daemon:
            made = self.is_replaced_after(daemon, b"stuck", {})
            self.assertIn("has not returned for", made["why"])

    def test_no_request_fails_when_an_ill_worker_is_replaced(self):
        with Daemon() as daemon:
            daemon.deploy(write_app(self.scratch(), STRATEGY,
                                    {"moody": WATCHED | {"workers": 2}}))
            ill = int(daemon.http("POST", "/app", b"ill").body)
            with Clients(lambda: daemon.http("POST", "/app", b"")) as clients:
                wait_until(lambda: ill not in daemon.workers(),
                           "the ill worker is gone")
                wait_until(lambda: len(daemon.workers()) == 2,
                           "another is there")
            for answer in clients.answers:
                self.assertEqual(answer.status, 200, answer)

    def test_a_worker_that_works_is_not_taken_for_ill(self):
        with Daemon() as daemon:
            daemon.deploy(write_app(
                self.scratch(), STRATEGY,
                {"blocker": WATCHED | {"health_failures": 1}},
                deadline="60s"))
            # Longer than all its checks together may take.
            answer = daemon.http("POST", "/app", b"2000")
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual([w["restarts"] for w in self.workers(daemon)],
                             [0])

    def test_an_ill_release_fails_its_deploy(self):
        with Daemon() as daemon:
            run = daemon.cli("deploy", write_app(
                self.scratch(), STRATEGY, {"fragile": {}},
                config={"fail": "health"}))
            self.fails(run, "is not healthy", "failed in health as told")

    def test_a_start_that_hangs_inline_ends_in_time_and_says_so(self):
        with Daemon() as daemon:
            run = daemon.cli("deploy", write_app(
                self.scratch(), STRATEGY,
                {"fragile": {"isolation": "inline", "start_timeout": "500ms",
                             "start_failures": 2}},
                config={"fail": "inline"}))
            self.fails(run, "failed to start 2 times in a row",
                       "hung while it was constructed inline", "500ms")

    def test_starts_of_one_application_leave_places_for_another(self):
        folder = self.scratch()
        with Daemon("worker.starts_max=4") as daemon:
            slow = write_app(folder, STRATEGY, {"fragile": {"workers": 8}},
                             name="slow", config={"start_ms": 1500})
            daemon.cli("deploy", slow, "--no-wait")
            waits = wait_until(
                lambda: [w for w in self.workers(daemon, "slow")
                         if w["state"] == "queued"],
                lambda: self.status(daemon, "slow"))
            self.assertIn("places for 4", waits[0]["message"])
            starting = [w for w in self.workers(daemon, "slow")
                        if w["state"] == "starting"]
            self.assertLessEqual(len(starting), 2)
            daemon.deploy(write_app(folder, STRATEGY, {"echo": {}}))
            wait_until(lambda: self.status(daemon, "slow")["state"]
                       == "running", lambda: self.status(daemon, "slow"))

    def test_status_and_why_say_what_is_wrong_and_what_follows(self):
        with Daemon() as daemon:
            daemon.deploy(write_app(self.scratch(), STRATEGY,
                                    {"crash": {"workers": 2}}))
            self.assertEqual(daemon.http("POST", "/app", b"crash").status, 502)
            wait_until(lambda: [each for each in self.decisions(daemon)
                                if each["what"] == "start it again"
                                and each["about"].startswith("worker crash/")],
                       "the crash among the decisions")
            run = daemon.cli("why", "app")
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertEqual(run.stdout.splitlines()[0].split(),
                             ["AGO", "TIMES", "ABOUT", "DECIDED", "BECAUSE"])
            self.assertEqual(
                len(daemon.cli("why", "app", "--last", "1")
                    .stdout.splitlines()), 2)
            self.fails(daemon.cli("why", "nobody"), "nobody")
            self.assertEqual(daemon.cli("why", "app", "--last", "0")
                             .returncode, 2)
            shown = daemon.cli("status", "app").stdout
            self.assertRegex(shown, r"BACKEND +STATE +READY +MESSAGE")


if __name__ == "__main__":
    unittest.main()
