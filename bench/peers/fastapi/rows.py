"""FastAPI on uvicorn with uvloop and httptools, one process."""

import contextlib

from peers import sides
from support import measure, servers

WORKS = {"noop": ("no-op HTTP", sides.EMPTY),
         "echo": ("10 KiB echo over HTTP", sides.TEN_KIB)}


def run():
    python = str(sides.install("fastapi") / "venv" / "bin" / "python")
    version = sides.output(
        python, "-c", "import fastapi, uvicorn; print('FastAPI', "
        "fastapi.__version__, 'on uvicorn', uvicorn.__version__)")
    port = servers.free_port()
    command = [python, "-m", "uvicorn", "app:app", "--app-dir",
               str(sides.HERE / "fastapi"), "--host", "127.0.0.1", "--port",
               str(port), "--workers", "1", "--loop", "uvloop", "--http",
               "httptools", "--no-access-log", "--log-level", "warning"]
    with servers.started(command, port):
        return [row for backend in WORKS
                for row in compare(version, f"http://127.0.0.1:{port}",
                                   backend)]


def compare(peer, base, backend):
    """The same backend here and there, in turn. Ray Serve's rows, too."""
    work, script = WORKS[backend]
    with contextlib.ExitStack() as stack:
        urls = {"peer": f"{base}/{backend}"} | {
            each: stack.enter_context(sides.serval(backend, each))[0]
            for each in sides.ISOLATIONS}
        return sides.rows(
            peer, f"{work}, {sides.IN_FLIGHT} connections", measure.in_turn(
                {name: lambda url=url: sides.wrk(url, script)
                 for name, url in urls.items()}, sides.ROUNDS))
