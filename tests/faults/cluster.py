"""A cluster of daemons, each on a machine of its own.

The node that leads has no workers, so that all calls of its clients go to other
nodes.
"""

import contextlib
import time

from harness import SERVAL, Daemon, run_serval, wait_until
from network import Network, why_not
from rig import Skipped


class Node(Daemon):
    """A daemon on a machine of the network."""

    def __init__(self, network, machine, folder, *settings):
        address = network.addresses[machine]
        files = {what: folder / f"{machine}.{ending}" for what, ending in
                 (("certificate_file", "crt"), ("key_file", "key"))}
        files["authority_file"] = folder / "ca.crt"
        super().__init__(
            f"node.name={machine}", "cluster.name=shop",
            f"cluster.listen={address}:9460", f"http.listen={address}:9480",
            "http.access_log=false", "cluster.lost_after=1s",
            *(f"cluster.{key}={file}" for key, file in files.items()),
            *settings)
        self.network = network
        self.machine = machine
        self.wrapper = ("ip", "netns", "exec", network.space(machine))

    def http(self, *arguments, **options):
        with self.network.inside(self.machine):
            return super().http(*arguments, **options)

    def admin(self, *arguments, **options):
        with self.network.inside(self.machine):
            return super().admin(*arguments, **options)

    def cli(self, *arguments, **options):
        with self.network.inside(self.machine):
            return super().cli(*arguments, **options)


class Cluster:
    """Nodes n1, n2 and so on, and a client beside them. The first one leads,
    or with a `database` one of the first two."""

    def __init__(self, network, rig, count, database=None, binary=SERVAL):
        self.network = network
        self.rig = rig
        network.add("client")
        names = [f"n{number}" for number in range(1, count + 1)]
        self.make_certificates(names)
        leaders = names[:2] if database else names[:1]
        join = ", ".join(f'"{network.addresses[name]}:9460"'
                         for name in leaders)
        follows = ["store.kind=none", 'cluster.labels=["works"]']
        leads = database.settings() if database else []
        self.nodes = [
            Node(network, name, rig.folder, f"cluster.join=[{join}]",
                 *(leads if name in leaders else follows))
            for name in names]
        self.leader = self.nodes[0]
        for node in self.nodes:
            node.binary = binary

    def make_certificates(self, names):
        for words in (["authority", "--cluster", "shop"],
                      *(["node", "--name", name, "--host",
                         self.network.add(name)] for name in names)):
            run = run_serval("cert", *words, "--folder", self.rig.folder)
            if run.returncode != 0:
                raise RuntimeError(run.stderr)

    def start(self):
        for node in self.nodes:
            node.start()
            # The first one is to lead.
            wait_until(self.states, "n1 leads")
        wait_until(lambda: list(self.states().values())
                   == ["ready"] * len(self.nodes), self.states)

    def end(self):
        for node in self.nodes:
            node.end()

    def states(self):
        answer = self.leader.admin("GET", "/v1/nodes")
        if answer.status != 200:
            return {}
        return {each["name"]: each["state"] for each in answer.json()["nodes"]}

    def await_state(self, node, *states):
        """Returns how long it took, in seconds."""
        begun = time.monotonic()
        wait_until(lambda: self.states().get(node) in states,
                   lambda: f"{node} is {' or '.join(states)}: {self.states()}")
        return time.monotonic() - begun

    def await_running(self, app):
        """Returns how long it took, in seconds."""
        begun = time.monotonic()

        def runs():
            answer = self.leader.admin("GET", f"/v1/applications/{app.name}")
            return answer.status == 200 \
                and answer.json()["state"] == "running"

        wait_until(runs, f"{app.name} runs")
        return time.monotonic() - begun

    def await_orphans(self, app):
        """Returns how long it took until all workers are shown as orphans, in
        seconds."""
        begun = time.monotonic()

        def shown():
            return "of its workers are orphans" \
                in self.leader.cli("status", app).stdout

        wait_until(shown, lambda: self.leader.cli("status", app))
        return time.monotonic() - begun

    def deploy(self, **keys):
        """An application whose calls may be made again."""
        app = self.rig.deploy(self.leader, ledger=False, idempotent=True,
                              concurrency=8, labels=["works"], **keys)
        for node in self.nodes:
            wait_until(lambda node=node: node.http(
                "POST", f"/{app.name}", b"echo warm").status == 200,
                lambda node=node: node.http("POST", f"/{app.name}",
                                            b"echo warm"))
        return app

    def find_leader(self):
        """Returns how long it took until a node led, in seconds."""
        begun = time.monotonic()

        def leads():
            for self.leader in self.nodes:
                if self.leader.process.poll() is None and self.states():
                    return True
            return False

        wait_until(leads, "a node leads")
        return time.monotonic() - begun

    def load(self, node, app, rate, *bodies, **options):
        with self.network.inside("client"):
            return self.rig.load(node, app, rate, *bodies,
                                 flags=["--allow-remote"], **options)


@contextlib.contextmanager
def cluster_of(rig, count, database=None, **options):
    if reason := why_not():
        raise Skipped(reason)
    with Network() as network:
        made = Cluster(network, rig, count, database, **options)
        try:
            made.start()
            yield made
        finally:
            made.end()
