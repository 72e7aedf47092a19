"""`serval store migrate`: a node's store moves into a database."""

import json
import unittest

from harness import STRATEGY, Daemon, ProcessTest, run_serval, wait_until, \
    write_app
from mariadb import MariaServer, needs_mariadb


@needs_mariadb
class StoreMigrateTest(ProcessTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(MariaServer())

    def setUp(self):
        self.server.sql("DROP DATABASE serval; CREATE DATABASE serval")
        folder = self.scratch()
        self.data_dir = folder / "data"
        self.old = folder / "old.toml"
        self.old.write_text(f'[node]\ndata_dir = "{self.data_dir}"\n')
        self.new = folder / "new.toml"
        pairs = (each.partition("=") for each in self.server.settings())
        self.new.write_text(
            "[store]\n" + "".join(f"{key.partition('.')[2]} = "
                                  f"{json.dumps(value)}\n"
                                  for key, _, value in pairs))

    def migrate(self):
        return run_serval("store", "migrate", "--from", self.old, "--to",
                          self.new)

    def history(self, daemon):
        return daemon.admin("GET", "/v1/applications/app/history").json()

    def test_a_node_goes_on_with_the_database_as_it_was_with_its_folder(self):
        with Daemon(data_dir=self.data_dir) as daemon:
            daemon.deploy(write_app(self.scratch(), STRATEGY,
                                    {"process": {"workers": 1}}))
            run = daemon.cli("scale", "app", "process=2")
            self.assertEqual(run.returncode, 0, run.stderr)
            before = self.history(daemon)
            epoch = daemon.metric("serval_leader_epoch")
            # A store that changes is not copied.
            self.fails(self.migrate(), str(self.data_dir))
            self.assertEqual(daemon.terminate(), 0)
        for _ in range(2):
            run = self.migrate()
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            self.assertIn("1 applications", run.stdout)
        with Daemon(*self.server.settings(), data_dir=self.data_dir) as daemon:
            wait_until(lambda: daemon.http("POST", "/app").status == 200,
                       "the application serves again")
            self.assertEqual(self.history(daemon), before)
            self.assertGreater(daemon.metric("serval_leader_epoch"), epoch)
            self.fails(self.migrate(), "leads")
            run = daemon.cli("scale", "app", "process=1")
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertEqual(daemon.terminate(), 0)
        self.fails(self.migrate(), '"app"', "empty database")

    def test_what_cannot_be_migrated_is_named(self):
        self.fails(self.migrate(), str(self.data_dir))
        self.fails(run_serval("store", "migrate", "--from", self.new, "--to",
                              self.new), str(self.new))
        self.fails(run_serval("store", "migrate", "--from", self.old, "--to",
                              self.old), str(self.old))


if __name__ == "__main__":
    unittest.main()
