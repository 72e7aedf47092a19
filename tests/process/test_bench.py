"""`serval bench` against a daemon and against what is no target."""

import collections
import csv
import json
import re
import socket
import threading
import unittest

from harness import EXAMPLES, Daemon, ProcessTest, run_serval

HELLO = EXAMPLES / "hello" / "app.toml"


class Target:
    """An HTTP server that answers each request with the next of `answers`."""

    def __init__(self, *answers):
        self.answers = answers
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d/" % self.listener.getsockname()[1]
        self.requests = []
        self.lock = threading.Lock()

    def __enter__(self):
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def accept(self):
        served = []
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                break
            served.append(threading.Thread(target=self.serve,
                                           args=(connection,), daemon=True))
            served[-1].start()
        for thread in served:
            thread.join()

    def serve(self, connection):
        with connection:
            pending = b""
            while True:
                head, end, rest = pending.partition(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: (\d+)", head)
                need = int(length[1]) if length else 0
                if end and len(rest) >= need:
                    pending = rest[need:]
                    with self.lock:
                        number = len(self.requests)
                        self.requests.append((head, rest[:need]))
                    connection.sendall(
                        self.answers[number % len(self.answers)])
                    continue
                try:
                    piece = connection.recv(65536)
                except ConnectionResetError:
                    return
                if not piece:
                    return
                pending += piece


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"


def result_of(run):
    """What `--json` printed; the run may be void on a loaded machine."""
    return json.loads(run.stdout)


class BenchDaemonTest(ProcessTest):
    def test_every_request_of_a_closed_loop_reaches_the_application(self):
        with Daemon() as daemon:
            daemon.deploy(HELLO, "backend.hello.isolation=inline")
            for flags in ((), ("--rpc",), ("--threads", "2")):
                with self.subTest(flags=flags):
                    run = daemon.cli("bench", "hello", "--body", "x",
                                     "--in-flight", "4", "--duration", "1s",
                                     "--warm-up", "100ms", "--json", *flags)
                    self.assertEqual(run.returncode, 0, run.stderr)
                    result = result_of(run)
                    self.assertEqual(list(result["statuses"]), ["200"])
                    self.assertGreater(result["ok"], 0)
                    self.assertEqual(result["ok"], result["requests"])
                    self.assertEqual(result["latency_us"]["count"],
                                     result["ok"])

    def test_a_request_that_the_application_rejects_is_a_failure(self):
        with Daemon() as daemon:
            daemon.deploy(HELLO)
            for flags in ((), ("--rpc",)):
                with self.subTest(flags=flags):
                    run = daemon.cli("bench", "hello", "--rate", "100",
                                     "--duration", "500ms", "--json", *flags)
                    self.assertEqual(run.returncode, 1)
                    result = result_of(run)
                    self.assertEqual(list(result["statuses"]), ["400"])
                    self.assertEqual(result["failed"], result["requests"])
                    self.assertIn("no request succeeded", run.stderr)

    def test_a_log_names_the_worker_of_each_answer_if_the_node_tells(self):
        log = self.scratch() / "log.csv"
        with Daemon("http.worker_header=true") as daemon:
            daemon.deploy(HELLO, "backend.hello.workers=2")
            daemon.cli("bench", "hello", "--body", "x", "--in-flight", "4",
                       "--duration", "500ms", "--log", log)
            app = daemon.admin("GET", "/v1/applications/hello").json()
        with open(log, newline="") as lines:
            named = {row["worker"] for row in csv.DictReader(lines)
                     if row["status"] == "200"}
        self.assertEqual(named, {str(worker["id"])
                                 for backend in app["backends"]
                                 for worker in backend["workers"]})

    def test_an_unknown_application_and_no_daemon(self):
        with Daemon() as daemon:
            run = daemon.cli("bench", "nobody")
            self.assertEqual(run.returncode, 2, run.stderr)
            self.fails(run, "nobody")
        run = daemon.cli("bench", "hello")
        self.assertEqual(run.returncode, 3, run.stderr)


class BenchTest(ProcessTest):
    def bench(self, *arguments, **options):
        return run_serval("bench", *arguments, **options)

    def test_an_open_loop_sends_exactly_what_is_due(self):
        log = self.scratch() / "log.csv"
        with Target(OK) as target:
            run = self.bench(target.url, "--rate", "200", "--arrivals", "even",
                             "--duration", "1s", "--warm-up", "500ms",
                             "--body", "3*abc", "--body", "size:1KiB",
                             "--log", log, "--json")
        result = result_of(run)
        self.assertEqual(result["requests"], 200)
        self.assertEqual(result["statuses"], {"200": 200})
        self.assertEqual(result["bytes"], 400)
        self.assertEqual(len(target.requests), 300)
        sizes = collections.Counter(len(body) for _, body in target.requests)
        self.assertEqual(set(sizes), {3, 1024})
        self.assertGreater(sizes[3], sizes[1024])

        with open(log, newline="") as lines:
            rows = list(csv.DictReader(lines))
        self.assertEqual(len(rows), 300)
        self.assertEqual({row["status"] for row in rows}, {"200"})
        self.assertEqual(sorted(int(row["intended_ns"]) for row in rows)[::100],
                         [0, 500_000_000, 1_000_000_000])
        for row in rows:
            self.assertLessEqual(int(row["intended_ns"]), int(row["sent_ns"]))
            self.assertLess(int(row["sent_ns"]), int(row["done_ns"]))
        sent = {int(re.search(rb"X-Request-Id: ([0-9a-f]{16})", head)[1], 16)
                for head, _ in target.requests}
        self.assertEqual(sent, {int(row["id"]) for row in rows})
        bodies = collections.Counter(row["body"] for row in rows)
        self.assertEqual(bodies, {"0": sizes[3], "1": sizes[1024]})

    def test_an_answer_that_is_no_echo_is_a_failure(self):
        log = self.scratch() / "log.csv"
        with Target(OK) as target:
            run = self.bench(target.url, "--rate", "100", "--duration", "1s",
                             "--warm-up", "0s", "--body", "abc", "--json",
                             "--log", log, "--expect-echo")
            self.assertEqual(run.returncode, 1)
            self.assertEqual(list(result_of(run)["statuses"]),
                             ["wrong_answer"])
            run = self.bench(target.url, "--expect-echo")
            self.assertEqual(run.returncode, 2)
            self.fails(run, "--log")

    def test_failed_requests_are_sent_again_and_count_once(self):
        log = self.scratch() / "log.csv"
        with Target(BUSY) as target:
            run = self.bench(target.url, "--rate", "100", "--arrivals", "even",
                             "--duration", "1s", "--warm-up", "0s", "--body",
                             "abc", "--log", log, "--retries", "2", "--json")
        self.assertEqual(result_of(run)["statuses"], {"503": 100})
        with open(log, newline="") as lines:
            attempts = collections.Counter(
                row["attempt"] for row in csv.DictReader(lines))
        self.assertEqual(attempts["0"], 100)
        self.assertGreater(attempts["2"], 95)

    def test_a_trace_is_replayed(self):
        trace = self.scratch() / "trace.csv"
        trace.write_text("t_seconds,rps\n0,100\n60,100\n120,100\n")
        with Target(OK) as target:
            run = self.bench(target.url, "--trace", trace, "--speed", "180",
                             "--scale", "2", "--arrivals", "even",
                             "--warm-up", "0s", "--json")
        self.assertEqual(result_of(run)["requests"], 200)
        self.assertEqual(len(target.requests), 200)

    def test_levels_decide_the_exit_code(self):
        with Target(OK, OK, OK, BUSY) as target:
            for slo, code in (("errors<30%", 0), ("errors<20%", 1),
                              ("errors<30%,p50<1ns", 1)):
                with self.subTest(slo=slo):
                    run = self.bench(target.url, "--in-flight", "1",
                                     "--duration", "300ms", "--warm-up",
                                     "0s", "--slo", slo)
                    self.assertEqual(run.returncode, code,
                                     run.stdout + run.stderr)
                    self.assertEqual(code != 0, "does not hold" in run.stderr)

    def test_results_can_be_kept_compared_and_shown(self):
        folder = self.scratch()
        with Target(OK) as target:
            for name in "ab":
                run = self.bench(target.url, "--in-flight", "2", "--duration",
                                 "300ms", "--warm-up", "0s", "--json",
                                 "--report", folder / f"{name}.html")
                self.assertEqual(run.returncode, 0, run.stderr)
                (folder / f"{name}.json").write_text(run.stdout)
        page = (folder / "a.html").read_text()
        self.assertIn(target.url, page)
        self.assertEqual(page.count("<svg"), 3)
        run = self.bench("compare", folder / "a.json", folder / "b.json")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("throughput", run.stdout)
        self.assertNotIn("The runs differ", run.stdout)
        run = self.bench("compare", folder / "a.json", folder / "a.html")
        self.assertEqual(run.returncode, 2)
        self.fails(run, "a.html")

    def test_wrong_usage_is_refused_at_once(self):
        folder = self.scratch()
        gap = folder / "gap.csv"
        gap.write_text("t_seconds,rps\n0,1\n1,1\n3,1\n")
        nan = folder / "nan.csv"
        nan.write_text("t_seconds,rps\n0,1\n1,nan\n")
        with Target(OK) as target:
            cases = (
                ((), "name a target"),
                (("https://127.0.0.1/",), "https://127.0.0.1/"),
                ((target.url, "--rate", "0"), "it sends nothing"),
                ((target.url, "--rate=-1"), "rates are positive"),
                ((target.url, "--duration", "0s"), "--duration 0s"),
                ((target.url, "--in-flight", "0"), "--in-flight 0"),
                ((target.url, "--rate", "5", "--in-flight", "5"), "exclude"),
                ((target.url, "--trace", folder / "none"), "none"),
                ((target.url, "--trace", gap), "gap.csv:4: a gap"),
                ((target.url, "--trace", nan), "nan.csv:3"),
                ((target.url, "--body", f"@{folder}/none"), "none"),
                ((target.url, "--slo", "p99"), "p99"),
                ((target.url, "--log", folder / "a" / "b"), "a/b"),
                ((target.url, "--report", folder / "a" / "b"), "a/b"),
                (("http://127.0.0.1:1/",), "127.0.0.1:1"),
                (("http://192.0.2.1:9/",), "--allow-remote"),
                (("rpc://127.0.0.1:1/hello",), "127.0.0.1:1"))
            for arguments, word in cases:
                with self.subTest(arguments=arguments):
                    run = self.bench(*arguments)
                    self.assertEqual(run.returncode, 2, run.stderr)
                    self.fails(run, word)
        self.assertEqual(target.requests, [])


if __name__ == "__main__":
    unittest.main()
