"""Clients that hold what they do not use: sockets, memory, descriptors."""

import contextlib
import os
import pathlib
import resource
import selectors
import signal
import socket
import subprocess
import time

from faults import Watch, processor_seconds, resident_mib
from harness import SERVAL, Daemon, connect, exchange, request_bytes
from load import NS
from promises.answered import (available, each_answer_is_its_requests_own,
                               no_request_fails, no_request_is_lost,
                               requests_end_only_with, serves_again)
from rig import Skipped, scenario


def need_descriptors(count):
    """So many connections need so many files, here and in the daemon."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count:
        raise Skipped(f"{count} open files are needed, {hard} are allowed")
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def sockets_to(readers):
    """How many sockets the kernel keeps for the other ends of these, also when
    the daemon has closed them."""
    # Ports alone also name what is left of connections to earlier daemons.
    pairs = {(f":{reader.port:04X}", f":{reader.getsockname()[1]:04X}")
             for reader in readers}
    with open("/proc/net/tcp") as lines:
        ends = (line.split()[1:3] for line in lines)
        return sum((ours[-5:], theirs[-5:]) in pairs for ours, theirs in ends)


class Reader(socket.socket):
    """Remembers the port that it is connected to, which a socket that was reset
    does not."""

    port = 0


def descriptors(pid):
    """How many files a process has open."""
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))


class Crowd:
    """Many connections, and which of them the server has ended."""

    def __init__(self, address, count):
        self.selector = selectors.DefaultSelector()
        self.open = set()
        self.ended_after = []
        self.begun = time.monotonic()
        for _ in range(count):
            connection = connect(address, 10)
            connection.setblocking(False)
            self.open.add(connection)
            self.selector.register(connection, selectors.EVENT_READ)

    def send(self, data):
        """To all that are open; what does not fit is left out."""
        for connection in list(self.open):
            with contextlib.suppress(BlockingIOError):
                try:
                    connection.send(data)
                except (BrokenPipeError, ConnectionResetError):
                    self.drop(connection)

    def look(self, seconds):
        """Notices ends for so long; what was answered is thrown away."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self.open:
            for key, _ in self.selector.select(left):
                try:
                    gone = not key.fileobj.recv(65536)
                except ConnectionError:
                    gone = True
                if gone:
                    self.drop(key.fileobj)

    def drop(self, connection):
        self.ended_after.append(time.monotonic() - self.begun)
        self.selector.unregister(connection)
        self.open.discard(connection)
        connection.close()

    def close(self):
        for connection in self.open:
            connection.close()
        self.open.clear()
        self.selector.close()


@scenario("D11", "ten thousand connections on which nothing happens")
def idle_connections(rig):
    count = 10_000 if rig.is_full else 2_000
    need_descriptors(count + 500)
    with rig.daemon("http.connections_max=12000",
                    "http.connections_per_address_max=12000",
                    "http.idle_timeout=10m") as daemon:
        app = rig.deploy(daemon, workers=2, concurrency=4)
        load = rig.load(daemon, app, 100, "sleep 5")
        rig.settle()
        before = resident_mib(daemon.process.pid)
        load.note_fault()
        crowd = Crowd(daemon.endpoints["http"], count)
        time.sleep(rig.seconds(2, 10))
        memory = resident_mib(daemon.process.pid)
        closed = count - len(crowd.open)
        crowd.close()
        end = time.monotonic_ns()
        time.sleep(2)
        rig.finish()
    per_connection = (memory - before) * 1024 / count
    rig.show("daemon's memory", f"{before:.0f} to {memory:.0f} MiB")
    rig.expect(no_request_is_lost(load))
    rig.expect(no_request_fails(load))
    rig.expect(serves_again(load, end, 1.5))
    if closed:
        rig.break_(f"{closed} connections were closed though there was room")
    if per_connection > 16:
        rig.break_(f"an idle connection costs {per_connection:.0f} KiB, more "
                   "than 16")


