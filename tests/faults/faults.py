"""The faults themselves: what is done to processes and connections."""

import contextlib
import os
import random
import signal
import socket
import threading
import time

from harness import connect, is_running, request_bytes


def kill(pid):
    """SIGKILL; returns when that was."""
    at = time.monotonic_ns()
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return at


def kill_workers_now_and_then(daemon, seconds, every, expected, seed=1):
    """Kills one of the worker processes every so often; returns when."""
    random_source = random.Random(seed)
    moments = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        workers = daemon.workers()
        # Never the last ones: some must be there to take over.
        if len(workers) > expected // 2:
            moments.append(kill(random_source.choice(workers)))
        time.sleep(every)
    return moments


@contextlib.contextmanager
def frozen(pid):
    """Stopped, as by a debugger or a machine that swaps."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def slowed(pid, awake_share=0.1, period=0.1):
    """Gets its processor only for a part of the time."""
    over = threading.Event()

    def alternate():
        while not over.is_set() and is_running(pid):
            with frozen(pid):
                over.wait(period * (1 - awake_share))
            over.wait(period * awake_share)

    thread = threading.Thread(target=alternate)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def leave_early(address, path, body, count, seconds, seed=1):
    """Clients that send a request and leave before it is answered. Returns
    {request id: when its client left, on the monotonic clock}."""
    random_source = random.Random(seed)
    left = {}
    for number in range(count):
        name = f"leaver{number}"
        connection = connect(address)
        connection.sendall(request_bytes("POST", path, body,
                                         {"x-request-id": name}))
        time.sleep(random_source.uniform(0, seconds))
        if number % 2:
            # A reset instead of an orderly end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                  b"\1\0\0\0\0\0\0\0")
        connection.close()
        left[name] = time.monotonic_ns()
    return left


def resident_mib(pid):
    """The memory that a process holds."""
    with open(f"/proc/{pid}/status") as lines:
        for line in lines:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def processor_seconds(pid):
    """The processor time that a process has used."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Watch:
    """Looks at something again and again in a thread, and keeps the largest."""

    def __init__(self, look, every=0.1):
        self.largest = 0
        self.seen = set()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(look, every))

    def run(self, look, every):
        while not self.over.is_set():
            with contextlib.suppress(OSError):
                value = look()
                if isinstance(value, (int, float)):
                    self.largest = max(self.largest, value)
                else:
                    self.seen.update(value)
            self.over.wait(every)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
