"""What the daemon refuses to start with, and how it says so."""

import json
import os
import shutil
import signal
import socket
import subprocess
import unittest

from harness import (SERVAL, TOP, Daemon, ProcessTest, run_serval,
                     wait_until)


class StartupTest(ProcessTest):
    def refuses(self, daemon, *words):
        """The daemon ends by itself, its last line has these words."""
        daemon.launch()
        status = daemon.process.wait(timeout=30)
        said = daemon.log_text()
        self.assertGreater(status, 0, said)
        for word in words:
            self.assertIn(word, said)

    def test_it_writes_its_endpoints_once_they_accept(self):
        with Daemon() as daemon:
            self.assertEqual(sorted(daemon.endpoints),
                             ["admin", "http", "rpc"])
            for address in daemon.endpoints.values():
                host, _, port = address.rpartition(":")
                socket.create_connection((host, int(port)), 5).close()
            self.assertEqual(daemon.http("GET", "/nowhere").status, 404)

    def test_a_port_in_use_is_named(self):
        for section in ("http", "rpc", "admin"):
            with self.subTest(section=section), socket.create_server(
                    ("127.0.0.1", 0)) as taken:
                address = "127.0.0.1:%d" % taken.getsockname()[1]
                daemon = Daemon(f"{section}.listen={address}")
                self.addCleanup(daemon.end)
                self.refuses(daemon, address)

    def test_a_data_folder_in_use_is_named_and_its_daemon_serves_on(self):
        with Daemon() as first:
            second = Daemon(data_dir=first.data_dir)
            self.addCleanup(second.end)
            self.refuses(second, str(first.data_dir))
            self.assertEqual(json.loads(
                (first.data_dir / "endpoints.json").read_text()),
                first.endpoints)
            self.assertEqual(first.admin("GET", "/healthz").status, 200)

    def test_a_data_folder_that_cannot_be_made_is_named(self):
        file = self.scratch() / "file"
        file.touch()
        daemon = Daemon(data_dir=file / "data")
        self.addCleanup(daemon.end)
        self.refuses(daemon, str(file / "data"))

    def test_a_data_folder_that_cannot_be_written_is_named(self):
        place = self.scratch()
        place.chmod(0o755)
        folder = place / "data"
        folder.mkdir(mode=0o555)
        # Root may write everywhere, so root becomes somebody else, who may not
        # be able to reach the build folder.
        binary, user = SERVAL, None
        if os.geteuid() == 0:
            binary, user = shutil.copy(SERVAL, place), 65534
        config = shutil.copy(TOP / "configs" / "node.toml", place)
        run = subprocess.run(
            [str(binary), "node", "-c", str(config),
             "--set", f"node.data_dir={folder}"],
            user=user, cwd=place, timeout=30, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.fails(run, str(folder))

    def test_all_mistakes_of_a_configuration_are_told_at_once(self):
        daemon = Daemon()
        self.addCleanup(daemon.end)
        with open(daemon.config, "a") as file:
            file.write('listne = "x"\n\n[nonsense]\na = 1\n')
        self.refuses(daemon, "listne", "listen", "nonsense",
                     daemon.config.name)

    def test_admin_does_not_listen_to_the_world_without_a_password(self):
        daemon = Daemon("admin.listen=0.0.0.0:0")
        self.addCleanup(daemon.end)
        self.refuses(daemon, "admin")

    def test_config_check_tells_good_from_bad(self):
        self.assertEqual(run_serval(
            "config", "check", TOP / "configs" / "node.toml").returncode, 0)
        bad = self.scratch() / "bad.toml"
        bad.write_text('[http]\nlisten = "nowhere"\n')
        run = run_serval("config", "check", bad)
        self.assertGreater(run.returncode, 0)
        self.assertIn("bad.toml", run.stdout + run.stderr)

    def test_sighup_goes_on_in_a_new_log_file(self):
        log = self.scratch() / "serval.log"
        with Daemon(f"log.file={log}", "http.access_log=true") as daemon:
            log.rename(log.with_suffix(".1"))
            daemon.process.send_signal(signal.SIGHUP)
            wait_until(log.exists, "the new log file")
            self.assertEqual(daemon.http("GET", "/nowhere").status, 404)
            wait_until(lambda: '"status":404' in log.read_text(),
                       "the request is in the new file")
            self.assertEqual(daemon.terminate(), 0)

    def test_signals_end_it_with_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number), Daemon() as daemon:
                daemon.process.send_signal(number)
                self.assertEqual(daemon.process.wait(timeout=30), 0,
                                 daemon.log_tail())


if __name__ == "__main__":
    unittest.main()
