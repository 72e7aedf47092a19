"""Nodes of a cluster that die, freeze, or cannot reach each other."""

import contextlib
import os
import signal

from cluster import cluster_of
from harness import wait_until
from load import percentile_ms
from mariadb import MariaServer
from promises.answered import (each_answer_is_its_requests_own,
                               no_request_fails, no_request_is_lost)
from rig import scenario

# How long a node may be gone before it is noticed, and before others do its
# work: of these, cluster.lost_after is 1 s.
DETECT_SECONDS = 1.5
RECOVER_SECONDS = 5


def disturbed(rig, fault, node="n3", count=3):
    """Load on n1 while `fault(cluster)`, a context manager, troubles `node`;
    its workers start elsewhere, and it comes back."""
    with cluster_of(rig, count) as cluster:
        app = cluster.deploy(workers=2 * count)
        load = cluster.load(cluster.leader, app, 200, "3*sleep 5", "echo")
        rig.settle()
        load.note_fault()
        with fault(cluster):
            detected = cluster.await_state(node, "suspect", "lost")
            recovered = detected + cluster.await_state(node, "lost") \
                + cluster.await_running(app)
        cluster.await_state(node, "ready")
        cluster.await_running(app)
        rig.finish()
    rig.expect(no_request_is_lost(load))
    rig.expect(each_answer_is_its_requests_own(load))
    rig.expect(no_request_fails(load))
    rig.expect_in_time("time to detect", detected, DETECT_SECONDS, "s")
    rig.expect_in_time("time to recover", recovered, RECOVER_SECONDS, "s")


@scenario("N1", "one of three nodes is killed (SIGKILL) and started again",
          in_sample=True, of="cluster")
def node_kill(rig):
    @contextlib.contextmanager
    def killed(cluster):
        cluster.nodes[2].kill()
        yield
        cluster.nodes[2].start()

    disturbed(rig, killed)


@scenario("N1 D3", "one of three nodes is stopped (SIGSTOP) and goes on",
          of="cluster")
