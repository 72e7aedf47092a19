"""The backends of bench/plugins/noop.cpp as Ray has them: Serve deployments,
and plain actors for the three layers.

usage: strategy.py HTTP_PORT TEMP_DIR

Prints "ready VERSION" once all of it serves; then, for each line "actors N" on
standard input, asks the plain actors for N leaves and prints one JSON object.
The end of the input ends Ray.
"""

import asyncio
import json
import logging
import sys
import time

import ray
from ray import serve
from starlette.responses import PlainTextResponse, Response

# As many processes as Serval gets for the same work in inside.py.
MIDDLES = 2
LEAVES = 2
WIDTH = 32
# A bound that these loads do not reach; Serve's default of 5 would.
MANY = 1000

def deployment(replicas=1):
    return serve.deployment(num_replicas=replicas, max_ongoing_requests=MANY,
                            ray_actor_options={"num_cpus": 0})


def pieces(leaves):
    """How many leaves each piece of the middle layer has."""
    return [min(WIDTH, leaves - done) for done in range(0, leaves, WIDTH)]


@deployment()
class Noop:
    async def __call__(self, request):
        return PlainTextResponse("ok")


@deployment()
class Echo:
    async def __call__(self, request):
        return Response(await request.body())


@deployment(LEAVES)
class Leaf:
    async def work(self, piece):
        return piece


@deployment(MIDDLES)
class Middle:
    def __init__(self, leaf):
        self.leaf = leaf

    async def work(self, count):
        answers = await asyncio.gather(
            *[self.leaf.work.remote("x") for _ in range(count)])
        return answers.count("x")


@deployment()
class Root:
    def __init__(self, middle):
        self.middle = middle

    async def __call__(self, request):
        counts = pieces(int(await request.body()))
        return PlainTextResponse(str(sum(await asyncio.gather(
            *[self.middle.work.remote(count) for count in counts]))))


@ray.remote(num_cpus=0)
class LeafActor:
    def __init__(self):
        self.calls = 0

    def work(self, piece):
        self.calls += 1
        return piece

    def calls_so_far(self):
        return self.calls


@ray.remote(num_cpus=0)
class MiddleActor:
    def __init__(self, leaves):
        self.leaves = leaves

    def work(self, count):
        return ray.get([self.leaves[i % len(self.leaves)].work.remote("x")
                        for i in range(count)]).count("x")


@ray.remote(num_cpus=0)
class RootActor:
    def __init__(self, middles):
        self.middles = middles

    def work(self, leaves):
        return sum(ray.get([
            self.middles[i % len(self.middles)].work.remote(count)
            for i, count in enumerate(pieces(leaves))]))


def start_actors():
    leaves = [LeafActor.remote() for _ in range(LEAVES)]
    middles = [MiddleActor.remote(leaves) for _ in range(MIDDLES)]
    return RootActor.remote(middles), leaves


def ask(root, leaves, wanted):
    """One request to the plain actors: what it took, and who did the work."""
    def calls():
        return sum(ray.get([leaf.calls_so_far.remote() for leaf in leaves]))

    before = calls()
    start = time.perf_counter()
    answered = ray.get(root.work.remote(wanted))
    took = time.perf_counter() - start
    return {"us": took * 1e6, "answered": answered,
            "leaf_calls": calls() - before}


def main():
    port, temp_dir = int(sys.argv[1]), sys.argv[2]
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False,
             logging_level=logging.ERROR, _node_ip_address="127.0.0.1",
             _temp_dir=temp_dir)
    serve.start(http_options={"host": "127.0.0.1", "port": port},
                logging_config={"enable_access_log": False,
                                "log_level": "ERROR"})
    quiet = {"enable_access_log": False, "log_level": "ERROR"}
    for name, entry in (("noop", Noop.bind()), ("echo", Echo.bind()),
                        ("layers", Root.bind(Middle.bind(Leaf.bind())))):
        serve.run(entry, name=name, route_prefix=f"/{name}",
                  logging_config=quiet)
    root, leaves = start_actors()
    ask(root, leaves, 1)
    print("ready", ray.__version__, flush=True)
    for line in sys.stdin:
        print(json.dumps(ask(root, leaves, int(line.split()[1]))), flush=True)
    serve.shutdown()
    ray.shutdown()


if __name__ == "__main__":
    main()
