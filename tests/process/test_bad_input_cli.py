"""What is typed, and the world it is typed in: cases 954 to 970."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import threading
import unittest

from bad_input import AccountTest, BadInputTest, cases
from harness import EXAMPLES, SERVAL, Daemon, run_serval

HELLO = EXAMPLES / "hello" / "app.toml"
STARTUP = "tests/process/test_startup.py"
USAGE = 2
NO_DAEMON = 3

WRONG_USAGE = (
    (), ("nonsense",), ("--nonsense",), ("status", "--nonsense"),
    ("deploy",), ("node",), ("node", "-c"), ("node", "--config"), ("call",),
    ("scale", "echo"), ("status", "a", "b"), ("call", "a", "--method", "get"),
    ("call", "a", "--timeout", "10"), ("call", "a", "--timeout", "-1s"),
    ("node", "-c", "a", "-c", "b"), ("deploy", "a", "--timeout"),
    ("config",), ("config", "check"), ("bench", "a", "--rate"),
    ("status", "--admin"), ("", ""), ("status\n",), ("\xff",))

NAMES = ("", "a\nb", "a b", "../x", "a" * 65, "a" * 100_000, "\u00e4", "a/b",
         "\x1b[31m", "%2e%2e")


def limited(kind, value):
    """For `preexec_fn`: a process that may use no more of something."""
    return lambda: resource.setrlimit(kind, (value, value))


class CommandLineTest(BadInputTest):
    def refused(self, *words, status=1, **options):
        run = run_serval(*words, **options)
        self.assertEqual(run.returncode, status, run.stdout + run.stderr)
        self.assertTrue(run.stderr.strip())
        return run

    def with_daemon(self, *words):
        return (*words, "--admin", self.daemon.endpoints["admin"])

    @cases(954, 955, 956)
    def test_wrong_usage_is_status_2_and_says_so(self):
        for words in WRONG_USAGE:
            with self.subTest(words=words):
                run = self.refused(*words, status=USAGE)
                self.assertEqual(run.stdout, "")

    @cases(957, 958)
    def test_names_that_are_none_are_refused_and_shown_harmlessly(self):
        for name in NAMES:
            for words in (("status", name), ("call", name),
                          ("delete", name), ("scale", name, "echo=1"),
                          ("scale", "echo", f"{name}=1")):
                if words == ("status", ""):
                    continue
                with self.subTest(words=words[:2], name=name[:20]):
                    run = run_serval(*self.with_daemon(*words))
                    self.assertIn(run.returncode, (1, USAGE), run.stderr)
                    self.assertNotIn("\x1b", run.stderr)
        for raw in (b"\xff\xfe", b"\xc0\xaf"):
            run = subprocess.run(
                [os.fsencode(SERVAL), b"status", raw, b"--admin",
                 self.daemon.endpoints["admin"].encode()],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30)
            self.assertGreater(run.returncode, 0)
            run.stderr.decode()

    @cases(959)
    def test_an_argument_may_be_as_long_as_the_system_lets_it(self):
        # Linux takes 128 KiB for one argument.
        long = "x" * 130_000
        run = run_serval(*self.with_daemon("call", "a", "--data", long))
        self.assertEqual(run.stdout, long)
        self.refused(*self.with_daemon("call", long))
        self.refused("config", "check", long)

    @cases(960)
    def test_a_closed_or_full_output_is_an_error(self):
        words = [str(SERVAL), *self.with_daemon("status", "--json")]
        with open("/dev/full", "w") as full:
            run = subprocess.run(words, stdout=full, stderr=subprocess.PIPE,
                                 timeout=30)
            self.assertGreater(run.returncode, 0)
            self.assertTrue(run.stderr)
        run = subprocess.run(words, preexec_fn=lambda: os.close(1),
                             stderr=subprocess.PIPE, timeout=30)
        self.assertGreater(run.returncode, 0)

    @cases(961)
    def test_a_reader_that_leaves_ends_the_command_without_a_crash(self):
        body = self.daemon.folder / "body"
        body.write_bytes(b"b" * 1_000_000)
        process = subprocess.Popen(
            [str(SERVAL), *self.with_daemon("call", "a", "--data",
                                            f"@{body}")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.read(1)
        process.stdout.close()
        self.assertIn(process.wait(30), (1, -signal.SIGPIPE))
        process.stderr.close()

    @cases(962)
    def test_standard_input_may_be_closed(self):
        for words, status in (
                (("call", "a", "--data", "-"), 0),
                (("status",), 0)):
            run = subprocess.run(
                [str(SERVAL), *self.with_daemon(*words)], timeout=30,
                preexec_fn=lambda: os.close(0), stdout=subprocess.PIPE,
                stderr=subprocess.PIPE)
            self.assertEqual(run.returncode, status, run.stderr)

    @cases(963)
    def test_without_a_daemon_every_command_says_so(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            for words in (("status",), ("call", "a"), ("delete", "a"),
                          ("scale", "a", "b=1"), ("deploy", HELLO),
                          ("bench", "a", "--duration", "1s")):
                with self.subTest(words=words):
                    run = self.refused(*words, "--admin", address,
                                       status=NO_DAEMON)
                    self.assertIn(address, run.stderr)
        for address in ("", "x", "127.0.0.1:x", "no.such.host.invalid:1",
                        "127.0.0.1:99999"):
            with self.subTest(address=address):
                run = run_serval("status", "--admin", address)
                self.assertIn(run.returncode, (1, USAGE, NO_DAEMON),
                              run.stderr)

    @cases(964)
    def test_a_daemon_that_answers_nonsense_is_not_believed(self):
        for said in (b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n{}",
                     b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
                     b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}",
                     b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
                     b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 100_000,
                     b"\xff" * 100_000):
            with self.subTest(said=said[:50]), \
                    Pretender(said) as pretender:
                run = run_serval("status", "--admin", pretender.address)
                self.assertIn(run.returncode, (1, NO_DAEMON), run.stderr)
                self.assertTrue(run.stderr.strip())

    @cases(967)
    def test_a_second_signal_does_not_confuse_a_node_that_ends(self):
        with Daemon() as daemon:
            daemon.process.send_signal(signal.SIGTERM)
            daemon.process.send_signal(signal.SIGTERM)
            self.assertIn(daemon.process.wait(30), (0, 1, -signal.SIGTERM))
        for number in (signal.SIGHUP, signal.SIGUSR1):
            # A run under nohup ignores SIGHUP, and daemons would inherit that.
            before = signal.signal(number, signal.SIG_DFL)
            self.addCleanup(signal.signal, number, before)
            daemon = Daemon()
            self.addCleanup(daemon.end)
            daemon.launch()
            daemon.process.send_signal(number)
            self.assertEqual(daemon.process.wait(30), -number)
            daemon.start()
            self.assertEqual(daemon.admin("GET", "/healthz").status, 200)
            daemon.end()

    @cases(968)
    def test_a_poor_environment_is_no_reason_to_crash(self):
        for environment in ({"HOME": ""}, {"TZ": "nonsense"},
                            {"LANG": "xx_YY.nonsense", "LC_ALL": "\xff"},
                            {"SERVAL_ADMIN": "nonsense"}, {"PATH": ""}):
            with self.subTest(environment=environment):
                run = run_serval(*self.with_daemon("status"), env=environment)
                self.assertEqual(run.returncode, 0, run.stderr)
        for limit in ((resource.RLIMIT_NOFILE, 16),
                      (resource.RLIMIT_AS, 200_000 * 1024)):
            daemon = Daemon()
            self.addCleanup(daemon.end)
            with self.subTest(limit=limit):
                run = run_serval("node", "-c", daemon.config,
                                 preexec_fn=limited(*limit))
                self.assertIn(run.returncode, (1, 3), run.stderr)
                self.assertTrue(run.stderr.strip())

    @cases(970)
    def test_loads_that_make_no_sense_are_refused(self):
        url = f"http://{self.daemon.endpoints['http']}/a"
        for words in (("--rate", "0"), ("--rate", "-1"), ("--rate", "1e9"),
                      ("--rate", "nan"), ("--rate", ""), ("--rate", "1..2..3"),
                      ("--duration", "0s"), ("--duration", "-1s"),
                      ("--duration", "10"), ("--in-flight", "0"),
                      ("--in-flight", "1e10"), ("--threads", "0"),
                      ("--threads", "1000"), ("--body", "size:1TiB"),
                      ("--body", "@/no/such/file"), ("--trace", "/no/such"),
                      ("--rate", "1", "--in-flight", "1"),
                      ("--slo", "p99<"), ("--header", "x"),
                      ("--header", "a:b\r\nc:d"), ("--method", "GET /")):
            with self.subTest(words=words):
                run = run_serval("bench", url, "--duration", "1s", *words) \
                    if "--duration" not in words \
                    else run_serval("bench", url, *words)
                self.assertIn(run.returncode, (1, USAGE),
                              run.stdout + run.stderr)
                self.assertTrue(run.stderr.strip())
        for target in ("http://192.0.2.1/", "http://", "http://a b/",
                       "https://127.0.0.1/", "rpc://127.0.0.1:1/",
                       "http://127.0.0.1:0/", "http://127.0.0.1:1/"):
            with self.subTest(target=target):
                run = run_serval("bench", target, "--duration", "100ms")
                self.assertIn(run.returncode, (1, USAGE, NO_DAEMON),
                              run.stdout + run.stderr)


class Pretender:
    """Listens where a daemon should, and answers everything with some bytes."""

    def __init__(self, said):
        self.said = said

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.answer)
        self.thread.start()
        return self

    def answer(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                with connection, contextlib.suppress(ConnectionError):
                    connection.recv(65536)
                    connection.sendall(self.said)

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()


class CommandLineAccountTest(AccountTest):
    def test_every_case_is_accounted_for(self):
        self.account(
            range(954, 971), (CommandLineTest,),
            elsewhere={
                964: ("tests/cli/http_client_test.cpp",
                      "and silence there are told apart"),
                965: ("tests/process/test_auth.py",
                      "test_commands_work_with_the_right_token"),
                966: (STARTUP, "test_a_data_folder_in_use")},
            without={
                969: "a test must not set the clock of its machine, and "
                     "nothing but the journal's times for people reads it"})


if __name__ == "__main__":
    unittest.main()
