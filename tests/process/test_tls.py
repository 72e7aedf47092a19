"""Encrypted listeners of the real daemon."""

import http.client
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import time

from certificates import Authority, openssl, settings
from harness import (EXAMPLES, Daemon, ProcessTest, connect, run_serval,
                     wait_until)

HELLO = EXAMPLES / "hello" / "app.toml"


def port_of(endpoint):
    return int(endpoint.rpartition(":")[2])


def cpu_seconds(pid):
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class TlsTest(ProcessTest):
    def setUp(self):
        self.folder = self.scratch()
        self.authority = Authority(self.folder)
        self.certificate, self.key = self.authority.issue("node")

    def daemon(self, *overrides, sections=("http", "admin")):
        encrypted = [word for section in sections for word in
                     settings(section, self.certificate, self.key)]
        made = Daemon(*encrypted, *overrides)
        self.addCleanup(made.end)
        return made.start()

    def cli(self, daemon, *arguments):
        return run_serval(*arguments, "--admin", daemon.endpoints["admin"],
                          "--ca-file", self.authority.certificate)

    def client(self, endpoint, authority=None):
        """A connection of Python's own TLS, which knows nothing of ours."""
        context = ssl.create_default_context(
            cafile=str(authority or self.authority.certificate))
        context.set_alpn_protocols(["http/1.1"])
        made = http.client.HTTPSConnection(
            "127.0.0.1", port_of(endpoint), timeout=30, context=context)
        self.addCleanup(made.close)
        return made

    def ask(self, connection, body=b"x"):
        connection.request("POST", "/hello", body)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def test_deploy_and_call_work_over_encrypted_listeners(self):
        daemon = self.daemon()
        self.assertTrue(daemon.endpoints["admin"].startswith("https://"))
        self.assertTrue(daemon.endpoints["http"].startswith("https://"))
        deployed = self.cli(daemon, "deploy", HELLO)
        self.assertEqual(deployed.returncode, 0, deployed.stderr)
        called = self.cli(daemon, "call", "hello", "--data", "x")
        self.assertEqual(called.returncode, 0, called.stderr)
        status, body = self.ask(self.client(daemon.endpoints["http"]))
        self.assertEqual((status, body.decode()), (200, called.stdout))

    def test_the_command_line_trusts_only_its_authority(self):
        daemon = self.daemon()
        other = Authority(self.folder, "other")
        admin = daemon.endpoints["admin"]
        for authority in (other.certificate, None):
            arguments = ["--ca-file", authority] if authority else []
            run = run_serval("status", "--admin", admin, *arguments)
            self.assertEqual(run.returncode, 1, run.stderr)
            self.fails(run, "certificate is refused", "--ca-file")
        named = run_serval(
            "status", "--admin", admin,
            env={"SERVAL_CA_FILE": str(self.authority.certificate)})
        self.assertEqual(named.returncode, 0, named.stderr)
        plain = run_serval("status", "--admin",
                           admin.removeprefix("https://"))
        self.assertEqual(plain.returncode, 1, plain.stderr)

    def test_silent_and_stubborn_clients_cost_no_processor_time(self):
        daemon = self.daemon()
        address = daemon.endpoints["http"].removeprefix("https://")
        clients = [connect(address) for _ in range(20)]
        for client in clients[10:]:
            client.sendall(b"\x16\x03\x01\x02\x00\x01")
        before = cpu_seconds(daemon.process.pid)
        started = time.monotonic()
        for client in clients:
            self.assertEqual(client.recv(100), b"")  # cut in the end
            client.close()
        elapsed = time.monotonic() - started
        used = cpu_seconds(daemon.process.pid) - before
        # A loop that spins uses all of the time that passes.
        self.assertLess(used, elapsed / 2)

    def test_plain_requests_are_cut_and_good_ones_served_afterwards(self):
        daemon = self.daemon()
        self.cli(daemon, "deploy", HELLO)
        address = daemon.endpoints["http"].removeprefix("https://")
        for raw in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", os.urandom(100_000)):
            with connect(address) as client:
                try:
                    client.sendall(raw)
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(4096):
                        pass
                except OSError:  # cut while it still sent
                    pass
        self.assertEqual(
            self.ask(self.client(daemon.endpoints["http"]))[0], 200)

    def test_tls_1_1_and_clients_that_want_only_http_2_are_refused(self):
        daemon = self.daemon()
        port = port_of(daemon.endpoints["http"])
        context = ssl.create_default_context(
            cafile=str(self.authority.certificate))
        context.set_alpn_protocols(["h2"])
        with connect(f"127.0.0.1:{port}") as raw, \
                self.assertRaises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(raw, server_hostname="127.0.0.1")
        old = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{port}",
             "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
        self.assertIn(b"Cipher is (NONE)", old.stdout)

    def test_clients_without_a_certificate_are_refused_where_one_is_wanted(
            self):
        daemon = self.daemon(
            f"http.tls_client_ca_file={self.authority.certificate}")
        self.assertEqual(self.cli(daemon, "deploy", HELLO).returncode, 0)
        endpoint = daemon.endpoints["http"]
        with self.assertRaises((ssl.SSLError, OSError,
                                http.client.HTTPException)):
            self.ask(self.client(endpoint))
        client = self.client(endpoint)
        client._context.load_cert_chain(*map(str,
                                             self.authority.issue("client")))
        self.assertEqual(self.ask(client)[0], 200)

    def test_replacing_a_certificate_drops_no_connection(self):
        daemon = self.daemon()
        self.cli(daemon, "deploy", HELLO)
        endpoint = daemon.endpoints["http"]
        old = self.client(endpoint)
        self.assertEqual(self.ask(old)[0], 200)
        second = Authority(self.folder, "second")
        fresh = second.issue("fresh")
        # Not atomic: for a while the certificate has no key, then no content.
        self.certificate.write_bytes(b"")
        wait_until(lambda: "the certificate of http stays as it was"
                   in daemon.log_text(), "the broken file is reported")
        self.assertEqual(self.ask(old)[0], 200)
        self.assertEqual(self.ask(self.client(endpoint))[0], 200)
        shutil.copyfile(fresh[0], self.certificate)
        wait_until(lambda: "does not belong" in daemon.log_text(),
                   "the mismatch is reported")
        self.assertEqual(self.ask(self.client(endpoint))[0], 200)
        shutil.copyfile(fresh[1], self.key)
        wait_until(lambda: "the certificate of http was replaced"
                   in daemon.log_text(), "the certificate is replaced")
        replaced = self.client(endpoint, second.certificate)
        wait_until(lambda: self.reaches(endpoint, second.certificate),
                   "new connections get the new certificate")
        self.assertEqual(self.ask(replaced)[0], 200)
        self.assertEqual(self.ask(old)[0], 200)
        self.assertEqual(
            daemon.log_text().count("does not belong"), 2)  # http and admin

    def reaches(self, endpoint, authority):
        try:
            return self.ask(self.client(endpoint, authority))[0] == 200
        except ssl.SSLError:
            return False

    def test_files_that_cannot_be_used_stop_the_start_and_the_check(self):
        others = Authority(self.folder, "o").issue("others")
        expired = self.authority.issue("expired", days=-1)
        encrypted = self.folder / "encrypted.key"
        openssl("pkey", "-in", self.key, "-aes256", "-passout", "pass:x",
                "-out", encrypted)
        encrypted.chmod(0o600)
        open_to_all = self.folder / "open.key"
        shutil.copyfile(self.key, open_to_all)
        open_to_all.chmod(0o644)
        cases = {
            "mismatch": ((self.certificate, others[1]), "does not belong"),
            "expired": (expired, "it expired on"),
            "encrypted": ((self.certificate, encrypted), "encrypted"),
            "open": ((self.certificate, open_to_all),
                     f"chmod 640 {open_to_all}"),
            "absent": ((self.certificate, self.folder / "absent"), "No such"),
            "alone": ((self.certificate, ""), "needs http.tls_key_file"),
        }
        for name, (files, words) in cases.items():
            with self.subTest(case=name):
                daemon = Daemon(*settings("http", *files))
                self.addCleanup(daemon.end)
                daemon.launch()
                self.assertEqual(daemon.process.wait(30), 1)
                self.assertIn(words, daemon.log_text())
                overrides = [word for s in daemon.settings
                             for word in ("--set", s)]
                self.fails(run_serval("config", "check", daemon.config,
                                      *overrides), words)
