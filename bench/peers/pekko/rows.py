"""Apache Pekko, actors on the JVM: questions over Artery's TCP against Serval's
RPC, and three layers inside one process against Serval's data plane."""

import contextlib

from peers import sides
from scenarios import fan_out
from support import measure, servers

BYTES = 64
# The JVM's compiler wants some seconds before it is at its best.
WARM_UP_SECONDS = 5
SECONDS = 2
# Fewer than the others, since each warms up again.
ROUNDS = 2


def java(folder, cores, *arguments):
    with measure.pinned(cores):
        return sides.last_json(sides.output(*command(folder, *arguments)))


def command(folder, *arguments):
    return ["java", "-cp", f"{folder}/jars/*:{folder}/classes",
            *map(str, arguments)]


def run():
    folder = sides.install("pekko")
    return ask(folder) + [
        row for cores, leaves in ((1, 1), (1, 1000), (2, 1000))
        for row in layers(folder, cores, leaves)]


def ask(folder):
    port = servers.free_port()
    with contextlib.ExitStack() as stack:
        stack.enter_context(servers.started(
            command(folder, "Ask", "serve", port), port))
        daemons = {each: stack.enter_context(sides.serval("echo", each))[1]
                   for each in sides.ISOLATIONS}
        return [row for in_flight in (1, sides.IN_FLIGHT)
                for row in compare(folder, port, daemons, in_flight)]


def compare(folder, port, daemons, in_flight):
    found = measure.in_turn(
        {"peer": lambda: java(
            folder, measure.CLIENT_CORE, "Ask", port, in_flight, BYTES,
            WARM_UP_SECONDS, SECONDS)} | {
            name: lambda daemon=daemon: sides.rpc(daemon, in_flight, BYTES)
            for name, daemon in daemons.items()}, ROUNDS)
    return sides.rows(f"Pekko {found['peer'][0]['version']}",
                      f"{BYTES} B ask between two processes, {in_flight} in "
                      "flight", found)


def layers(folder, cores, leaves):
    theirs = java(folder, measure.ALL_CORES[:cores], "Layers", leaves,
                  WARM_UP_SECONDS, SECONDS)
    ours = sides.spans(
        fan_out.layers(leaves, 500, cores)["serval"]["wall_us"])
    return sides.rows(
        f"Pekko {theirs['version']}",
        f"three layers, {leaves} lea{'ves' if leaves > 1 else 'f'}, one "
        f"process, {cores} core{'s' * (cores > 1)}",
        {"peer": [theirs], "inline": [ours]})
