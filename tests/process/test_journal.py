"""What a node has journaled: looked at, backed up, restored, told."""

import hashlib
import json
import shutil
import unittest

from harness import EXAMPLES, Daemon, ProcessTest, run_serval, wait_until

HELLO = EXAMPLES / "hello" / "app.toml"


def files_below(folder):
    """Every file's bytes, as one hash each."""
    return {str(file.relative_to(folder)):
            hashlib.sha256(file.read_bytes()).hexdigest()
            for file in folder.rglob("*") if file.is_file()}


def serves(daemon):
    wait_until(lambda: daemon.http("POST", "/hello", b"x").status == 200,
               "hello serves")


class JournalTest(ProcessTest):
    def deployed(self, daemon):
        daemon.deploy(HELLO)
        run = daemon.cli("scale", "hello", "hello=3", "--reason", "more load")
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_history_names_the_cause_of_every_change(self):
        with Daemon() as daemon:
            self.deployed(daemon)
            run = daemon.cli("history", "hello", "--json")
            self.assertEqual(run.returncode, 0, run.stderr)
            history = json.loads(run.stdout)
            self.assertEqual([each["change"] for each in history["changes"]],
                             ["release_deployed", "release_promoted",
                              "workers_scaled"])
            self.assertEqual([each["sequence"] for each in history["changes"]],
                             [1, 2, 3])
            self.assertEqual(history["dropped"], 0)
            for each in history["changes"]:
                self.assertTrue(each["who"], each)
                self.assertEqual(each["epoch"], 1)
            scaled = history["changes"][2]
            self.assertEqual(scaled["why"], "more load")
            self.assertTrue(scaled["operation_id"])
            table = daemon.cli("history", "hello")
            self.assertIn("scale hello=3 in release 1", table.stdout)
            self.assertIn("more load", table.stdout)
            self.fails(daemon.cli("history", "nobody"), "nobody")

    def test_history_outlives_its_application(self):
        with Daemon() as daemon:
            daemon.deploy(HELLO)
            daemon.cli("delete", "hello", "--reason", "done with it")
            run = daemon.cli("history", "hello")
            self.assertIn("done with it", run.stdout)

    def test_a_stopped_directory_is_dumped_and_verified_untouched(self):
        with Daemon() as daemon:
            self.deployed(daemon)
            for command in (("verify",), ("dump",)):
                self.fails(run_serval("journal", *command, daemon.data_dir),
                           "in use", "serval backup")
            daemon.kill()
            before = files_below(daemon.data_dir)
            run = run_serval("journal", "verify", daemon.data_dir)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn("is intact: 1 applications, 3 changes", run.stdout)
            run = run_serval("journal", "verify", daemon.data_dir, "--json")
            self.assertIs(json.loads(run.stdout)["intact"], True)
            run = run_serval("journal", "dump", daemon.data_dir)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn("scale hello=3 in release 1", run.stdout)
            run = run_serval("journal", "dump", daemon.data_dir, "--app",
                             "hello", "--json")
            journals = json.loads(run.stdout)["journals"]
            self.assertEqual(len(journals[0]["changes"]), 3)
            self.assertIn('"hello"', journals[0]["changes"][0]["spec"])
            self.fails(run_serval("journal", "dump", daemon.data_dir,
                                  "--app", "nobody"), "nobody")
            self.assertEqual(files_below(daemon.data_dir), before)

    def test_damage_is_told_by_file_and_what_to_do(self):
        with Daemon() as daemon:
            self.deployed(daemon)
            daemon.kill()
            log = max((daemon.data_dir / "store" / "journal").glob("*.log"))
            content = bytearray(log.read_bytes())
            content[len(content) // 2] ^= 0x10
            log.write_bytes(content)
            before = files_below(daemon.data_dir)
            for command in ("verify", "dump"):
                run = run_serval("journal", command, daemon.data_dir)
                self.assertEqual(run.returncode, 1)
                self.fails(run, str(log), "byte", "restore")
            run = run_serval("journal", "verify", daemon.data_dir, "--json")
            self.assertIs(json.loads(run.stdout)["intact"], False)
            self.assertEqual(files_below(daemon.data_dir), before)

    def test_what_is_no_data_directory_is_refused(self):
        folder = self.scratch()
        for command in ("verify", "dump"):
            self.fails(run_serval("journal", command, folder),
                       "there is no store", "data_dir")
        self.assertEqual(run_serval("journal", "verify").returncode, 2)
        self.assertEqual(run_serval("journal").returncode, 2)

    def test_a_backup_of_a_running_node_is_restored_and_serves(self):
        folder = self.scratch()
        with Daemon() as daemon:
            self.deployed(daemon)
            run = daemon.cli("backup", folder / "backup")
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn("1 applications, 3 changes, epoch 1", run.stdout)
            # It goes on, and a backup is never written over.
            self.assertEqual(daemon.cli("scale", "hello", "hello=1").returncode,
                             0)
            self.fails(daemon.cli("backup", folder / "backup"), "not empty")
        run = run_serval("journal", "verify", folder / "backup")
        self.assertEqual(run.returncode, 0, run.stderr)
        run = run_serval("restore", folder / "backup", folder / "data")
        self.assertEqual(run.returncode, 0, run.stderr)
        with Daemon(data_dir=folder / "data") as daemon:
            serves(daemon)
            wait_until(lambda: len(daemon.workers()) == 3, "three workers")
            daemon.cli("scale", "hello", "hello=2")
            history = json.loads(
                daemon.cli("history", "hello", "--json").stdout)
            self.assertEqual([each["epoch"] for each in history["changes"]],
                             [1, 1, 1, 1_000_000_001])
            self.fails(run_serval("restore", folder / "backup",
                                  folder / "data"), "not empty")

    def test_a_stopped_node_is_backed_up_without_a_daemon(self):
        folder = self.scratch()
        with Daemon() as daemon:
            self.deployed(daemon)
            run = run_serval("backup", folder / "b", "--data-dir",
                             daemon.data_dir)
            self.fails(run, "in use")
            daemon.kill()
            run = run_serval("backup", folder / "b", "--data-dir",
                             daemon.data_dir, "--json")
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertEqual(json.loads(run.stdout)["changes"], 3)
            shutil.rmtree(folder / "b" / "store")
            self.fails(run_serval("restore", folder / "b", folder / "data"),
                       "there is no store")
            self.assertFalse((folder / "data").exists())


if __name__ == "__main__":
    unittest.main()
