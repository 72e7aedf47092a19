"""Daemons that keep their control plane in a MariaDB database: who leads, and
what happens when the leader or the database is away."""

import contextlib
import signal
import unittest

from certificates import Authority
from harness import STRATEGY, Daemon, ProcessTest, is_running, run_serval, \
    wait_until, write_app
from mariadb import MariaServer, needs_mariadb
from test_faults import Clients


@needs_mariadb
class LeaderTest(ProcessTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(MariaServer())

    def setUp(self):
        self.server.sql("DROP DATABASE serval; CREATE DATABASE serval")

    def node(self, name, **options):
        return Daemon(f"node.name={name}", "http.access_log=false",
                      *self.server.settings(), **options)

    def app(self):
        return write_app(self.scratch(), STRATEGY, {"process": {"workers": 2}})

    def control_plane(self, daemon):
        return daemon.admin("GET", "/v1/node").json()["control_plane"]

    def wait_for(self, daemon, **expected):
        """Waits until the daemon says this of its control plane."""
        def fits():
            said = self.control_plane(daemon)
            return said if expected.items() <= said.items() else None
        return wait_until(fits, lambda: (expected, self.control_plane(daemon)))

    def pids(self, daemon):
        status = daemon.admin("GET", "/v1/applications/app").json()
        return sorted((worker["id"], worker["pid"])
                      for backend in status["backends"]
                      for worker in backend["workers"])

    def refused(self, daemon, *words):
        """A command is answered 503, in these words."""
        answer = daemon.admin("GET", "/v1/applications")
        self.assertEqual(answer.status, 503, answer)
        self.assertIn("retry-after", answer.headers)
        for word in words:
            self.assertIn(word, answer.json()["detail"])
        return answer

    def test_an_application_is_there_again_after_its_daemon_was_killed(self):
        with self.node("n1") as daemon:
            self.wait_for(daemon, role="leading", leader="n1")
            daemon.deploy(self.app())
            before = self.control_plane(daemon)["epoch"]
            daemon.kill()
            daemon.start()
            after = self.wait_for(daemon, role="leading")
            self.assertGreater(after["epoch"], before)
            wait_until(lambda: daemon.http("POST", "/app").status == 200,
                       "the application serves again")
            self.assertEqual(daemon.admin("GET", "/readyz").status, 200)
            self.assertEqual(daemon.metric("serval_leading"), 1)
            self.assertEqual(daemon.metric("serval_leader_epoch"),
                             after["epoch"])

    def test_a_second_daemon_follows_and_leads_when_the_first_is_killed(self):
        with self.node("n1") as first, self.node("n2") as second:
            self.wait_for(first, role="leading")
            self.wait_for(second, role="following", leader="n1",
                          leader_admin=first.endpoints["admin"])
            self.refused(second, '"n1"', first.endpoints["admin"])
            said = second.cli("status")
            self.assertNotEqual(said.returncode, 0)
            self.assertIn('"n1"', said.stderr)
            self.assertEqual(second.metric("serval_leading"), 0)
            first.deploy(self.app())
            first.kill()
            self.wait_for(second, role="leading", leader="n2")
            listed = second.admin("GET", "/v1/applications").json()
            self.assertEqual([app["name"] for app in listed["applications"]],
                             ["app"])

    def test_a_leader_that_stops_leaves_the_lease_to_others(self):
        with Daemon("node.name=n1", *self.server.settings("1h")) as first, \
                Daemon("node.name=n2", *self.server.settings("1h")) as second:
            self.wait_for(first, role="leading")
            self.wait_for(second, role="following", leader="n1")
            self.assertEqual(first.terminate(), 0)
            self.wait_for(second, role="leading")

    def test_a_leader_that_was_frozen_beyond_its_lease_ceases_to_lead(self):
        with self.node("n1") as first, self.node("n2") as second:
            self.wait_for(first, role="leading")
            self.wait_for(second, role="following", leader="n1")
            first.deploy(self.app())
            before = self.pids(first)
            first.process.send_signal(signal.SIGSTOP)
            with contextlib.ExitStack() as thaw:
                thaw.callback(first.process.send_signal, signal.SIGCONT)
                led = self.wait_for(second, role="leading")
            self.wait_for(first, role="following", leader="n2",
                          epoch=led["epoch"])
            self.refused(first, '"n2"')
            # What it started serves on.
            for _, pid in before:
                self.assertTrue(is_running(pid))
            self.assertEqual(first.http("POST", "/app").status, 200)
            self.assertEqual(self.control_plane(second)["role"], "leading")

    def test_requests_do_not_notice_that_the_database_is_away(self):
        with self.node("n1") as daemon:
            self.wait_for(daemon, role="leading")
            daemon.deploy(self.app())
            before = self.pids(daemon)
            epoch = self.control_plane(daemon)["epoch"]
            with Clients(lambda: daemon.http("POST", "/app").status) \
                    as clients:
                with self.server.frozen():
                    self.wait_for(daemon, role="following")
                    self.refused(daemon, "the store does not answer")
                    wait_until(lambda: "database" in self.control_plane(
                        daemon)["reason"], "the database's own error")
                    self.assertEqual(daemon.admin("GET", "/readyz").status,
                                     200)
                self.wait_for(daemon, role="leading")
                enough = len(clients.answers) + 20
                wait_until(lambda: len(clients.answers) >= enough,
                           "requests are answered")
            self.assertEqual(set(clients.answers), {200})
            self.assertEqual(self.pids(daemon), before)
            self.assertGreater(self.control_plane(daemon)["epoch"], epoch)
            run = daemon.cli("scale", "app", "process=3")
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_a_daemon_starts_without_its_database_and_leads_when_it_is_back(
            self):
        self.server.kill()
        self.addCleanup(lambda: self.server.process.poll() is None
                        or self.server.start())
        with self.node("n1") as daemon:
            said = self.wait_for(daemon, role="following", leader="")
            self.assertIn("database", said["reason"])
            self.assertEqual(daemon.admin("GET", "/readyz").status, 503)
            self.server.start()
            self.wait_for(daemon, role="leading")
            daemon.deploy(self.app())

    def test_a_password_that_others_can_read_is_refused(self):
        folder = self.scratch()
        secret = folder / "password"
        secret.write_text("secret")
        secret.chmod(0o644)
        file = folder / "node.toml"
        file.write_text('[store]\nkind = "mysql"\nsocket = "/s"\n'
                        'user = "serval"\ndatabase = "serval"\n'
                        f'password_file = "{secret}"\n')
        self.fails(run_serval("config", "check", file), str(secret))
        secret.chmod(0o600)
        run = run_serval("config", "check", file)
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_a_database_that_refuses_the_daemon_is_told_at_once(self):
        daemon = Daemon(*self.server.settings(), "store.user=nobody")
        self.addCleanup(daemon.end)
        daemon.launch()
        self.assertGreater(daemon.process.wait(timeout=30), 0)
        self.assertIn("Access denied", daemon.log_text())


class EncryptedDatabaseTest(ProcessTest):
    """A database that takes TLS only."""

    @needs_mariadb
    def test_the_database_is_told_nothing_before_it_has_shown_who_it_is(self):
        folder = self.scratch()
        ours, others = Authority(folder, "ours"), Authority(folder, "others")
        with MariaServer(*ours.issue("database")) as server:
            server.sql("GRANT ALL ON serval.* TO serval@'127.0.0.1' "
                       "IDENTIFIED BY 'secret'")
            settings = ("store.kind=mysql", f"store.port={server.port}",
                        "store.user=serval", "store.database=serval",
                        f"store.password_file={server.password_file}",
                        "store.host=127.0.0.1")
            trusted = f"store.authority_file={ours.certificate}"
            with Daemon(*settings, trusted) as daemon:
                wait_until(lambda: daemon.admin("GET", "/readyz").status == 200,
                           lambda: daemon.admin("GET", "/v1/node").json())
                daemon.deploy(write_app(folder, STRATEGY, {"process": {}}))
            doubted = f"store.authority_file={others.certificate}"
            with Daemon(*settings, doubted) as daemon:
                answer = daemon.admin("GET", "/readyz")
                self.assertEqual(answer.status, 503)
                self.assertIn("local issuer", answer.json()["detail"])


if __name__ == "__main__":
    unittest.main()
