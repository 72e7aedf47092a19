"""What a node's listener for other nodes lets in, and what it does not."""

import socket
import ssl
import unittest

from harness import TOP, Daemon, ProcessTest, run_serval

CONFIG = TOP / "configs" / "node.toml"


def address_of(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


class ClusterLinksTest(ProcessTest):
    def make_certificates(self, *names):
        folder = self.scratch()
        for words in (("authority", "--cluster", "shop"),
                      *(("node", "--name", name) for name in names)):
            run = run_serval("cert", *words, "--folder", folder)
            self.assertEqual(run.returncode, 0, run.stderr)
        return folder

    def settings_of(self, folder, name):
        return ("node.name=n1", "cluster.name=shop",
                "cluster.listen=127.0.0.1:0",
                f"cluster.certificate_file={folder / name}.crt",
                f"cluster.key_file={folder / name}.key",
                f"cluster.authority_file={folder / 'ca.crt'}")

    def test_a_node_alone_listens_for_nobody(self):
        with Daemon() as daemon:
            self.assertNotIn("cluster", daemon.endpoints)

    def test_a_node_of_a_cluster_says_hello(self):
        with Daemon("cluster.name=shop",
                    "cluster.listen=127.0.0.1:0") as daemon:
            where = address_of(daemon.endpoints["cluster"])
            with socket.create_connection(where, 10) as peer:
                self.assertIn(b"shop", peer.recv(4096))

    def test_who_shows_no_certificate_gets_no_hello(self):
        folder = self.make_certificates("n1", "n2")
        with Daemon(*self.settings_of(folder, "n1")) as daemon:
            where = address_of(daemon.endpoints["cluster"])
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.load_verify_locations(folder / "ca.crt")
            with self.assertRaises(OSError):
                with socket.create_connection(where, 10) as raw, \
                        context.wrap_socket(raw) as peer:
                    self.assertEqual(peer.recv(4096), b"")
                    raise ConnectionError("closed without a word")
            context.load_cert_chain(folder / "n2.crt", folder / "n2.key")
            with socket.create_connection(where, 10) as raw, \
                    context.wrap_socket(raw) as peer:
                self.assertEqual(peer.version(), "TLSv1.3")
                self.assertIn(b"shop", peer.recv(4096))

    def test_a_node_with_another_ones_certificate_does_not_start(self):
        folder = self.make_certificates("n2")
        settings = (*self.settings_of(folder, "n2"),
                    f"node.data_dir={self.scratch()}")
        run = run_serval("node", "-c", CONFIG,
                         *(word for each in settings
                           for word in ("--set", each)))
        self.assertEqual(run.returncode, 1, run.stdout)
        self.assertIn("it is not for node://shop/n1", run.stderr)


if __name__ == "__main__":
    unittest.main()
