"""nginx `return 200`: no user code at all, the roof over the others."""

import contextlib

from peers import sides
from support import measure, servers


def run():
    with contextlib.ExitStack() as stack:
        url, _ = stack.enter_context(servers.nginx())
        urls = {"peer": url} | {
            each: stack.enter_context(sides.serval("noop", each))[0]
            for each in sides.ISOLATIONS}
        return [row for connections in (1, sides.IN_FLIGHT)
                for row in sides.rows(
                    version(), f"no-op HTTP, {connections} "
                    f"connection{'s' * (connections > 1)}",
                    measure.in_turn(
                        {name: lambda url=url: sides.wrk(
                            url, sides.EMPTY, connections)
                         for name, url in urls.items()}, sides.ROUNDS))]


def version():
    return sides.output(servers.nginx_program(), "-v").rpartition(" ")[2] \
        .replace("/", " ")
