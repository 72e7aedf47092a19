"""gRPC C++: asynchronous server and client, one thread and one channel each,
against Serval's RPC."""

import contextlib

from peers import sides
from support import measure, servers

BYTES = 64


def run():
    folder = sides.install("grpc")
    port = servers.free_port()
    with contextlib.ExitStack() as stack:
        stack.enter_context(servers.started(
            [str(folder / "echo_server"), str(port)], port))
        daemons = {each: stack.enter_context(sides.serval("echo", each))[1]
                   for each in sides.ISOLATIONS}
        return [row for in_flight in (1, sides.IN_FLIGHT)
                for row in compare(folder, port, daemons, in_flight)]


def compare(folder, port, daemons, in_flight):
    def theirs():
        with measure.pinned(measure.CLIENT_CORE):
            return sides.last_json(sides.output(
                str(folder / "echo_client"), str(port), str(in_flight),
                str(BYTES), str(sides.SECONDS)))

    found = measure.in_turn(
        {"peer": theirs} | {
            name: lambda daemon=daemon: sides.rpc(daemon, in_flight, BYTES)
            for name, daemon in daemons.items()}, sides.ROUNDS)
    return sides.rows(f"gRPC C++ {found['peer'][0]['version']}",
                      f"{BYTES} B echo over RPC, {in_flight} in flight", found)
