"""What the peers share: installing one, running Serval beside it, and rows."""

import contextlib
import http.client
import json
import os
import pathlib
import subprocess
import time
import urllib.parse

import harness
from support import measure, report, servers

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME")
                     or pathlib.Path.home() / ".cache")
FOLDER = pathlib.Path(os.environ.get("SERVAL_PEERS")
                      or CACHE / "serval-peers").absolute()
ROUNDS = 3
SECONDS = 1
IN_FLIGHT = 64
ISOLATIONS = ("inline", "process")

EMPTY = HERE.parent / "http" / "post.lua"
TEN_KIB = HERE / "echo.lua"


class Missing(Exception):
    """A peer that cannot be had on this machine, and why."""


def install(peer):
    """The peer's folder, after it has been installed there if need be."""
    done = subprocess.run([str(HERE / "install"), peer, str(FOLDER)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=1800)
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if line.strip()]
        raise Missing(said[-1].strip() if said else "it says nothing")
    return FOLDER / peer


def output(*command):
    """What a command prints; its last word on a version, for instance."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=True, timeout=60).stdout.strip()


def last_json(text):
    """The JSON object that stands in the last line."""
    return json.loads(text.strip().splitlines()[-1])


@contextlib.contextmanager
def serval(backend, isolation):
    """One worker of this backend of bench/plugins: url, daemon."""
    with servers.serval({backend: {
            "isolation": isolation, "workers": 1, "concurrency": IN_FLIGHT,
            "queue": 1000}}, deadline="10s") as (url, daemon):
        # The worker process shares the other core with the generator.
        for pid in daemon.workers():
            measure.pin_process(pid, measure.CLIENT_CORE)
        yield url, daemon


def three_layers(stack, isolation, middles, leaves):
    """The url of root, middle and leaf with so many workers, all cores."""
    each = {"isolation": isolation, "queue": 100_000, "concurrency": 16}
    url, _ = stack.enter_context(servers.serval(
        {"root": each | {"workers": 1}, "middle": each | {"workers": middles},
         "leaf": each | {"workers": leaves}},
        loops=len(measure.ALL_CORES), cores=measure.ALL_CORES,
        deadline="60s"))
    return url


@contextlib.contextmanager
def connection_to(url):
    """A function that posts a body on one connection and reads the answer. One
    that is not `wanted` would be the wrong work, however fast."""
    parts = urllib.parse.urlsplit(url)
    with contextlib.closing(http.client.HTTPConnection(
            parts.hostname, parts.port, timeout=60)) as connection:
        def post(body, wanted):
            connection.request("POST", parts.path, body)
            answer = connection.getresponse()
            found = answer.read()
            if answer.status != 200 or found != wanted:
                raise RuntimeError(f"{url} answers {answer.status} "
                                   f"{found[:300]!r}")
        yield post


def check(url, body, wanted):
    with connection_to(url) as post:
        post(body, wanted)


def wrk(url, script, connections=IN_FLIGHT):
    """wrk on one target; the answer is looked at before and after."""
    body = b"x" * 10240 if script == TEN_KIB else b""
    wanted = body or b"ok"
    check(url, body, wanted)
    found = measure.wrk(url, connections, SECONDS, [], script)
    check(url, body, wanted)
    return found


def rpc(daemon, in_flight, size):
    """`serval bench` on the daemon's RPC listener."""
    with measure.pinned(measure.CLIENT_CORE):
        done = harness.run_serval(
            "bench", f"rpc://{daemon.endpoints['rpc']}/app", "--body",
            f"size:{size}B", "--in-flight", in_flight, "--duration",
            f"{SECONDS}s", "--warm-up", "0.3s", "--json")
    if not done.stdout:
        raise RuntimeError(f"serval bench failed: {done.stderr.strip()}")
    found = json.loads(done.stdout)
    if found["failed"]:
        raise RuntimeError(f"requests failed: {found['statuses']}")
    return {"rps": found["throughput"],
            "p50_us": found["latency_us"]["p50"],
            "p99_us": found["latency_us"]["p99"]}


def spans(us):
    """What one after the other came to, each of which took so long."""
    us = sorted(us)
    return {"rps": 1e6 * len(us) / sum(us), "p50_us": us[len(us) // 2],
            "p99_us": us[min(len(us) - 1, len(us) * 99 // 100)]}


def in_a_row(url, body, wanted, seconds):
    """Requests on one connection, one after the other, each answer checked."""
    us = []
    with connection_to(url) as post:
        end = time.monotonic() + seconds
        while not us or time.monotonic() < end:
            start = time.monotonic()
            post(body, wanted)
            us.append((time.monotonic() - start) * 1e6)
    return spans(us)


def rows(peer, work, found):
    """A row per Serval side. `found` has the results of each side by its name;
    "peer" is the other one."""
    def middle(side, key):
        found_here = measure.median([each[key] for each in found[side]])
        return float(f"{found_here:.4g}")

    return [report.row(
        f"Serval {side} / {peer}: {work}",
        measure.ratio(found, side, "peer", "rps"), "ratio",
        **{key: middle(side, key) for key in ("rps", "p50_us", "p99_us")},
        **{f"{key}_theirs": middle("peer", key)
           for key in ("rps", "p50_us", "p99_us")})
        for side in found if side != "peer"]


def not_measured(peer, why, **detail):
    """The row of a peer without figures."""
    return {"what": f"{peer}: not measured", "value": None, "unit": "",
            "reason": str(why)} | detail
