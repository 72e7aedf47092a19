"""`serval cert`: TLS with certificates on both sides, in two commands."""

import json
import os
import stat
import unittest

from harness import EXAMPLES, Daemon, ProcessTest, run_serval

HELLO = EXAMPLES / "hello" / "app.toml"


class CertTest(ProcessTest):
    def setUp(self):
        self.folder = self.scratch()

    def cert(self, *arguments):
        return run_serval("cert", *arguments, "--folder", self.folder)

    def make(self, *arguments):
        run = self.cert(*arguments)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run

    def files(self, name):
        return self.folder / f"{name}.crt", self.folder / f"{name}.key"

    def test_two_commands_make_a_node_that_wants_certificates(self):
        self.make("authority", "--cluster", "shop")
        self.make("node", "--name", "n1", "--host", "127.0.0.1", "--host",
                  "localhost")
        self.make("node", "--name", "maria")
        authority = self.folder / "ca.crt"
        settings = [f"{section}.{key}={file}"
                    for section in ("admin", "rpc", "http")
                    for key, file in zip(
                        ("tls_certificate_file", "tls_key_file",
                         "tls_client_ca_file"),
                        (*self.files("n1"), authority))]
        certificate, key = self.files("maria")
        mine = ["--certificate-file", certificate, "--key-file", key]
        with Daemon(*settings) as daemon:
            trust = ["--admin", daemon.endpoints["admin"], "--ca-file",
                     authority]
            run = run_serval("deploy", HELLO, *trust, *mine)
            self.assertEqual(run.returncode, 0, run.stderr)
            run = run_serval("call", "hello", "--data", "x",
                             "--rpc", *trust, *mine)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn("status 200", run.stderr)
            run = run_serval("status", *trust, env={
                "SERVAL_CERTIFICATE_FILE": str(certificate),
                "SERVAL_KEY_FILE": str(key)})
            self.assertEqual(run.returncode, 0, run.stderr)
            for incomplete in ([], mine[:2]):
                with self.subTest(shown=incomplete):
                    run = run_serval("status", *trust, *incomplete)
                    self.assertEqual(run.returncode, 1, run.stdout)
                    self.assertTrue(run.stderr.strip())

    def test_a_certificate_of_another_cluster_is_refused(self):
        self.make("authority", "--cluster", "shop")
        self.make("node", "--name", "n1", "--host", "127.0.0.1")
        authority = self.folder / "ca.crt"
        certificate, key = self.files("n1")
        other = self.scratch()
        for words in (("authority", "--cluster", "shop"),
                      ("node", "--name", "maria")):
            run_serval("cert", *words, "--folder", other)
        with Daemon(f"admin.tls_certificate_file={certificate}",
                    f"admin.tls_key_file={key}",
                    f"admin.tls_client_ca_file={authority}") as daemon:
            run = run_serval("status", "--admin", daemon.endpoints["admin"],
                             "--ca-file", authority, "--certificate-file",
                             other / "maria.crt", "--key-file",
                             other / "maria.key")
            self.assertEqual(run.returncode, 1, run.stdout)

    def test_without_an_authority_a_node_is_told_to_make_one_first(self):
        run = self.cert("node", "--name", "n1")
        self.assertEqual(run.returncode, 1, run.stdout)
        self.assertIn(f"serval cert authority --cluster NAME --folder "
                      f"{self.folder}", run.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_keys_are_readable_by_their_owner_alone(self):
        self.make("authority", "--cluster", "shop")
        self.make("node", "--name", "n1")
        for name in ("ca", "n1"):
            mode = stat.S_IMODE(os.stat(self.files(name)[1]).st_mode)
            self.assertEqual(mode, 0o600)

    def test_nothing_is_written_over(self):
        self.make("authority", "--cluster", "shop")
        before = [file.read_text() for file in self.files("ca")]
        self.fails(self.cert("authority", "--cluster", "shop"),
                   "is there already")
        self.assertEqual([file.read_text() for file in self.files("ca")],
                         before)

    def test_mistakes_are_one_clear_error(self):
        self.fails(self.cert("node", "--name", "n1"), "ca.crt")
        self.make("authority", "--cluster", "shop")
        self.fails(self.cert("node", "--name", "n 1"), "n 1")
        self.fails(self.cert("node", "--name", "ca"), "authority's own")
        self.fails(self.cert("node", "--name", "n1", "--host", "a,DNS:b"),
                   "a,DNS:b")
        self.files("ca")[1].chmod(0o644)
        self.fails(self.cert("node", "--name", "n1"), "chmod")

    def test_json_names_the_files(self):
        run = self.make("authority", "--cluster", "shop", "--json")
        self.assertEqual(json.loads(run.stdout)["certificate"],
                         str(self.folder / "ca.crt"))


if __name__ == "__main__":
    unittest.main()
