"""Nodes of two versions in one cluster."""

from cluster import cluster_of
from harness import BUILD, SERVAL, wait_until
from mariadb import MariaServer
from promises.answered import (each_answer_is_its_requests_own,
                               no_request_fails, no_request_is_lost)
from rig import Skipped, scenario

# What tools/faults builds with -Dprevious_versions=true.
PREVIOUS = BUILD.with_name("build-previous") / "serval"

# A kind of change that the version before does not know.
NEWER_CHANGE = "nothing_changed"


class Rollout:
    """Gives nodes another version while they serve, and asks for changes."""

    def __init__(self, rig, cluster, app, workers):
        self.rig = rig
        self.cluster = cluster
        self.app = app
        self.workers = workers
        self.led = set()  # the binaries of those that led beside others

    def restart(self, node, binary):
        node.terminate()
        node.binary = binary
        node.start()
        self.cluster.find_leader()
        self.await_version(node)

    def upgrade(self, node):
        """Without a moment in which its clients find nobody there."""
        run, old = node.upgrade("--binary", SERVAL)
        if run.returncode != 0:
            raise RuntimeError(f"the upgrade failed: {run.stderr}")
        old.wait(60)
        node.binary = SERVAL
        self.await_version(node)

    def await_version(self, node):
        old = node.binary == PREVIOUS
        wait_until(lambda: self.versions().get(node.machine, "")
                   .endswith("-previous") == old, self.versions)
        self.cluster.await_state(node.machine, "ready")

    def versions(self):
        """{node: version}, as the leader knows."""
        nodes = self.cluster.leader.admin("GET", "/v1/nodes").json()["nodes"]
        return {node["name"]: node["version"] for node in nodes}

    def changes(self):
        """The kinds of changes in the application's journal."""
        answer = self.cluster.leader.admin(
            "GET", f"/v1/applications/{self.app.name}/history")
        return [each["change"] for each in answer.json()["changes"]]

    def scale(self):
        """Asks for what is so already, and then for one worker more. Returns
        the kinds of changes that were written because of that."""
        before = len(self.changes())
        for workers in (self.workers, self.workers + 1):
            run = self.cluster.leader.cli("scale", self.app.name,
                                          f"entry={workers}")
            if run.returncode != 0:
                self.rig.break_(f"a command was refused: {run.stderr}")
        self.workers += 1
        self.cluster.await_running(self.app)
        return self.changes()[before:]

    def expect_old_changes(self):
        """Of two versions, both are there, and the older one can read what is
        written now."""
        wait_until(lambda: len(set(self.versions().values())) == 2,
                   lambda: f"two versions: {self.versions()}")
        leader = self.cluster.leader
        self.led.add(leader.binary)
        if (written := self.scale()) != ["workers_scaled"]:
            self.rig.break_(f"{leader.machine} wrote {written}: "
                            f"{self.versions()}")


def follower(cluster):
    """The other one that could lead."""
    return next(node for node in cluster.nodes[:2]
                if node is not cluster.leader)


def old_leader_reads_no_newer_journal(rig, rollout, cluster, app):
    """The version before, if it leads, says what it cannot read, and leaves
    what runs alone."""
    old, new = follower(cluster), cluster.leader
    rollout.restart(old, PREVIOUS)
    new.terminate()
    cluster.find_leader()
    wait_until(lambda: "start the newer version"
               in old.cli("status", app.name).stderr,
               lambda: old.cli("status", app.name))
    rig.wait(rig.seconds(1, 5))
    new.start()
    rollout.restart(old, SERVAL)
    cluster.await_running(app)


@scenario("C22 D20", "all daemons of the version before are replaced, one after "
          "the other: the one that clients talk to by an upgrade, the others by "
          "a restart; one goes back in between, and leads", of="cluster")
def rolling_upgrade(rig):
    if not PREVIOUS.exists():
        raise Skipped(f"{PREVIOUS} is not built; tools/faults builds it")
    with MariaServer() as database, \
            cluster_of(rig, 4, database, binary=PREVIOUS) as cluster:
        n1, n2, n3, n4 = cluster.nodes
        app = cluster.deploy(workers=6)
        load = cluster.load(n3, app, 200, "3*sleep 5", "echo")
        rollout = Rollout(rig, cluster, app, workers=6)
        rig.settle()
        load.note_fault()
        for node in (n2, n1, n4):
            rollout.restart(node, SERVAL)
            rollout.expect_old_changes()
        new, old = cluster.leader, follower(cluster)
        rollout.restart(old, PREVIOUS)
        rollout.expect_old_changes()
        new.kill()
        cluster.find_leader()
        rollout.expect_old_changes()
        if rollout.led != {PREVIOUS, SERVAL}:
            rig.break_(f"beside the others only {rollout.led} led")
        new.start()
        rollout.restart(old, SERVAL)
        rollout.upgrade(n3)
        if NEWER_CHANGE not in rollout.scale():
            rig.break_("a cluster of the new version writes what the one "
                       "before would")
        old_leader_reads_no_newer_journal(rig, rollout, cluster, app)
        rig.finish()
    rig.expect(no_request_is_lost(load))
    rig.expect(each_answer_is_its_requests_own(load))
    rig.expect(no_request_fails(load))
