"""The app_master of an application ends and another takes its place."""

import os
import signal
import threading
import unittest

from harness import STRATEGY, Daemon, ProcessTest, wait_until, write_app
from mariadb import MariaServer, needs_mariadb
from test_faults import Clients


class AppMasterTest(ProcessTest):
    def pids(self, daemon):
        status = daemon.admin("GET", "/v1/applications/app").json()
        return sorted((worker["id"], worker["pid"])
                      for backend in status["backends"]
                      for worker in backend["workers"])

    def app(self, **keys):
        return write_app(self.scratch(), STRATEGY,
                         {name: {"workers": 2, "concurrency": 4}
                          for name in ("fan_out", "fan_mid", "leaf")},
                         deadline="10s", **keys)

    def test_a_restart_at_any_moment_fails_no_request_and_keeps_the_processes(
            self):
        with Daemon() as daemon:
            daemon.deploy(self.app())
            before = self.pids(daemon)

            def ask():
                return daemon.http("POST", "/app", b"20 5").status

            with Clients(ask) as clients:
                for _ in range(30):
                    run = daemon.admin(
                        "POST", "/v1/applications/app/app_master/restart")
                    self.assertEqual(run.status, 200, run)
                    self.assertEqual(run.json()["state"], "running", run)
                enough = len(clients.answers) + 20
                wait_until(lambda: len(clients.answers) >= enough,
                           "requests are answered")
            self.assertEqual(set(clients.answers), {200})
            self.assertEqual(self.pids(daemon), before)

    def test_a_new_app_master_watches_the_workers_that_it_found(self):
        with Daemon() as daemon:
            daemon.deploy(self.app())
            run = daemon.cli("restart", "app_master", "app", "--reason", "why")
            self.assertEqual(run.returncode, 0, run)
            self.assertIn("restarted", run.stdout)
            before = self.pids(daemon)
            victim = before[0][1]
            os.kill(victim, signal.SIGKILL)
            wait_until(lambda: victim not in
                       [pid for _, pid in self.pids(daemon)]
                       and daemon.admin("GET", "/v1/applications/app")
                       .json()["state"] == "running",
                       lambda: self.pids(daemon))
            after = self.pids(daemon)
            self.assertEqual([id for id, _ in after], [id for id, _ in before])
            self.fails(daemon.cli("restart", "app_master", "nobody"),
                       "no application")

    def test_a_rollout_goes_on_and_a_command_is_carried_out_once(self):
        with Daemon() as daemon:
            daemon.deploy(self.app())
            over = threading.Event()

            def restart_again_and_again():
                while not over.is_set():
                    daemon.admin("POST",
                                 "/v1/applications/app/app_master/restart")

            def ask():
                return daemon.http("POST", "/app", b"20 5").status

            restarts = threading.Thread(target=restart_again_and_again)
            with Clients(ask) as clients:
                restarts.start()
                try:
                    for workers in (4, 2, 3):
                        self.scale(daemon, workers)
                finally:
                    over.set()
                    restarts.join()
                daemon.deploy(self.app(config={"leaf_sleep": "1ms"}))
            self.assertEqual(set(clients.answers), {200})
            status = daemon.admin("GET", "/v1/applications/app").json()
            self.assertEqual(status["release"], 2)

    def test_a_command_that_changed_nothing_is_not_carried_out_later(self):
        with Daemon() as daemon:
            daemon.deploy(self.app())

            def scale(workers, operation):
                answer = daemon.admin(
                    "POST", "/v1/applications/app/backends/leaf/scale",
                    {"workers": workers}, {"x-operation-id": operation})
                self.assertEqual(answer.status, 202, answer)

            scale(2, "as-it-is")
            scale(3, "one-more")
            scale(2, "as-it-is")
            changes = daemon.admin("GET", "/v1/applications/app/history") \
                .json()["changes"]
            self.assertEqual(
                [(change["operation_id"], change["change"])
                 for change in changes if change["change"] != "release_promoted"
                 ][1:],
                [("as-it-is", "nothing_changed"),
                 ("one-more", "workers_scaled")])

    def test_only_orphans_can_be_adopted_or_discarded(self):
        with Daemon() as daemon:
            daemon.deploy(self.app())
            before = self.pids(daemon)
            for command in ("adopt", "discard"):
                self.fails(daemon.cli(command, "app"), "has no orphans")
                self.fails(daemon.cli(command, "nobody"), "no application")
            self.assertEqual(self.pids(daemon), before)

    def test_the_next_one_tells_what_the_one_before_decided(self):
        def decided(daemon):
            answer = daemon.admin("GET", "/v1/applications/app/decisions")
            return [each["what"] for each in answer.json()["decisions"]]

        with Daemon() as daemon:
            daemon.deploy(self.app())
            before = decided(daemon)
            daemon.cli("restart", "app_master", "app")
            after = decided(daemon)
            self.assertEqual(after[:len(before)], before)
            self.assertIn("keep 6 workers as they are", after[len(before):])
            self.assertIn("let it serve", daemon.cli("why", "app").stdout)

    def scale(self, daemon, workers):
        def accepted():
            answer = daemon.admin(
                "POST", "/v1/applications/app/backends/leaf/scale",
                {"workers": workers}, {"x-operation-id": f"to-{workers}"})
            if answer.status == 503:
                self.assertIn("retry-after", answer.headers)
                return False
            self.assertEqual(answer.status, 202, answer)
            return True

        def there():
            answer = daemon.admin("GET", "/v1/applications/app")
            if answer.status != 200:
                return False
            leaf = next(each for each in answer.json()["backends"]
                        if each["name"] == "leaf")
            return len(leaf["workers"]) == workers == leaf["ready"]

        wait_until(accepted, "the command is accepted")
        wait_until(there, f"there are {workers} leaves")


