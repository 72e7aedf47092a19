"""Machines of a network, as network namespaces with one switch between them."""

import contextlib
import ctypes
import os
import pathlib
import subprocess
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

    @contextlib.contextmanager
    def inside(self, machine):
        """What this thread connects and starts, it does on that machine."""
        before = f"/proc/self/task/{threading.get_native_id()}/ns/net"
        with open(before) as home:
            _enter(NAMES / self.space(machine))
            try:
                yield
            finally:
                if _libc.setns(home.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "cannot come back")


    @contextlib.contextmanager
    def shaped(self, machine, how):
        """What the machine sends is treated as tc-netem(8) says."""
        device = ["dev", "net", "root", "netem"]
        done = subprocess.run(
            ["tc", "-n", self.space(machine), "qdisc", "add", *device,
             *how.split()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise Skipped(f"this kernel has no netem: {done.stdout.strip()}")
        try:
            yield
        finally:
            subprocess.run(["tc", "-n", self.space(machine), "qdisc", "del",
                            *device], check=True)


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
