"""Plugins that nothing needs any more make place for others."""

import hashlib
import os
import signal
import time
import unittest

from harness import STRATEGY, Daemon, ProcessTest, wait_until, write_app
from test_cluster import Node

TWO_HOURS = 7200


class ArtifactsTest(ProcessTest):
    def setUp(self):
        self.folder = self.scratch()
        self.bytes = STRATEGY.read_bytes()

    def limit(self, plugins):
        """A setting that has room for so many of them."""
        kib = plugins * (len(self.bytes) + 4096) // 1024
        return f"node.artifacts_max={kib}KiB"

    def plugin(self, number):
        """The strategy as another file: what follows an ELF file is nothing
        to its loader."""
        file = self.folder / f"plugin_{number}.so"
        file.write_bytes(self.bytes + str(number).encode())
        return file

    def deploy(self, daemon, number):
        daemon.deploy(write_app(self.folder, self.plugin(number),
                                {"process": {"workers": 1}}))

    def upload(self, daemon, number):
        content = self.plugin(number).read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        return daemon.admin("PUT", f"/v1/artifacts/{sha256}", content)

    def kept(self, daemon):
        """The numbers of the plugins that are there."""
        names = {file.name for file in (daemon.data_dir / "artifacts").iterdir()}
        return {number for number in range(1, 10)
                if self.name(number) in names}

    def name(self, number):
        return hashlib.sha256(
            self.bytes + str(number).encode()).hexdigest()

    def age(self, daemon):
        """As if nothing had been used for two hours, the first ones longer."""
        for number in self.kept(daemon):
            then = time.time() - TWO_HOURS + 60 * number
            os.utime(daemon.data_dir / "artifacts" / self.name(number),
                     (then, then))

    def test_what_serves_and_what_it_can_go_back_to_stays(self):
        with Daemon(self.limit(3)) as daemon:
            self.deploy(daemon, 1)
            self.deploy(daemon, 2)
            self.assertEqual(self.upload(daemon, 3).status, 200)
            # It may be about to be deployed.
            refused = self.upload(daemon, 4)
            self.assertEqual(refused.status, 507, refused)
            self.assertIn("node.artifacts_max", refused.json()["detail"])
            self.age(daemon)
            self.assertEqual(self.upload(daemon, 4).status, 200)
            self.assertEqual(self.kept(daemon), {1, 2, 4})
            self.deploy(daemon, 4)
            self.age(daemon)
            self.assertEqual(self.upload(daemon, 5).status, 200)
            self.assertEqual(self.kept(daemon), {2, 4, 5})
            self.assertIn("was removed", daemon.log_text())
            before = daemon.workers()
            os.kill(before[0], signal.SIGKILL)
            wait_until(lambda: daemon.workers() not in ([], before)
                       and daemon.http("POST", "/app").status == 200,
                       "its worker starts again")

    def test_a_node_of_a_cluster_removes_what_its_leader_has(self):
        with Node("a") as leader, \
                Node("b", self.limit(2), leader=leader) as node:
            wait_until(lambda: len(leader.admin("GET", "/v1/nodes")
                                   .json()["nodes"]) == 2, "it joins")
            self.deploy(leader, 1)
            self.deploy(leader, 2)
            wait_until(lambda: self.kept(node) == {1, 2}, "it has both")
            self.age(node)
            self.deploy(leader, 3)
            wait_until(lambda: self.kept(node) == {2, 3},
                       lambda: self.kept(node))
            self.assertEqual(self.kept(leader), {1, 2, 3})
            self.assertEqual(node.http("POST", "/app").status, 200)
            # What was removed is pulled again.
            self.age(node)
            self.deploy(leader, 1)
            wait_until(lambda: 1 in self.kept(node), lambda: self.kept(node))


if __name__ == "__main__":
    unittest.main()