def dribble(rig, setting, head, seconds):
    """Clients that send `head` at once, and then a byte a second of a request
    that never ends. Each must lose its connection within `seconds`, and
    nobody else notice."""
    count = 2_000 if rig.is_full else 300
    need_descriptors(count + 500)
    with rig.daemon(setting) as daemon:
        app = rig.deploy(daemon, workers=2, concurrency=4)
        load = rig.load(daemon, app, 100, "sleep 5")
        rig.settle()
        load.note_fault()
        crowd = Crowd(daemon.endpoints["http"], count)
        crowd.send(head)
        for _ in range(seconds):
            crowd.send(b"x")
            crowd.look(1)
        left = len(crowd.open)
        crowd.close()
        rig.finish()
    rig.show("last one cut after",
             f"{max(crowd.ended_after, default=0):.1f} s")
    rig.expect(no_request_is_lost(load))
    rig.expect(available(load, 0.999, "good requests"))
    if left:
        rig.break_(f"{left} of {count} slow clients still had their "
                   f"connection after {seconds} s, with {setting}")


@scenario("D23", "clients that send a request's head one byte a second")
def slow_heads(rig):
    dribble(rig, "http.head_timeout=2s", b"POST /app HTTP/1.1\r\nHost: ", 6)


@scenario("D23", "clients that send a request's body one byte a second")
def slow_bodies(rig):
    whole = request_bytes("POST", "/app", b"x" * 100_000)
    dribble(rig, "http.body_timeout=2s",
            whole[:whole.index(b"\r\n\r\n") + 4], 12)


def ask_and_never_read(daemon, app, mib, count):
    """Connections of clients that want `mib` MiB each, and take none."""
    request = request_bytes("POST", f"/{app.name}", f"answer {mib << 10}")
    readers = []
    for _ in range(count):
        reader = Reader()
        # As little as a client can take.
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, _, port = daemon.endpoints["http"].rpartition(":")
        reader.port = int(port)
        reader.connect((host, reader.port))
        reader.sendall(request)
        readers.append(reader)
    return readers


@scenario("D11 D23", "clients that ask for 8 MiB each and do not read it")
def slow_readers(rig):
    count, mib = 120 if rig.is_full else 24, 8
    patience = 3
    with rig.daemon(f"http.write_timeout={patience}s") as daemon:
        app = rig.deploy(daemon, workers=2, concurrency=4)
        large = rig.deploy(daemon, "large", workers=2, concurrency=16,
                           deadline="20s", max_requests=500)
        load = rig.load(daemon, app, 100, "sleep 5")
        rig.settle()
        pid = daemon.process.pid
        before = resident_mib(pid)
        load.note_fault()
        with Watch(lambda: resident_mib(pid)) as memory:
            readers = ask_and_never_read(daemon, large, mib, count)
            # To read, so as to see who was cut, would help the others on.
            begun = time.monotonic()
            time.sleep(patience)
            while sockets_to(readers) and time.monotonic() < begun + 20:
                time.sleep(0.2)
            took = time.monotonic() - begun
        left = sockets_to(readers)
        for reader in readers:
            reader.close()
        rig.finish()
    rig.show("daemon's memory", f"{before:.0f} to {memory.largest:.0f} MiB")
    rig.expect(no_request_is_lost(load))
    rig.expect(available(load, 0.999, "good requests"))
    if left:
        rig.break_(f"{left} of {count} clients that read nothing still had "
                   f"their connection after {took:.0f} s; {patience} s were "
                   "allowed")
    rig.expect_in_time("last one cut after", took, patience + 7, "s")
    # Each may hold one answer, and what malloc keeps.
    if memory.largest - before > 1.5 * count * mib:
        rig.break_(f"{count} answers of {mib} MiB made the daemon "
                   f"{memory.largest - before:.0f} MiB larger")


@scenario("D11", "clients that ask for 8 MiB each and do not read it, more "
          "than the daemon may hold")
