"""Measures Ray and Serval inside the namespaces that rows.py makes; prints the
rows as JSON. usage: inside.py FOLDER SCRATCH"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
BENCH = pathlib.Path(__file__).resolve().parents[2]
# Not the folder of this file: what it holds is not the package `ray`.
sys.path[:1] = [str(BENCH), str(BENCH.parent / "tests" / "process")]

from peers import sides  # noqa: E402
from peers.fastapi import rows as fastapi  # noqa: E402
from support import measure, servers  # noqa: E402

LEAVES = 1000
# As many processes as strategy.py has.
PROCESSES = {"middles": 2, "leaves": 2}
LAYERS_SECONDS = 6


class Ray:
    """strategy.py in Ray's own Python, on all cores."""

    def __init__(self, folder, scratch):
        self.port = servers.free_port()
        self.process = subprocess.Popen(
            [str(pathlib.Path(folder, "venv", "bin", "python")),
             str(pathlib.Path(__file__).with_name("strategy.py")),
             str(self.port), scratch],
            env=os.environ | {"RAY_USAGE_STATS_ENABLED": "0"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.version = "Ray " + self.answer("ready ")

    def answer(self, start):
        for line in self.process.stdout:
            if line.startswith(start):
                return line.removeprefix(start).strip()
        raise RuntimeError("Ray ended; what it said is above")

    def actors(self):
        """One request to the plain actors, in µs."""
        print("actors", LEAVES, file=self.process.stdin, flush=True)
        found = json.loads("{" + self.answer("{"))
        if found["answered"] != LEAVES or found["leaf_calls"] != LEAVES:
            raise RuntimeError(f"not all leaves answered: {found}")
        return found["us"]


def layers(ray):
    """By Serve's handles over HTTP, and by plain actors from a driver."""
    wanted = str(LEAVES).encode()
    with contextlib.ExitStack() as stack:
        urls = {"peer": f"http://127.0.0.1:{ray.port}/layers"} | {
            each: sides.three_layers(stack, each, **PROCESSES)
            for each in sides.ISOLATIONS}
        found = {}
        for name, url in urls.items():
            sides.check(url, wanted, wanted)
            found[name] = [sides.in_a_row(url, wanted, wanted,
                                          LAYERS_SECONDS)]
    work = f"three layers, {LEAVES} leaves, one request at a time"
    ray.actors()
    actors = {"peer": [sides.spans([ray.actors() for _ in range(10)])]}
    return sides.rows(f"{ray.version} Serve handles", work, found) \
        + sides.rows(f"{ray.version} plain actors", work, found | actors)


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    ray = Ray(*sys.argv[1:])
    base = f"http://127.0.0.1:{ray.port}"
    rows = [row for backend in fastapi.WORKS
            for row in fastapi.compare(f"{ray.version} Serve", base, backend)]
    print(json.dumps(rows + layers(ray)))


if __name__ == "__main__":
    main()
