"""The store turns out to be older than the workers that run: they serve on, and
an operator decides."""

import contextlib
import unittest

from harness import STRATEGY, Daemon, ProcessTest, wait_until, write_app
from mariadb import MariaServer, needs_mariadb
from test_faults import Clients


@needs_mariadb
class OrphansTest(ProcessTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(MariaServer())

    def setUp(self):
        self.server.sql("DROP DATABASE serval; CREATE DATABASE serval")

    def app(self, version, workers):
        return write_app(self.scratch(), STRATEGY,
                         {"process": {"workers": workers, "concurrency": 4}},
                         config={"version": version})

    def status(self, daemon):
        return daemon.admin("GET", "/v1/applications/app").json()

    def pids(self, daemon):
        return sorted(daemon.workers())

    def control_plane(self, daemon):
        return daemon.admin("GET", "/v1/node").json()["control_plane"]

    def await_role(self, daemon, role):
        wait_until(lambda: self.control_plane(daemon)["role"] == role,
                   lambda: self.control_plane(daemon))

    @contextlib.contextmanager
    def served(self, expected=(200,)):
        """A daemon with release 2 of an application, and a dump from before
        it, under load. Requests are answered only as `expected`."""
        with Daemon("node.name=n1", "http.access_log=false",
                    *self.server.settings()) as daemon:
            self.await_role(daemon, "leading")
            daemon.deploy(self.app(1, workers=2))
            self.server.dump()
            daemon.deploy(self.app(2, workers=3))
            wait_until(lambda: len(self.pids(daemon)) == 3, "release 2 serves")
            with Clients(lambda: daemon.http("POST", "/app").status) \
                    as clients:
                yield daemon, clients
                enough = len(clients.answers) + 20
                wait_until(lambda: clients.answers[enough:], "requests go on")
            self.assertLessEqual(set(clients.answers), set(expected))

    def await_orphans(self, daemon, count):
        """They are shown, and nothing else can be done about them."""
        message = f"{count} of its workers are orphans"
        wait_until(lambda: message in daemon.cli("status", "app").stdout,
                   lambda: daemon.cli("status", "app"))
        self.assertEqual(self.status(daemon)["state"], "unhealthy")
        self.fails(daemon.cli("scale", "app", "process=1"), "orphans",
                   "serval adopt app", "serval discard app")

    def decide(self, daemon, command):
        run = daemon.cli(command, "app", "--reason", "an old dump")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        wait_until(lambda: self.status(daemon)["state"] == "running",
                   lambda: self.status(daemon))
        self.assertIn("an old dump", daemon.cli("history", "app").stdout)

    def is_adopted(self, daemon, processes):
        """The workers of release 2 are the application's again."""
        self.decide(daemon, "adopt")
        self.assertEqual(self.pids(daemon), processes)
        self.assertEqual(self.status(daemon)["release"], 2)
        run = daemon.cli("scale", "app", "process=4")
        self.assertEqual(run.returncode, 0, run.stderr)
        wait_until(lambda: len(self.pids(daemon)) == 4, "there is another")
        self.assertLess(set(processes), set(self.pids(daemon)))

    def test_a_restored_store_is_noticed_and_adopting_replaces_no_process(
            self):
        with self.served() as (daemon, _):
            processes = self.pids(daemon)
            self.server.restore_dump()
            self.fails(daemon.cli("scale", "app", "process=4"), "restored")
            self.await_orphans(daemon, 3)
            self.assertEqual(self.pids(daemon), processes)
            self.is_adopted(daemon, processes)

    def test_discarded_ones_end_and_what_the_store_says_comes_up(self):
        with self.served(expected=(200, 503)) as (daemon, clients):
            processes = self.pids(daemon)
            self.server.restore_dump()
            daemon.cli("restart", "app_master", "app")
            self.await_orphans(daemon, 3)
            self.assertEqual(set(clients.answers), {200})
            self.decide(daemon, "discard")
            wait_until(lambda: not set(self.pids(daemon)) & set(processes),
                       "the orphans end")
            self.assertEqual(self.status(daemon)["release"], 1)
            self.assertEqual(len(self.pids(daemon)), 2)

    def test_an_emptied_store_leads_only_when_accepted_and_hides_nothing(self):
        with self.served() as (daemon, _):
            processes = self.pids(daemon)
            epoch = self.control_plane(daemon)["epoch"]
            self.server.sql("DROP DATABASE serval; CREATE DATABASE serval")
            wait_until(lambda: "the store is older than it was"
                       in self.control_plane(daemon)["reason"],
                       lambda: self.control_plane(daemon))
            self.fails(daemon.cli("status"), f"serval_lease to {epoch + 1}")
            self.server.sql("UPDATE serval.serval_lease "
                            f"SET epoch = {epoch + 1}")
            self.await_role(daemon, "leading")
            self.assertIn("app", daemon.cli("status").stdout)
            self.await_orphans(daemon, 3)
            self.assertEqual(self.pids(daemon), processes)
            self.is_adopted(daemon, processes)


if __name__ == "__main__":
    unittest.main()