@needs_mariadb
class UnreadableJournalTest(ProcessTest):
    """An app_master that fails by itself: its journal was damaged."""

    def test_it_is_given_up_in_the_end_and_all_the_while_its_workers_serve(
            self):
        with MariaServer() as server, \
                Daemon("http.access_log=false", *server.settings()) as daemon:
            wait_until(lambda: daemon.metric("serval_leading") == 1, "it leads")
            daemon.deploy(write_app(self.scratch(), STRATEGY,
                                    {"process": {"workers": 2}}))
            processes = sorted(daemon.workers())
            with Clients(lambda: daemon.http("POST", "/app").status) \
                    as clients:
                server.dump()
                server.sql("UPDATE serval.serval_entries "
                           "SET record = REPLACE(record, 'workers', 'w0rkers')")
                daemon.cli("restart", "app_master", "app")
                wait_until(lambda: "has failed 5 times"
                           in daemon.cli("status", "app").stderr,
                           lambda: daemon.cli("status", "app"))
                for words in (["status", "app"], ["why", "app"],
                              ["scale", "app", "process=3"]):
                    self.fails(daemon.cli(*words), "its workers serve on",
                               "serval restart app_master app")
                self.assertIn("unhealthy", daemon.cli("status").stdout)
                self.assertEqual(daemon.log_text().count("has failed"), 5)
                server.restore_dump()
                run = daemon.cli("restart", "app_master", "app")
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertIn("running", daemon.cli("status", "app").stdout)
                self.assertIn("the one before it failed",
                              daemon.cli("why", "app").stdout)
                enough = len(clients.answers) + 20
                wait_until(lambda: clients.answers[enough:], "requests go on")
            self.assertEqual(set(clients.answers), {200})
            self.assertEqual(sorted(daemon.workers()), processes)
            run = daemon.cli("scale", "app", "process=3")
            self.assertEqual(run.returncode, 0, run.stderr)


if __name__ == "__main__":
    unittest.main()
