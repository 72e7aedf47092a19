"""A new process takes the daemon's place under traffic, or fails to, and no
connection notices."""

import collections
import os
import signal
import socket
import unittest

from harness import (EXAMPLES, Daemon, ProcessTest, connect,
                     full_tier_only, receive, request_bytes, wait_until)
from mariadb import MariaServer, needs_mariadb
from test_faults import Clients

HELLO = EXAMPLES / "hello" / "app.toml"

# A program that takes over by the book, and then does not.
LIAR = """#!/usr/bin/env python3
import socket, sys
old = socket.socket(fileno=3)
old.send(b"hello 1 1 9.9")
while not old.recv(8192).startswith(b"prepare"):
    pass
old.send(b"ready ")
assert old.recv(8192).startswith(b"take")
sys.exit(7)
"""


class UpgradeTest(ProcessTest):
    def start(self, *settings):
        daemon = Daemon("node.shutdown_grace=4s", *settings)
        self.addCleanup(daemon.end)
        daemon.start()
        daemon.deploy(HELLO, "backend.hello.workers=2")
        return daemon

    def program(self, text):
        file = self.scratch() / "program"
        file.write_text(text)
        file.chmod(0o755)
        return file

    def one_request(self, daemon):
        """What came of a connection with one request."""
        try:
            return daemon.http("POST", "/hello", b"x").status
        except OSError as error:
            return type(error).__name__

    def many_requests(self, daemon):
        """The same for connections that are kept as long as they last."""
        kept = []
        self.addCleanup(lambda: [each.close() for each in kept])
        raw = request_bytes("POST", "/hello", b"x")

        def ask():
            try:
                if not kept:
                    kept.append(connect(daemon.endpoints["http"]))
                kept[0].sendall(raw)
                answer = receive(kept[0])
                if answer.headers.get("connection") == "close":
                    kept.pop().close()
                return answer.status
            except OSError as error:
                kept.clear()
                return type(error).__name__

        return ask

    def replace_under_load(self, daemon, times):
        with Clients(lambda: self.one_request(daemon)) as each_its_own, \
                Clients(self.many_requests(daemon), count=1) as kept:
            for _ in range(times):
                for clients in (each_its_own, kept):
                    enough = len(clients.answers) + 50
                    wait_until(lambda c=clients, n=enough: len(c.answers) > n,
                               "requests are answered")
                run, old = daemon.upgrade()
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertNotEqual(old.pid, daemon.process.pid)
                self.assertEqual(old.wait(30), 0, daemon.log_tail())
        for clients in (each_its_own, kept):
            counts = collections.Counter(clients.answers)
            self.assertEqual(set(counts), {200}, counts)

    def node(self, daemon):
        return daemon.admin("GET", "/v1/node").json()

    def serves_on(self, daemon, process):
        self.assertEqual(self.node(daemon)["pid"], process.pid)
        self.assertIs(daemon.process, process)
        self.assertEqual(self.one_request(daemon), 200)

        def takes_commands():
            return daemon.cli("scale", "hello", "hello=3").returncode == 0

        wait_until(takes_commands, daemon.log_tail)
        wait_until(lambda: len(daemon.workers()) == 3, "a third worker")
        daemon.cli("scale", "hello", "hello=2")
        wait_until(lambda: len(daemon.workers()) == 2, "it is gone")

    def test_no_connection_is_lost_while_daemons_take_each_others_place(self):
        daemon = self.start()
        self.replace_under_load(daemon, 3)
        self.serves_on(daemon, daemon.process)

    @needs_mariadb
    def test_a_daemon_whose_store_is_a_database_can_be_replaced(self):
        with MariaServer() as server:
            daemon = self.start(*server.settings())
            epoch = self.node(daemon)["control_plane"]["epoch"]
            self.replace_under_load(daemon, 2)
            self.serves_on(daemon, daemon.process)
            self.assertGreater(self.node(daemon)["control_plane"]["epoch"],
                               epoch)
            daemon.end()

    @full_tier_only
    def test_twenty_daemons_take_each_others_place(self):
        daemon = self.start()
        self.replace_under_load(daemon, 20)

    def test_the_new_daemon_has_the_journal_and_its_lock(self):
        daemon = self.start()
        before = daemon.cli("history", "hello").stdout
        run, old = daemon.upgrade()
        self.assertEqual(run.returncode, 0, run.stderr)
        old.wait(30)
        self.assertEqual(daemon.cli("history", "hello").stdout, before)
        self.serves_on(daemon, daemon.process)
        second = Daemon(data_dir=daemon.data_dir)
        self.addCleanup(second.end)
        second.launch()
        self.assertNotEqual(second.process.wait(30), 0)
        self.assertIn("in use by another daemon", second.log_text())
        daemon.kill()
        daemon.start()
        wait_until(lambda: self.one_request(daemon) == 200, daemon.log_tail)

    def test_a_binary_that_fails_leaves_the_old_daemon_serving(self):
        daemon = self.start()
        process = daemon.process
        cases = {
            "cannot start": ("/no/such/binary",),
            "exited with 1": ("/bin/false",),
            "was not ready within 1 s":
                (self.program("#!/bin/sh\nexec sleep 60\n"), "--timeout",
                 "1s"),
            "exited with 7": (self.program(LIAR),),
        }
        for reason, (binary, *more) in cases.items():
            with self.subTest(reason):
                run, _ = daemon.upgrade("--binary", binary, *more)
                self.fails(run, reason)
                self.serves_on(daemon, process)

    def test_a_configuration_that_no_longer_fits_is_told(self):
        daemon = self.start()
        process = daemon.process
        text = daemon.config.read_text()
        # The port that is in use stands for "any" in the first one.
        port = int(daemon.endpoints["http"].rpartition(":")[2])
        for change, reason in (
                (text + "\n[no_such_section]\n", "no_such_section"),
                (text.replace("127.0.0.1:0", f"127.0.0.1:{port + 1}", 1),
                 "restart it instead"),
                (text.replace("[node]", "[node]\nloops = 7"), "node.loops")):
            with self.subTest(reason):
                daemon.config.write_text(change)
                run, _ = daemon.upgrade()
                self.fails(run, reason)
        daemon.config.write_text(text)
        self.serves_on(daemon, process)

    def test_a_second_upgrade_is_refused_while_one_is_under_way(self):
        daemon = self.start()
        slow = self.program("#!/bin/sh\nexec sleep 60\n")
        with Clients(lambda: daemon.upgrade("--binary", slow, "--timeout",
                                            "3s"), count=2) as clients:
            wait_until(lambda: clients.answers, "one is refused")
            clients.stopped.set()
        self.assertTrue(any("already" in run.stderr
                            for run, _ in clients.answers))

    def test_a_daemon_that_is_to_end_does_not_wait_for_its_successor(self):
        daemon = self.start()
        slow = self.program("#!/bin/sh\nexec sleep 60\n")
        with Clients(lambda: daemon.upgrade("--binary", slow, "--timeout",
                                            "5m"), count=1) as clients:
            wait_until(lambda: len(daemon.workers()) == 3, "it is started")
            clients.stopped.set()
            self.assertEqual(daemon.terminate(), 0)

    def test_a_service_manager_follows_the_main_process(self):
        folder = self.scratch()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(folder / "notify"))
            manager.settimeout(30)
            daemon = Daemon()
            self.addCleanup(daemon.end)
            daemon.popen_options = {"env": os.environ | {
                "NOTIFY_SOCKET": str(folder / "notify")}}
            daemon.start()
            self.assertEqual(manager.recv(100), b"READY=1")
            old = daemon.process
            # As an operator may without the command line.
            os.kill(old.pid, signal.SIGUSR2)
            said = manager.recv(100).decode()
            self.assertEqual(old.wait(30), 0)
            new = self.node(daemon)["pid"]
            self.assertEqual(said, f"MAINPID={new}")
            os.kill(new, signal.SIGTERM)
            self.assertEqual(manager.recv(100), b"STOPPING=1")


if __name__ == "__main__":
    unittest.main()
