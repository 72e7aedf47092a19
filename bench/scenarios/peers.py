"""The same work on what a user might take instead of Serval; bench/peers has
each of them. No budgets: the ratios are Serval's throughput over the peer's."""

import importlib
import sys
import traceback

from peers import sides

TARGETS = ["fan_out/fan_out"]
PEERS = ("nginx", "fastapi", "grpc", "pekko", "ray")


def run(long):
    if long:
        sides.ROUNDS, sides.SECONDS = 7, 3
    return [row for peer in PEERS for row in rows_of(peer)]


def rows_of(peer):
    """One that cannot be had is told; one that fails, too, and fails the run.
    The others run all the same."""
    print(f"peers: {peer}", file=sys.stderr, flush=True)
    try:
        return importlib.import_module(f"peers.{peer}.rows").run()
    except sides.Missing as why:
        return [sides.not_measured(peer, why)]
    except Exception as error:
        traceback.print_exc()
        return [sides.not_measured(peer, error, ok=False)]
