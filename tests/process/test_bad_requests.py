"""Requests that are wrong or hostile: the documented answer, then business.

The many framing cases are unit tests of the header gate; here are those that
need a whole server, and a few of the others to see that the gate is in place.
"""

import socket
import unittest

from harness import (EXAMPLES, Daemon, ProcessTest, connect, exchange,
                     receive, request_bytes)

HELLO = EXAMPLES / "hello" / "app.toml"
LINE = b"POST /hello HTTP/1.1\r\nHost: x\r\n"

# Raw requests and the status that they must get.
FRAMING = (
    (LINE + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx", 400),
    (LINE + b"Transfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", 400),
    (LINE + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    (LINE + b"Transfer-Encoding:\r\n\r\n", 400),
    (LINE + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
    (LINE + b"Content-Length: 1, 1\r\n\r\nx", 400),
    (LINE + b"Content-Length: +1\r\n\r\nx", 400),
    (LINE + b"Content-Length: -1\r\n\r\nx", 400),
    (LINE + b"Content-Length: 18446744073709551616\r\n\r\nx", 400),
    (LINE + b"Content_Length: 1\r\n\r\nx", 400),
    (LINE + b"A: b\r\n c\r\n\r\n", 400),
    (LINE + b"A : b\r\n\r\n", 400),
    (LINE + b"A: b\0c\r\n\r\n", 400),
    (LINE + b"Host: y\r\n\r\n", 400),
    (b"POST /hello HTTP/1.1\r\n\r\n", 400),
    (b"POST /hello HTTP/2.0\r\nHost: x\r\n\r\n", 505),
    (b"POST /../hello HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"POST /a%00b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"POST /hello\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    (b"POST /" + b"a" * 65536 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    (LINE + b"A: " + b"b" * 9000 + b"\r\n\r\n", 431),
    (LINE + b"".join(b"A%d: b\r\n" % i for i in range(2000)) + b"\r\n", 431),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500, 400),
    (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", 400),
)


class BadRequestTest(ProcessTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.daemon = Daemon("http.head_timeout=1s",
                            "http.body_timeout=1s").__enter__()
        cls.addClassCleanup(cls.daemon.end)
        cls.daemon.deploy(HELLO)

    def tearDown(self):
        self.assertEqual(
            self.daemon.http("POST", "/hello", b"x").status, 200)

    def test_framing_that_two_servers_could_read_differently_is_refused(self):
        for raw, status in FRAMING:
            with self.subTest(raw=raw[:100]):
                answer = exchange(self.daemon.endpoints["http"], raw)
                self.assertEqual(answer.status, status, answer)
                self.assertEqual(answer.headers.get("connection"), "close")

    def test_errors_are_problem_documents(self):
        for method, target, status in (("POST", "/nowhere", 404),
                                       ("GET", "/hello", 405),
                                       ("POST", "/hello?", 400)):
            answer = self.daemon.http(method, target, b"")
            with self.subTest(target=target):
                self.assertEqual(answer.status, status, answer)
                self.assertEqual(answer.headers["content-type"],
                                 "application/problem+json")
                self.assertEqual(answer.json()["status"], status)
                self.assertTrue(answer.headers["x-request-id"])

    def test_a_request_id_is_echoed(self):
        answer = self.daemon.http("POST", "/hello", b"x",
                                  {"x-request-id": "id-7"})
        self.assertEqual(answer.headers["x-request-id"], "id-7")

    def test_a_body_over_the_limit_is_refused_before_it_is_read(self):
        head = LINE + b"Content-Length: 104857600\r\n\r\n"
        answer = exchange(self.daemon.endpoints["http"], head)
        self.assertEqual(answer.status, 413, answer)

    def test_a_hundred_megabytes_are_refused(self):
        with connect(self.daemon.endpoints["http"]) as connection:
            connection.sendall(LINE + b"Content-Length: 104857600\r\n\r\n")
            block = b"x" * 65536
            try:
                for _ in range(1600):
                    connection.sendall(block)
                answer = receive(connection)
            except (BrokenPipeError, ConnectionResetError):
                return  # cut off while sending, which is an answer as well
            self.assertIn(answer.status, (0, 413), answer)

    def test_a_body_of_one_megabyte_is_served(self):
        body = b"y" * (1 << 20)
        answer = self.daemon.http("POST", "/hello", body)
        self.assertEqual(answer.body, b"Hello, " + body + b"!\n")

    def test_a_slow_client_is_told_so_and_cut(self):
        for sent in (b"POST /hel", LINE + b"Content-Length: 9\r\n\r\nabc"):
            with self.subTest(sent=sent), \
                    connect(self.daemon.endpoints["http"]) as connection:
                connection.sendall(sent)
                answer = receive(connection)
                self.assertEqual(answer.status, 408, answer)

    def test_bytes_may_come_one_by_one(self):
        raw = request_bytes("POST", "/hello", b"x")
        with connect(self.daemon.endpoints["http"]) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(len(raw)):
                connection.sendall(raw[i:i + 1])
            self.assertEqual(receive(connection).status, 200)

    def test_a_half_closed_client_gets_its_answer(self):
        with connect(self.daemon.endpoints["http"]) as connection:
            connection.sendall(request_bytes("POST", "/hello", b"x"))
            connection.shutdown(socket.SHUT_WR)
            self.assertEqual(receive(connection).status, 200)

    def test_pipelined_requests_are_answered_in_order(self):
        with connect(self.daemon.endpoints["http"]) as connection:
            connection.sendall(b"".join(
                request_bytes("POST", "/hello", f"{i};") for i in range(100)))
            got = b""
            while got.count(b"Hello,") < 100:
                piece = connection.recv(65536)
                self.assertTrue(piece, f"closed after {len(got)} bytes")
                got += piece
        for i in range(100):
            at = got.find(b"Hello, %d;!" % i)
            self.assertGreaterEqual(at, 0)
            got = got[at:]

    def test_bad_deadlines_are_refused(self):
        for value in ("-1", "nan", "1e309", "x", ""):
            with self.subTest(value=value):
                answer = self.daemon.http("POST", "/hello", b"x",
                                          {"x-request-timeout-seconds": value})
                self.assertEqual(answer.status, 400, answer)

    def test_junk_on_the_rpc_port_closes_that_connection_only(self):
        for junk in (b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 64, b"\0" * 64,
                     bytes(range(256))):
            with self.subTest(junk=junk[:8]), \
                    connect(self.daemon.endpoints["rpc"]) as connection:
                connection.sendall(junk)
                try:
                    while connection.recv(65536):
                        pass
                except ConnectionResetError:
                    pass
        run = self.daemon.cli("call", "hello", "--rpc", "--data", "x")
        self.assertEqual(run.stdout, "Hello, x!\n", run.stderr)


if __name__ == "__main__":
    unittest.main()
