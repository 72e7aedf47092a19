"""What the daemon refuses to start with, and how it says so."""

import json
import os
import signal
import socket
import unittest

from harness import Daemon, ProcessTest, TOP, run_serval


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

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_data_folder_that_cannot_be_written_is_named(self):
        folder = self.scratch() / "data"
        folder.mkdir(mode=0o500)
        daemon = Daemon(data_dir=folder)
        self.addCleanup(daemon.end)
        self.refuses(daemon, str(folder))

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

    def test_signals_end_it_with_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number), Daemon() as daemon:
                daemon.process.send_signal(number)
                self.assertEqual(daemon.process.wait(timeout=30), 0,
                                 daemon.log_tail())


if __name__ == "__main__":
    unittest.main()
