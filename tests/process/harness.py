"""Starts the real daemon, talks to it, and leaves nothing behind."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SERVAL_TEST_BUILD", TOP / "build"))
SERVAL = BUILD / "serval"
PLUGINS = BUILD / "tests" / "plugins"
STRATEGY = PLUGINS / "test_strategy.so"
EXAMPLES = TOP / "examples"
BUILT_EXAMPLES = BUILD / "examples"

# Long enough for a loaded machine; a test that waits this long has failed.
PATIENCE_SECONDS = 30

needs_test_data = unittest.skipUnless("SERVAL_TEST_DATA" in os.environ,
                                      "SERVAL_TEST_DATA is unset")
full_tier_only = unittest.skipUnless("SERVAL_TEST_FULL" in os.environ,
                                     "takes minutes: only with --full")


def test_metrics():
    """The folder of real metric files. REQUIRES: needs_test_data."""
    return pathlib.Path(os.environ["SERVAL_TEST_DATA"], "metrics")


def wait_until(condition, what, seconds=PATIENCE_SECONDS):
    """Waits for a true result of `condition()` and returns it.

    `what` may be a function, called only to tell what was missing.
    """
    deadline = time.monotonic() + seconds
    while True:
        if result := condition():
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: "
                                 f"{what() if callable(what) else what}")
        time.sleep(0.02)


def is_running(pid):
    """Whether the process exists and is no zombie."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def children_of(pid):
    """The running child processes of a process, of all its threads."""
    found = []
    for file in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in file.read_text().split()]
    return [child for child in found if is_running(child)]


class Response:
    """An HTTP answer: `status`, `headers` (lower-case names), `body`."""

    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.raw = raw
        self.status = int(lines[0].split()[1]) if raw else 0
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


def connect(address, seconds=PATIENCE_SECONDS):
    """A TCP connection to `host:port`."""
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=seconds)


def receive(connection, has_body=True):
    """One HTTP answer from a connection; `status` 0 if it was closed first."""
    raw, need = b"", None
    while need is None or len(raw) < need:
        piece = connection.recv(65536)
        if not piece:
            break
        raw += piece
        end = raw.find(b"\r\n\r\n")
        if need is None and end >= 0:
            length = Response(raw).headers.get("content-length", "0")
            need = end + 4 + (int(length) if has_body else 0)
    return Response(raw)


def exchange(address, raw, seconds=PATIENCE_SECONDS):
    """Sends bytes as they are, and reads one HTTP answer."""
    with connect(address, seconds) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(raw)
        try:
            return receive(connection, not raw.startswith(b"HEAD "))
        except ConnectionResetError:
            return Response(b"")


def request_bytes(method, target, body=b"", headers=None):
    """An HTTP/1.1 request as bytes; `body` may be text or what JSON takes."""
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    fields = {"Host": "localhost", "Content-Length": str(len(body)),
              "Content-Type": "application/json"} | (headers or {})
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body


def write_app(folder, plugin, backends, entry=None, **keys):
    """Writes an app.toml; `backends` is {name: {key: value}}."""
    def toml(value):
        return json.dumps(value, ensure_ascii=False)

    keys = {"name": "app", "entry": entry or next(iter(backends)),
            "plugin": str(plugin)} | keys
    tables = {"config": keys.pop("config", None)}
    for name, settings in backends.items():
        settings = dict(settings)
        tables[f"backend.{name}.config"] = settings.pop("config", None)
        tables[f"backend.{name}"] = settings
    text = "".join(f"{key} = {toml(value)}\n" for key, value in keys.items())
    for name, table in tables.items():
        if table is not None:
            text += f"\n[{name}]\n" + "".join(
                f"{key} = {toml(value)}\n" for key, value in table.items())
    file = pathlib.Path(folder, "app.toml")
    file.write_text(text)
    return file


def run_serval(*arguments, seconds=PATIENCE_SECONDS, **options):
    """Runs the command line to its end; `stdout` and `stderr` are text."""
    environment = os.environ | {"NO_COLOR": "1"} | options.pop("env", {})
    return subprocess.run(
        [str(SERVAL), *map(str, arguments)], timeout=seconds,
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, errors="replace", **options)


class Successor:
    """A daemon that another one has started in its own place; it is used like a
    `subprocess.Popen`, but nobody here can learn its exit status."""

    def __init__(self, pid):
        self.pid = pid
        self.returncode = None

    def poll(self):
        if self.returncode is None and not is_running(self.pid):
            self.returncode = 0
        return self.returncode

    def wait(self, timeout=PATIENCE_SECONDS):
        wait_until(lambda: self.poll() is not None, "the daemon's end",
                   timeout)
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)


