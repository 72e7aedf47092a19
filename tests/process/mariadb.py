"""A MariaDB server of the test's own, as maria_server.hpp is for C++."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from harness import wait_until

NEEDED = ("mariadbd", "mariadb-install-db", "mariadb")

needs_mariadb = unittest.skipUnless(
    all(map(shutil.which, NEEDED)),
    "needs Debian's mariadb-server-core and mariadb-client-core")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


class MariaServer:
    """On a socket in a folder of its own; a context manager. With a certificate
    and its key it can be reached at 127.0.0.1 as well, by TLS alone."""

    def __init__(self, certificate=None, key=None):
        self.doors = ["--skip-networking"]
        if certificate:
            self.port = free_port()
            self.doors = ["--bind-address=127.0.0.1", f"--port={self.port}",
                          "--skip-name-resolve", f"--ssl-cert={certificate}",
                          f"--ssl-key={key}", "--require-secure-transport=ON"]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="serval-maria-"))
        self.socket = self.folder / "socket"
        self.password_file = self.folder / "password"
        self.process = None

    def __enter__(self):
        try:
            subprocess.run(
                ["mariadb-install-db", "--no-defaults", f"--datadir={self.data}",
                 "--auth-root-authentication-method=normal",
                 "--skip-test-db", *self.as_root()],
                check=True, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            self.start()
            self.sql("CREATE DATABASE serval; GRANT ALL ON serval.* TO "
                     "serval@localhost IDENTIFIED BY 'secret'")
            self.password_file.write_text("secret\n")
            self.password_file.chmod(0o600)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def data(self):
        return self.folder / "data"

    @staticmethod
    def as_root():
        return ["--user=root"] if os.getuid() == 0 else []

    def start(self):
        """Returns when the server answers."""
        self.process = subprocess.Popen(
            ["mariadbd", "--no-defaults", f"--datadir={self.data}",
             f"--socket={self.socket}", *self.doors,
             "--innodb-buffer-pool-size=16M",
             "--innodb-flush-log-at-trx-commit=2",
             f"--log-error={self.folder / 'log'}", *self.as_root()],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        wait_until(lambda: self.client("SELECT 1").returncode == 0,
                   "mariadbd does not answer")

    def kill(self):
        """What was committed stays."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @contextlib.contextmanager
    def frozen(self):
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def client(self, statements):
        return subprocess.run(
            ["mariadb", "--no-defaults", "-N", f"--socket={self.socket}",
             "--user=root", "-e", statements], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def sql(self, statements):
        """What the statements print."""
        run = self.client(statements)
        if run.returncode != 0:
            raise AssertionError(f"{statements}: {run.stderr}")
        return run.stdout

    TABLES = ("serval_lease", "serval_entries", "serval_snapshots")

    def dump(self):
        """Keeps the store as it is, for `restore_dump`."""
        self.sql("DROP DATABASE IF EXISTS dump; CREATE DATABASE dump; "
                 + "; ".join(f"CREATE TABLE dump.{table} AS SELECT * FROM "
                             f"serval.{table}" for table in self.TABLES))

    def restore_dump(self):
        """Brings back the store that was kept, behind those who use it."""
        self.sql("START TRANSACTION; "
                 + "; ".join(f"DELETE FROM serval.{table}; INSERT INTO "
                             f"serval.{table} SELECT * FROM dump.{table}"
                             for table in self.TABLES) + "; COMMIT")

    def settings(self, lease="3s"):
        """What makes a daemon keep its control plane here."""
        return ("store.kind=mysql", f"store.socket={self.socket}",
                "store.user=serval", f"store.password_file={self.password_file}",
                "store.database=serval", f"store.lease={lease}")