def node_freeze(rig):
    @contextlib.contextmanager
    def frozen(cluster):
        victim = cluster.nodes[2].process.pid
        os.kill(victim, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(victim, signal.SIGCONT)

    disturbed(rig, frozen)


@scenario("N2", "one of three nodes is unplugged from the network, and back",
          of="cluster")
def link_down(rig):
    disturbed(rig, lambda cluster: cluster.network.unplugged("n3"))


@scenario("N3", "what one of three nodes sends to the leader is dropped, and "
          "not the other way round", of="cluster")
def one_way_partition(rig):
    disturbed(rig, lambda cluster: cluster.network.dropped("n3", "n1"))


@scenario("N2 D21", "the node that leads, and alone has the store, is killed "
          "and started again", of="cluster")
def leader_kill(rig):
    with cluster_of(rig, 3) as cluster:
        app = cluster.deploy(workers=6)
        load = cluster.load(cluster.nodes[1], app, 200, "3*sleep 5", "echo")
        rig.settle()
        load.note_fault()
        cluster.leader.kill()
        rig.wait(rig.seconds(2, 10))
        cluster.leader.start()
        back = cluster.await_running(app)
        cluster.await_state("n2", "ready")
        cluster.await_state("n3", "ready")
        rig.finish()
    rig.expect(no_request_is_lost(load))
    rig.expect(each_answer_is_its_requests_own(load))
    rig.expect(no_request_fails(load))
    rig.expect_in_time("control plane back", back, RECOVER_SECONDS, "s")


# -- a network that is bad, not broken ----------------------------------------

def shaped(rig, slowest_ms, **how):
    """Load on n1, of whose workers some are on a node with a bad way to it: the
    slowest request then takes `slowest_ms` at least."""
    with cluster_of(rig, 3) as cluster:
        app = cluster.deploy(workers=6, deadline="5s")
        load = cluster.load(cluster.leader, app, 100, "echo")
        rig.settle()
        load.note_fault()
        with cluster.network.shaped("n3", **how):
            rig.wait(rig.seconds(3, 20))
        cluster.await_state("n3", "ready")
        cluster.await_running(app)
        rig.finish()
    slowest = percentile_ms(load.requests, 1)
    rig.show("slowest request", f"{slowest:.0f} ms")
    if slowest < slowest_ms:
        rig.break_("no request took the bad way; the scenario shows nothing")
    rig.expect(no_request_is_lost(load))
    rig.expect(each_answer_is_its_requests_own(load))
    rig.expect(no_request_fails(load))


@scenario("N4", "30 % of what one of three nodes sends is lost", of="cluster")
def packet_loss(rig):
    # A lost segment is sent again after 200 ms at the earliest.
    shaped(rig, 200, loss=0.3)


@scenario("N5", "what one of three nodes sends takes 100 ms longer",
          of="cluster")
def slow_link(rig):
    shaped(rig, 100, delay_ms=100)


# -- a database, with which another node can lead -----------------------------

LEASE_SECONDS = 3


@contextlib.contextmanager
def under_load(rig):
    """A database, n1 that leads and n2 that could, workers on n3 and n4, and
    load on n3 until this ends. The same workers are there in the end. The
    database has a dump that does not know them."""
    with MariaServer() as database, cluster_of(rig, 4, database) as cluster:
        database.dump()
        app = cluster.deploy(workers=4)
        before = workers_of(cluster, app)
        load = cluster.load(cluster.nodes[2], app, 200, "3*sleep 5", "echo")
        rig.settle()
        load.note_fault()
        yield cluster, database
        cluster.find_leader()
        for node in ("n3", "n4"):
            cluster.await_state(node, "ready")
        cluster.await_running(app)
        if workers_of(cluster, app) != before:
            rig.break_("the workers are not those from before")
        rig.finish()
    rig.expect(no_request_is_lost(load))
    rig.expect(each_answer_is_its_requests_own(load))
    rig.expect(no_request_fails(load))


def workers_of(cluster, app):
    """The ids and processes of an application's workers."""
    status = cluster.leader.admin("GET",
                                  f"/v1/applications/{app.name}").json()
    return sorted((worker["id"], worker["pid"])
                  for backend in status["backends"]
                  for worker in backend["workers"])


def expect_failover(rig, cluster):
    rig.expect_in_time("failover", cluster.find_leader(),
                       LEASE_SECONDS + 2, "s")


@scenario("C10 D21", "the node that leads is killed (SIGKILL); another has the "
          "same database", in_sample=True, of="cluster")
def leader_failover(rig):
    with under_load(rig) as (cluster, _):
        cluster.leader.kill()
        expect_failover(rig, cluster)


@scenario("C10 C11", "the node that leads is stopped (SIGSTOP) for longer than "
          "its lease, and goes on when another leads", of="cluster")
def leader_freeze(rig):
    with under_load(rig) as (cluster, _):
        old = cluster.leader
        crash_in_a_loop(rig, cluster)
        os.kill(old.process.pid, signal.SIGSTOP)
        try:
            cluster.nodes.remove(old)
            expect_failover(rig, cluster)
        finally:
            cluster.nodes.insert(0, old)
            os.kill(old.process.pid, signal.SIGCONT)
        cluster.await_state("n1", "ready")
        if old.admin("GET", "/v1/nodes").status == 200:
            rig.break_("two nodes lead")
        withheld = old.metric("serval_orders_withheld_total")
        rig.show("orders that the old leader did not give when it went on",
                 int(withheld))
        if withheld == 0:
            rig.break_("the old leader had no orders to give: the fault was "
                       "missed")
        cluster.leader.cli("delete", "looping")


def crash_in_a_loop(rig, cluster, workers=8):
    """So that the leader has starts to order at any time: it returns when each
    of them waits for its next one."""
    rig.deploy(cluster.leader, "looping", workers=workers, ledger=False,
               labels=["works"], config={"crash_after": "100ms"})

    def waiting():
        status = cluster.leader.admin(
            "GET", "/v1/applications/looping").json()
        return sum(worker["restarts"] > 2 for backend in status["backends"]
                   for worker in backend["workers"]) == workers

    wait_until(waiting, "all of them crash in a loop")


@scenario("C11", "the database is restored from an old dump, which does not "
          "know what runs, and operators go on", of="cluster")
def database_restored(rig):
    with under_load(rig) as (cluster, database):
        database.restore_dump()
        # The first change that is tried finds it out.
        cluster.leader.cli("scale", "app", "entry=5")
        shown = cluster.await_orphans("app")
        refused = cluster.leader.cli("scale", "app", "entry=5")
        if "orphans" not in refused.stderr:
            rig.break_(f"orphans were scaled: {refused}")
        rig.wait(rig.seconds(1, 10))
        adopted = cluster.leader.cli("adopt", "app")
        if adopted.returncode != 0:
            rig.break_(f"they were not adopted: {adopted}")
    rig.expect_in_time("orphans shown", shown, RECOVER_SECONDS, "s")


@scenario("C11", "the database is stopped (SIGSTOP) for longer than the lease, "
          "and goes on", of="cluster")
def database_freeze(rig):
    with under_load(rig) as (_, database):
        with database.frozen():
            rig.wait(LEASE_SECONDS + rig.seconds(1, 10))


@scenario("C11", "the database is killed (SIGKILL) and started again",
          of="cluster")
def database_kill(rig):
    with under_load(rig) as (_, database):
        database.kill()
        rig.wait(LEASE_SECONDS + rig.seconds(1, 10))
        database.start()


@scenario("C11", "the database takes no writes for longer than the lease",
          of="cluster")
def database_read_only(rig):
    with under_load(rig) as (_, database):
        database.sql("SET GLOBAL read_only = ON")
        rig.wait(LEASE_SECONDS + rig.seconds(1, 10))
        database.sql("SET GLOBAL read_only = OFF")


@scenario("D20", "all nodes but the one that clients talk to end (SIGTERM) and "
          "start again, one after the other", of="cluster")
def rolling_restart(rig):
    with cluster_of(rig, 4) as cluster:
        app = cluster.deploy(workers=6)
        load = cluster.load(cluster.leader, app, 200, "3*sleep 5", "echo")
        rig.settle()
        load.note_fault()
        for node in cluster.nodes[1:]:
            node.terminate()
            node.start()
            cluster.await_state(node.machine, "ready")
            cluster.await_running(app)
        rig.finish()
    rig.expect(no_request_is_lost(load))
    rig.expect(each_answer_is_its_requests_own(load))
    rig.expect(no_request_fails(load))
