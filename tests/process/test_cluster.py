"""Several daemons are one cluster: workers are spread, calls cross nodes, and
any node may die."""

import json
import os
import signal
import unittest

from harness import STRATEGY, Daemon, ProcessTest, wait_until, write_app
from test_faults import Clients


class Node(Daemon):
    """A daemon of a cluster; the first one leads, as it has the store."""

    def __init__(self, name, *settings, leader=None):
        super().__init__(
            f"node.name={name}", "cluster.name=test",
            "cluster.listen=127.0.0.1:0", "cluster.lost_after=1s",
            *([f'cluster.join=["{leader.endpoints["cluster"]}"]',
               "store.kind=none"] if leader else []), *settings)
        self.name = name


class ClusterTest(ProcessTest):
    def start(self, *names, settings=()):
        nodes = []
        for name in names:
            node = Node(name, *settings, leader=nodes[0] if nodes else None)
            self.addCleanup(node.end)
            nodes.append(node.start())
        wait_until(lambda: all(each["state"] == "ready"
                               for each in self.nodes(nodes[0]).values())
                   and len(self.nodes(nodes[0])) == len(names),
                   lambda: self.nodes(nodes[0]))
        return nodes

    def nodes(self, leader):
        answer = leader.admin("GET", "/v1/nodes")
        if answer.status != 200:
            return {}
        return {each["name"]: each for each in answer.json()["nodes"]}

    def workers(self, leader):
        return {name: each["workers"]
                for name, each in self.nodes(leader).items()}

    def app(self, workers=3, **keys):
        return write_app(self.scratch(), STRATEGY,
                         {name: {"workers": workers, "concurrency": 8,
                                 "idempotent": True}
                          for name in ("fan_out", "fan_mid", "leaf")},
                         deadline="10s", **keys)

    def ask(self, *nodes):
        """What a client says that asks the nodes in turn."""
        turns = iter(range(10**9))

        def one():
            return nodes[next(turns) % len(nodes)].http(
                "POST", "/app", b"20 5").status

        return one

    def is_running(self, leader):
        answer = leader.admin("GET", "/v1/applications/app")
        return answer.status == 200 and answer.json()["state"] == "running"

    def test_workers_are_spread_and_every_node_answers(self):
        nodes = self.start("a", "b", "c")
        nodes[0].deploy(self.app())
        self.assertEqual(self.workers(nodes[0]), {"a": 3, "b": 3, "c": 3})
        for node in nodes:
            wait_until(lambda: node.http("POST", "/app", b"20 5").body
                       == b"20 0 190", lambda: node.http("POST", "/app",
                                                         b"20 5"))
        table = nodes[0].cli("nodes").stdout
        self.assertIn("a (leads)", table)
        self.assertEqual(len(table.splitlines()), 4, table)
        workers = nodes[0].cli("status", "app").stdout.split("NODE")[1]
        for node in "abc":
            self.assertEqual(workers.count(f" {node} "), 3, workers)

    def test_a_node_that_follows_says_who_leads(self):
        leader, follower = self.start("a", "b")

        def refused():
            run = follower.cli("status")
            return run if leader.endpoints["admin"] in run.stderr else None

        run = wait_until(refused, lambda: follower.cli("status"))
        self.assertEqual(run.returncode, 1)
        self.fails(follower.cli("nodes"), "does not lead")
        self.fails(leader.cli("node", "drain", "nobody"), "no node")

    def test_of_two_nodes_of_one_name_the_first_one_stays(self):
        leader, first = self.start("a", "b")
        second = Node("b", leader=leader)
        self.addCleanup(second.end)
        second.start()
        wait_until(lambda: "another daemon is node b" in second.log_text(),
                   second.log_tail)
        self.assertEqual(self.nodes(leader)["b"]["address"],
                         first.endpoints["cluster"])
        first.kill()
        wait_until(lambda: self.nodes(leader)["b"]["address"]
                   == second.endpoints["cluster"],
                   lambda: self.nodes(leader))

    def test_no_request_fails_when_a_node_is_killed(self):
        nodes = self.start("a", "b", "c")
        leader = nodes[0]
        leader.deploy(self.app())
        with Clients(self.ask(leader, nodes[1])) as clients:
            wait_until(lambda: len(clients.answers) > 50, "requests go through")
            self.assertGreater(
                leader.metric('serval_peer_links{peer="c"}'), 0)
            nodes[2].kill()
            wait_until(lambda: self.nodes(leader)["c"]["state"] == "lost",
                       lambda: self.nodes(leader))
            for metric, count in (('serval_nodes{state="lost"}', 1),
                                  ('serval_nodes{state="ready"}', 2),
                                  ('serval_peer_links{peer="c"}', 0)):
                wait_until(lambda: leader.metric(metric) == count,
                           lambda: (metric, leader.metric(metric)))
            self.assertGreater(
                leader.metric('serval_peer_links_lost_total{peer="c"}'), 0)
            wait_until(lambda: self.is_running(leader),
                       lambda: leader.admin("GET", "/v1/applications/app"))
            enough = len(clients.answers) + 50
            wait_until(lambda: len(clients.answers) > enough, "they go on")
        self.assertEqual(set(clients.answers), {200})
        counts = self.workers(leader)
        self.assertEqual(counts["a"] + counts["b"], 9, counts)
        nodes[2].start()
        wait_until(lambda: self.workers(leader) == {"a": 3, "b": 3, "c": 3},
                   lambda: self.workers(leader))

    def test_a_node_that_is_frozen_and_comes_back_fails_nothing_after(self):
        leader, other = self.start("a", "b")
        leader.deploy(self.app(workers=2))
        os.kill(other.process.pid, signal.SIGSTOP)
        wait_until(lambda: self.nodes(leader)["b"]["state"] == "lost",
                   lambda: self.nodes(leader))
        wait_until(lambda: self.is_running(leader), "others have its work")
        with Clients(self.ask(leader)) as clients:
            wait_until(lambda: len(clients.answers) > 20, "requests go through")
            os.kill(other.process.pid, signal.SIGCONT)
            wait_until(lambda: self.workers(leader) == {"a": 3, "b": 3},
                       lambda: self.workers(leader))
        self.assertEqual(set(clients.answers), {200})
        wait_until(lambda: other.http("POST", "/app", b"20 5").status == 200,
                   lambda: other.http("POST", "/app", b"20 5"))

    def test_requests_go_on_while_the_leader_is_away(self):
        nodes = self.start("a", "b", "c")
        leader, *others = nodes
        leader.deploy(self.app())
        for node in others:
            wait_until(lambda: node.http("POST", "/app", b"20 5").status == 200,
                       "it serves")
        with Clients(self.ask(*others)) as clients:
            wait_until(lambda: len(clients.answers) > 50, "requests go through")
            leader.kill()
            enough = len(clients.answers) + 100
            wait_until(lambda: len(clients.answers) > enough, "they go on")
        self.assertEqual(set(clients.answers), {200})

    def test_a_drained_node_is_emptied_without_a_failed_request(self):
        leader, other = self.start("a", "b")
        leader.deploy(self.app(workers=2))
        with Clients(self.ask(leader, other)) as clients:
            run = leader.cli("node", "drain", "b")
            self.assertEqual(run.returncode, 0, run)
            wait_until(lambda: self.nodes(leader)["b"]["state"] == "drained",
                       lambda: self.nodes(leader))
            self.assertEqual(self.workers(leader), {"a": 6, "b": 0})
            run = leader.cli("node", "undrain", "b", "--json")
            self.assertEqual(json.loads(run.stdout),
                             {"node": "b", "drains": False})
            wait_until(lambda: self.workers(leader) == {"a": 3, "b": 3},
                       lambda: self.workers(leader))
        self.assertEqual(set(clients.answers), {200})

    def test_a_drained_node_stays_drained_when_its_leader_starts_anew(self):
        leader, other = self.start("a", "b")
        leader.deploy(self.app(workers=2))
        self.assertEqual(leader.cli("node", "drain", "b").returncode, 0)
        wait_until(lambda: self.nodes(leader)["b"]["state"] == "drained",
                   lambda: self.nodes(leader))
        leader.settings = (*leader.settings, "cluster.listen="
                           + leader.endpoints["cluster"])
        leader.kill()
        leader.start()
        wait_until(lambda: self.nodes(leader).get("b", {}).get("state")
                   == "drained", lambda: self.nodes(leader))
        wait_until(lambda: self.workers(leader) == {"a": 6, "b": 0},
                   lambda: self.workers(leader))
        self.assertEqual(leader.cli("node", "undrain", "b").returncode, 0)
        wait_until(lambda: self.workers(leader) == {"a": 3, "b": 3},
                   lambda: self.workers(leader))

    def test_a_worker_that_fits_nowhere_waits_and_says_why(self):
        leader, other = self.start("a", "b")
        spec = write_app(self.scratch(), STRATEGY,
                         {"leaf": {"workers": 3, "max_per_node": 1}})
        run = leader.cli("deploy", spec, "--no-wait")
        self.assertEqual(run.returncode, 0, run)
        wait_until(lambda: "it fits on none of 2 nodes"
                   in leader.cli("status", "app").stdout,
                   lambda: leader.cli("status", "app").stdout)
        third = Node("c", leader=leader)
        self.addCleanup(third.end)
        third.start()
        wait_until(lambda: self.is_running(leader),
                   lambda: leader.cli("status", "app").stdout)
        self.assertEqual(self.workers(leader), {"a": 1, "b": 1, "c": 1})

    def test_workers_that_are_to_stop_on_a_partition_stop_and_come_back(self):
        leader, other = self.start("a", "b")
        leader.deploy(self.app(workers=2))
        leader.deploy(self.app(workers=2, name="once", on_partition="stop"))
        self.assertEqual(self.workers(leader), {"a": 6, "b": 6})
        leader.settings = (*leader.settings, "cluster.listen="
                           + leader.endpoints["cluster"])
        leader.kill()
        with Clients(self.ask(other)) as clients:
            wait_until(lambda: len(other.workers()) == 3,
                       lambda: other.workers())
            self.assertEqual(other.http("POST", "/once", b"20 5").status, 503)
            enough = len(clients.answers) + 20
            wait_until(lambda: len(clients.answers) > enough, "they go on")
        self.assertEqual(set(clients.answers), {200})
        leader.start()
        wait_until(lambda: self.workers(leader) == {"a": 6, "b": 6},
                   lambda: self.workers(leader))
        wait_until(lambda: other.http("POST", "/once", b"20 5").status == 200,
                   lambda: other.http("POST", "/once", b"20 5"))

    def test_nobody_takes_the_place_of_workers_kept_on_a_lost_node(self):
        leader, other = self.start("a", "b")
        leader.deploy(self.app(workers=2, on_partition="keep"))

        def lose():
            other.kill()
            wait_until(lambda: self.nodes(leader)["b"]["state"] == "lost",
                       lambda: self.nodes(leader))

        lose()
        self.assertEqual(self.workers(leader), {"a": 3, "b": 3})
        wait_until(lambda: leader.http("POST", "/app", b"20 5").status == 200,
                   "it serves with what is left")
        other.start()
        wait_until(lambda: len(other.workers()) == 3, lambda: other.workers())
        wait_until(lambda: self.is_running(leader), "all are back")
        lose()
        self.assertEqual(leader.cli("node", "drain", "b").returncode, 0)
        wait_until(lambda: self.workers(leader) == {"a": 6, "b": 0},
                   lambda: self.workers(leader))

    def test_a_node_serves_after_a_restart_without_its_leader(self):
        leader, other = self.start("a", "b")
        leader.deploy(self.app(workers=2))
        wait_until(lambda: (other.data_dir / "orders").exists(), "it is kept")
        leader.kill()
        other.terminate()
        other.start()
        wait_until(lambda: other.http("POST", "/app", b"20 5").status == 200,
                   lambda: other.http("POST", "/app", b"20 5"))


if __name__ == "__main__":
    unittest.main()
