"""The servers that scenarios hold against each other."""

import contextlib
import pathlib
import shutil
import subprocess
import tempfile
import time

import harness
from support import build, measure

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type text/plain; return 200 "ok"; }}
  }}
}}
"""


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ended(process):
    process.terminate()
    process.wait(timeout=10)


def answers(port):
    with contextlib.suppress(OSError):
        harness.connect(f"127.0.0.1:{port}", 1).close()
        return True


@contextlib.contextmanager
def started(command, port):
    """A server on a port of its own, on the server's core."""
    with measure.pinned(measure.SERVER_CORE):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
    try:
        harness.wait_until(lambda: answers(port), f"{command} does not answer")
        yield process
    finally:
        ended(process)


def nginx_program():
    # Debian's is not on everybody's path.
    return shutil.which("nginx") or "/usr/sbin/nginx"


@contextlib.contextmanager
def nginx():
    """`return 200 "ok"` from one nginx worker process: url, pids."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="serval-bench-"))
    try:
        port = free_port()
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, port=port))
        with started([nginx_program(), "-c", str(config), "-p", str(folder),
                      "-e", str(folder / "error.log")], port) as process:
            time.sleep(0.1)
            yield (f"http://127.0.0.1:{port}/",
                   [process.pid, *harness.children_of(process.pid)])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def bare_beast():
    port = free_port()
    command = [build.program("http/bare_beast"), str(port)]
    with started(command, port) as process:
        yield f"http://127.0.0.1:{port}/", [process.pid]


@contextlib.contextmanager
def echo(name):
    """The server of a program of bench/rpc: port, pids."""
    with measure.pinned(measure.SERVER_CORE):
        process = subprocess.Popen(
            [build.program(f"rpc/{name}"), "server"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline()), [process.pid]
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def serval(backends, *settings, loops=1, cores=None, **keys):
    """A daemon with one application on it: url of the application, daemon."""
    daemon = harness.Daemon(f"node.loops={loops}", "http.access_log=false",
                            "log.level=warning", *settings)
    with contextlib.ExitStack() as stack:
        with measure.pinned(cores or measure.SERVER_CORE):
            stack.enter_context(daemon)
        spec = harness.write_app(daemon.folder, build.PLUGIN, backends,
                                 methods=["GET", "POST"], **keys)
        daemon.deploy(spec, seconds=120)
        yield f"http://{daemon.endpoints['http']}/app", daemon