class Daemon:
    """`serval node` with a folder of its own; a context manager.

    `settings` are `section.key=value` overrides. Leaving the context kills it,
    and checks that its worker processes went with it. `wrapper` is a command
    that ends by becoming the daemon, `popen_options` what else its process
    is started with, `binary` the program itself.
    """

    wrapper = ()
    popen_options = {}
    binary = SERVAL

    def __init__(self, *settings, data_dir=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="serval-test-"))
        self.data_dir = pathlib.Path(data_dir or self.folder / "data")
        self.settings = settings
        self.log = self.folder / "log"
        self.config = self.folder / "node.toml"
        self.config.write_text(
            f'[node]\nname = "test"\ndata_dir = "{self.data_dir}"\n\n'
            + "\n\n".join(f'[{part}]\nlisten = "127.0.0.1:0"'
                          for part in ("http", "rpc", "admin")) + "\n")
        self.process = None
        self.endpoints = {}

    def __enter__(self):
        try:
            return self.start()
        except BaseException as error:
            self.end(error)
            raise

    def __exit__(self, _, error, __):
        self.end(error)

    def launch(self):
        """Starts the process without waiting for it to serve."""
        overrides = [word for s in self.settings for word in ("--set", s)]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, str(self.binary), "node", "-c", str(self.config),
                 *overrides],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                **self.popen_options)

    def start(self):
        file = self.data_dir / "endpoints.json"

        def identity():
            with contextlib.suppress(OSError):
                return (file.stat().st_ino, file.stat().st_mtime_ns)

        stale = identity()
        self.launch()

        def serves():
            if self.process.poll() is not None:
                raise AssertionError(
                    f"the daemon ended with {self.process.returncode} before "
                    f"it served:\n{self.log_tail()}")
            return identity() not in (None, stale)

        wait_until(serves, lambda: f"{file}\n{self.log_tail()}")
        self.endpoints = json.loads(file.read_text())
        return self

    def end(self, error=None):
        if error is not None:
            print(f"--- the daemon's log\n{self.log_tail()}\n---", flush=True)
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() \
            else ""

    def log_tail(self):
        return self.log_text()[-6000:]

    def kill(self):
        """SIGKILL, and waits until its worker processes are gone as well."""
        orphans = children_of(self.process.pid)
        self.process.kill()
        self.process.wait()
        wait_until(lambda: not any(map(is_running, orphans)),
                   "worker processes outlive their daemon")

    def terminate(self, seconds=PATIENCE_SECONDS):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=seconds)

    def upgrade(self, *arguments):
        """`serval node upgrade`. Returns the run, and the old process; after a
        success everything else is about the new one."""
        run = self.cli("node", "upgrade", "--json", *arguments, seconds=120)
        old = self.process
        if run.returncode == 0:
            self.process = Successor(json.loads(run.stdout)["pid"])
        return run, old

    def workers(self):
        """The process ids of its worker processes."""
        return children_of(self.process.pid)

    def http(self, method, target, body=b"", headers=None,
             seconds=PATIENCE_SECONDS):
        return exchange(self.endpoints["http"],
                        request_bytes(method, target, body, headers), seconds)

    def admin(self, method, target, body=b"", headers=None):
        return exchange(self.endpoints["admin"],
                        request_bytes(method, target, body, headers))

    def cli(self, *arguments, seconds=PATIENCE_SECONDS):
        return run_serval(*arguments, "--admin", self.endpoints["admin"],
                          seconds=seconds)

    def deploy(self, file, *settings, seconds=PATIENCE_SECONDS):
        """Deploys and expects success."""
        overrides = [word for s in settings for word in ("--set", s)]
        run = self.cli("deploy", file, *overrides, seconds=seconds)
        if run.returncode != 0:
            raise AssertionError(
                f"deploy of {file} ended with {run.returncode}\n"
                f"{run.stdout}{run.stderr}")
        return run

    def metric(self, prefix):
        """The sum of all samples in /metrics whose line begins so."""
        text = self.admin("GET", "/metrics").body.decode()
        return sum(float(line.split()[-1]) for line in text.splitlines()
                   if line.startswith(prefix))


class ProcessTest(unittest.TestCase):
    """A test that needs the binary."""

    @classmethod
    def setUpClass(cls):
        if not SERVAL.exists():
            raise unittest.SkipTest(f"{SERVAL} is not built")

    def scratch(self):
        """A folder that lasts as long as the test."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="serval-test-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def fails(self, run, *words):
        """The command failed, and its last line says why in these words."""
        said = (run.stdout + run.stderr).strip()
        self.assertNotEqual(run.returncode, 0, said)
        self.assertGreater(run.returncode, 0, f"it crashed: {said}")
        last = said.splitlines()[-1] if said else ""
        for word in words:
            self.assertIn(word.lower(), last.lower(), said)
        return last