def memory_cap(rig):
    count, mib, limit_mib = 120, 8, 384
    with rig.daemon(f"node.memory_max={limit_mib}MiB",
                    "http.write_timeout=3s") as daemon:
        app = rig.deploy(daemon, workers=2, concurrency=4)
        large = rig.deploy(daemon, "large", workers=2, concurrency=16,
                           deadline="20s", max_requests=500)
        load = rig.load(daemon, app, 100, "sleep 5")
        rig.settle()
        load.note_fault()
        with Watch(lambda: resident_mib(daemon.process.pid), 0.02) as memory:
            readers = ask_and_never_read(daemon, large, mib, count)
            time.sleep(rig.seconds(6, 15))
        for reader in readers:
            reader.close()
        end = time.monotonic_ns()
        time.sleep(3)
        rig.finish()
    refused = sum(r.status == "503" for r in load.requests)
    rig.show("daemon's memory", f"{memory.largest:.0f} MiB")
    rig.show("good requests refused", refused)
    rig.expect(no_request_is_lost(load))
    rig.expect(each_answer_is_its_requests_own(load))
    rig.expect(requests_end_only_with(load, "503"))
    rig.expect(serves_again(load, end + NS, 2))
    if memory.largest > limit_mib:
        rig.break_(f"the daemon grew to {memory.largest:.0f} MiB; it may have "
                   f"{limit_mib} MiB")


@scenario("D11", "an RPC client with large answers under way is stopped "
          "(SIGSTOP)")
def stopped_client(rig):
    with rig.daemon() as daemon:
        app = rig.deploy(daemon, workers=2, concurrency=4)
        rig.deploy(daemon, "large", workers=2, concurrency=16,
                   max_requests=64)
        load = rig.load(daemon, app, 100, "sleep 5")
        rig.settle()
        before = resident_mib(daemon.process.pid)
        load.note_fault()
        client = subprocess.Popen(
            [str(SERVAL), "bench", f"rpc://{daemon.endpoints['rpc']}/large",
             "--body", "answer 1024", "--in-flight", "256", "--duration",
             "60s"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        try:
            time.sleep(1)
            with Watch(lambda: resident_mib(daemon.process.pid)) as memory:
                os.kill(client.pid, signal.SIGSTOP)
                time.sleep(rig.seconds(3, 15))
        finally:
            client.kill()
            client.wait()
        end = time.monotonic_ns()
        time.sleep(2)
        rig.finish()
    rig.show("daemon's memory", f"{before:.0f} to {memory.largest:.0f} MiB")
    rig.expect(no_request_is_lost(load))
    rig.expect(no_request_fails(load))
    rig.expect(serves_again(load, end, 1.5))
    # 64 requests are admitted at a time; twice that, and what malloc keeps.
    if memory.largest - before > 256:
        rig.break_("a stopped client made the daemon "
                   f"{memory.largest - before:.0f} MiB larger")


class FewDescriptors(Daemon):
    limit = 256
    wrapper = ("prlimit", f"--nofile={limit}:{limit}")


@scenario("D22", "a daemon that may have 256 descriptors gets 1,000 clients")
def no_descriptors(rig):
    with rig.daemon(kind=FewDescriptors) as daemon:
        app = rig.deploy(daemon, workers=2, concurrency=4)
        load = rig.load(daemon, app, 100, "sleep 5", connections=1)
        rig.settle()
        pid = daemon.process.pid
        free = FewDescriptors.limit - descriptors(pid)
        load.note_fault()
        seconds = rig.seconds(3, 10)
        before = processor_seconds(pid)
        crowd = Crowd(daemon.endpoints["http"], 1000)
        crowd.look(seconds)
        busy = (processor_seconds(pid) - before) / seconds
        left = len(crowd.open)
        crowd.close()
        time.sleep(1)
        answer = exchange(daemon.endpoints["http"],
                          request_bytes("POST", "/app", b"echo"), 5)
        rig.finish()
    rig.show("processor", f"{busy:.0%} of one")
    rig.expect(no_request_is_lost(load))
    rig.expect(no_request_fails(load))
    rig.expect(each_answer_is_its_requests_own(load))
    if answer.status != 200:
        rig.break_("with descriptors free again, a new connection was answered "
                   f"with {answer}")
    if left > free:
        rig.break_(f"{left} of 1000 connections were left hanging though "
                   f"there were descriptors for {free}")
    if busy > 0.5:
        rig.break_(f"the daemon used {busy:.0%} of a processor, as if it "
                   "spun")
