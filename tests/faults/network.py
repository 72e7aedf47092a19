"""Machines of a network, as network namespaces with one switch between them."""

import contextlib
import ctypes
import os
import pathlib
import subprocess
import sys
import threading
import uuid

from rig import Skipped

CLONE_NEWNET = 0x40000000
NAMES = pathlib.Path("/var/run/netns")

_libc = ctypes.CDLL(None, use_errno=True)


def _ip(*words, inside=None):
    command = ["ip"] + (["-n", inside] if inside else []) + list(words)
    done = subprocess.run(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout.strip()}")


def _enter(path):
    with open(path) as space:
        if _libc.setns(space.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {path}")


class Network:
    """A context manager: the namespaces are gone when it ends.

    Machines have the addresses 10.77.0.1, .2 and so on. Nothing leads from
    them to anywhere else.
    """

    def __init__(self):
        self.prefix = f"serval-{uuid.uuid4().hex[:8]}"
        self.switch = f"{self.prefix}-switch"
        self.made = []
        self.addresses = {}

    def __enter__(self):
        try:
            self._make(self.switch)
            _ip("link", "add", "bridge", "type", "bridge", inside=self.switch)
            _ip("link", "set", "bridge", "up", inside=self.switch)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in reversed(self.made):
            with contextlib.suppress(RuntimeError):
                _ip("netns", "del", name)
        self.made = []

    def _make(self, name):
        _ip("netns", "add", name)
        self.made.append(name)
        _ip("link", "set", "lo", "up", inside=name)

    def space(self, machine):
        return f"{self.prefix}-{machine}"

    def add(self, machine):
        """Adds a machine, and returns its address."""
        space = self.space(machine)
        self._make(space)
        _ip("link", "add", "net", "type", "veth", "peer", "name", machine,
            "netns", self.switch, inside=space)
        _ip("link", "set", "dev", machine, "master", "bridge", "up",
            inside=self.switch)
        address = f"10.77.0.{len(self.addresses) + 1}"
        _ip("addr", "add", f"{address}/24", "dev", "net", inside=space)
        _ip("link", "set", "net", "up", inside=space)
        self.addresses[machine] = address
        return address

    @contextlib.contextmanager
    def unplugged(self, machine):
        """Nothing reaches the machine, and nothing leaves it."""
        _ip("link", "set", "dev", machine, "down", inside=self.switch)
        try:
            yield
        finally:
            _ip("link", "set", "dev", machine, "up", inside=self.switch)

    @contextlib.contextmanager
    def dropped(self, machine, towards):
        """What the machine sends to another one is dropped, and not the other
        way round."""
        route = ["blackhole", f"{self.addresses[towards]}/32"]
        _ip("route", "add", *route, inside=self.space(machine))
        try:
            yield
        finally:
            _ip("route", "del", *route, inside=self.space(machine))

    def inside(self, machine):
        """What this thread connects and starts, it does on that machine."""
        return self._inside(self.space(machine))

    @contextlib.contextmanager
    def _inside(self, space):
        before = f"/proc/self/task/{threading.get_native_id()}/ns/net"
        with open(before) as home:
            _enter(NAMES / space)
            try:
                yield
            finally:
                if _libc.setns(home.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "cannot come back")

    @contextlib.contextmanager
    def shaped(self, machine, loss=0, delay_ms=0):
        """Of what the machine sends the share `loss` is lost, and the rest comes
        later."""
        _ip("link", "add", "shaped", "type", "veth", "peer", "name", "shaper",
            inside=self.switch)
        _ip("link", "set", "dev", "shaped", "master", "bridge", "up",
            inside=self.switch)
        _ip("link", "set", "dev", "shaper", "up", inside=self.switch)
        _ip("link", "set", "dev", machine, "nomaster", inside=self.switch)
        with self._inside(self.switch):
            relay = subprocess.Popen(
                [sys.executable, pathlib.Path(__file__).with_name("bad_link.py"),
                 machine, "shaper", str(loss), str(delay_ms)],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        try:
            if relay.stdout.readline() != b"ready\n":
                raise RuntimeError("bad_link.py did not start")
            yield
        finally:
            relay.kill()
            relay.wait()
            relay.stdout.close()
            _ip("link", "set", "dev", machine, "master", "bridge",
                inside=self.switch)
            _ip("link", "del", "shaped", inside=self.switch)


def why_not():
    """Why no network can be made here; None if it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    try:
        with Network() as network:
            network.add("a")
    except (OSError, RuntimeError) as problem:
        return f"no network namespaces here: {problem}"
    return None
