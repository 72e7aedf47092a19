"""HTTP input of the catalogue, 1 to 108: on the application's listener and,
where it is the same code, on the admin listener.

What h11, an independent reader, makes of the same bytes is the second witness:
two servers that see different requests in one stream are what smuggling needs.
"""

import contextlib
import os
import re
import socket
import struct
import sys
import unittest

try:
    import h11
except ImportError:  # A python3 that is not Debian's does not look there.
    sys.path.append("/usr/lib/python3/dist-packages")
    import h11

from bad_input import AccountTest, BadInputTest, cases
from case_list import BAD_INPUT, read_cases
from harness import (PATIENCE_SECONDS, Response, connect, exchange, receive,
                     request_bytes, wait_until)

LISTED = read_cases(BAD_INPUT / "http.txt", 2)
BODY_MAX = 1024
LINE = b"POST /a HTTP/1.1\r\nHost: x\r\n"

# Fields that the reader lets pass but their meaning does not: case, status.
FIELDS = (
    (70, 415, b"Content-Encoding: gzip"),
    (70, 415, b"Content-Encoding: gzip, identity"),
    (71, 400, b"Content-Type: a/b\r\nContent-Type: a/b"),
    (71, 200, b"Content-Type: garbage"),
    *((72, 400, b"x-request-timeout-seconds: " + value) for value in (
        b"-1", b"1e309", b"NaN", b"inf", b"1" + b"0" * 30, b"", b"0", b"1,5",
        b"0x1", b"+1", b"1 2", b"1s")),
    (72, 200, b"x-request-timeout-seconds: 1.5"),
    (73, 431, b"x-request-id: " + b"a" * 10_000),
    (73, 400, b"x-request-id: " + b"a" * 129),
    (73, 400, b"x-request-id: \xc3\xa4"),
    (73, 400, b"x-request-id: a b"),
    (73, 400, b"x-request-id: a\r\nx-request-id: a"),
    (73, 400, b"traceparent: " + b"a" * 513),
    (73, 200, b"x-request-id: %0d%0aX-Evil:1"),
)


def answers(raw):
    """All answers in the bytes of a connection."""
    found = []
    while raw:
        answer = Response(raw)
        length = int(answer.headers.get("content-length", 0))
        if answer.status >= 200:
            found.append(answer)
        raw = answer.body[length:] if answer.status >= 200 else answer.body
        answer.body = answer.body[:length]
    return found


def talk(address, raw, half_close):
    """Sends bytes and reads until the server closes."""
    got = b""
    with connect(address) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(raw)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                got += piece
    return answers(got)


def seen_by_h11(raw):
    """[(method, target, body)] of the requests that h11 finds in the bytes."""
    found = []
    # One empty line before a request may be skipped; h11 does not.
    raw = raw.removeprefix(b"\r\n")
    reader = h11.Connection(h11.SERVER, max_incomplete_event_size=65536)
    reader.receive_data(raw)
    with contextlib.suppress(h11.RemoteProtocolError):
        while True:
            event = reader.next_event()
            if isinstance(event, h11.Request):
                request, body = event, b""
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                found.append((request.method, request.target, body))
                reader.send(h11.Response(status_code=200, headers=[
                    ("content-length", "0")]))
                reader.send(h11.EndOfMessage())
                if reader.our_state is not h11.DONE:
                    break
                reader.start_next_cycle()
            else:
                break
    return found


class ListedTest(BadInputTest):
    SETTINGS = ("http.head_timeout=200ms", "http.body_timeout=200ms",
                f"http.body_max={BODY_MAX}B")

    def test_each_listed_case_ends_as_listed(self):
        for number, outcome, raw in LISTED:
            if outcome == "accepted":
                continue
            with self.subTest(case=number, raw=raw[:100]):
                answer, = talk(self.daemon.endpoints["http"], raw, False)
                self.assertEqual(answer.status, int(outcome), answer)
                self.assertEqual(answer.headers.get("connection"), "close")
                self.assertEqual(answer.headers.get("content-type"),
                                 "application/problem+json")
            self.tearDown()

    def test_an_independent_reader_sees_the_same_requests(self):
        for number, outcome, raw in LISTED:
            if outcome != "accepted":
                continue
            with self.subTest(case=number, raw=raw[:100]):
                answer, = talk(self.daemon.endpoints["http"], raw, True)
                (method, target, body), = seen_by_h11(raw)
                if method == b"OPTIONS" and target == b"*":
                    self.assertEqual(answer.status, 204, answer)
                else:
                    self.assertEqual(answer.status, 200, answer)
                    self.assertEqual(answer.body, body)

    def test_the_admin_listener_refuses_the_same(self):
        for number, outcome, raw in LISTED:
            # What depends on the other listener's limits is not the same.
            if outcome in ("accepted", "408", "413"):
                continue
            with self.subTest(case=number, raw=raw[:100]):
                answer = exchange(self.daemon.endpoints["admin"], raw)
                self.assertEqual(answer.status, int(outcome), answer)
                self.assertEqual(answer.headers.get("connection"), "close")

    @cases(70, 71, 72, 73)
    def test_fields_without_a_meaning_are_refused_and_the_client_stays(self):
        for number, status, field in FIELDS:
            with self.subTest(case=number, field=field[:60]), \
                    connect(self.daemon.endpoints["http"]) as connection:
                good = request_bytes("POST", "/a", b"x")
                connection.sendall(LINE + field + b"\r\n\r\n")
                answer = receive(connection)
                self.assertEqual(answer.status, status, answer)
                self.assertNotIn(b"x-evil", answer.raw.lower().split(b"\r\n"))
                if status != 431:
                    connection.sendall(good)
                    self.assertEqual(receive(connection).status, 200)

    @cases(30, 44)
    def test_a_body_that_ends_early_is_refused(self):
        for raw in (LINE + b"Content-Length: 9\r\n\r\nabc",
                    LINE + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"):
            with self.subTest(raw=raw):
                found = talk(self.daemon.endpoints["http"], raw, True)
                self.assertLessEqual(len(found), 1)
                for answer in found:
                    self.assertEqual(answer.status, 400, answer)

    @cases(31, 93, 94, 96)
    def test_a_slow_client_is_told_so_and_cut(self):
        for sent in (b"", b"POST /a", LINE + b"Content-Length: 9\r\n\r\nabc"):
            with self.subTest(sent=sent):
                found = talk(self.daemon.endpoints["http"], sent, False)
                self.assertEqual([answer.status for answer in found],
                                 [408] if sent else [])

    @cases(93)
    def test_a_head_that_drips_is_not_waited_for(self):
        with connect(self.daemon.endpoints["http"]) as connection:
            connection.settimeout(0.05)
            got = None

            def is_cut():
                nonlocal got
                with contextlib.suppress(ConnectionError):
                    connection.sendall(b"a")
                with contextlib.suppress(TimeoutError):
                    got = connection.recv(65536)
                return got is not None

            connection.sendall(LINE)
            wait_until(is_cut, "the connection goes on")
            self.assertEqual(Response(got).status, 408)

    @cases(78)
    def test_empty_lines_without_end_are_cut(self):
        answer = exchange(self.daemon.endpoints["http"], b"\r\n" * 1_000_000)
        self.assertIn(answer.status, (0, 400))

    @cases(101)
    def test_what_follows_a_refused_request_is_not_read(self):
        good = request_bytes("POST", "/a", b"1")
        for number, outcome, raw in LISTED:
            if outcome in ("accepted", "408"):
                continue
            with self.subTest(case=number, raw=raw[:100]):
                found = talk(self.daemon.endpoints["http"],
                             good + raw + good, False)
                self.assertEqual(len(found), 2, found)
                self.assertEqual(found[0].body, b"1")
                self.assertGreaterEqual(found[1].status, 400)

    @cases(104)
    def test_a_body_over_the_limit_is_refused_before_it_is_read(self):
        head = LINE + b"Content-Length: 2147483648\r\n\r\n"
        answer = exchange(self.daemon.endpoints["http"], head)
        self.assertEqual(answer.status, 413, answer)


class BehaviourTest(BadInputTest):
    SETTINGS = ("http.head_timeout=1s", "http.write_timeout=500ms")

    @cases(97)
    def test_a_half_closed_client_gets_its_answer(self):
        found = talk(self.daemon.endpoints["http"],
                     request_bytes("POST", "/a", b"x"), True)
        self.assertEqual([answer.body for answer in found], [b"x"])

    @cases(98, 99)
    def test_clients_that_reset_leave_nothing_behind(self):
        reset = struct.pack("ii", 1, 0)
        whole = request_bytes("POST", "/a", b"y" * 200_000)
        for cut in (len(whole) // 2, len(whole)):
            for _ in range(50):
                connection = connect(self.daemon.endpoints["http"])
                connection.sendall(whole[:cut])
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                      reset)
                connection.close()
        wait_until(lambda: len(os.listdir(f"/proc/{self.pid}/fd")) < 100,
                   "connections are left open")

    @cases(95)
    def test_a_client_that_takes_no_answer_is_cut(self):
        request = request_bytes("POST", "/a", b"z" * (1 << 20))
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(PATIENCE_SECONDS)
            host, _, port = self.daemon.endpoints["http"].rpartition(":")
            connection.connect((host, int(port)))
            with contextlib.suppress(ConnectionError):
                # More answers than any buffer between takes.
                for _ in range(64):
                    connection.sendall(request)

    @cases(100)
    def test_pipelined_requests_are_answered_in_order(self):
        count = 10_000
        raw = b"".join(request_bytes("POST", "/a", f"{i};")
                       for i in range(count))
        with connect(self.daemon.endpoints["http"]) as connection:
            connection.setblocking(False)
            got, sent = b"", 0

            def moves():
                nonlocal got, sent
                with contextlib.suppress(BlockingIOError):
                    sent += connection.send(raw[sent:sent + 65536])
                with contextlib.suppress(BlockingIOError):
                    piece = connection.recv(1 << 20)
                    self.assertTrue(piece, f"closed after {got.count(b';')}")
                    got += piece
                return got.count(b";") == count

            while not moves():
                pass
        self.assertEqual(re.findall(rb"\r\n\r\n(\d+);", got),
                         [b"%d" % i for i in range(count)])

    @cases(102)
    def test_bytes_may_come_one_by_one(self):
        raw = request_bytes("POST", "/a", b"x")
        with connect(self.daemon.endpoints["http"]) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(len(raw)):
                connection.sendall(raw[i:i + 1])
            self.assertEqual(receive(connection).status, 200)

    @cases(103)
    def test_connections_that_come_and_go_are_all_closed(self):
        for _ in range(2_000):
            connect(self.daemon.endpoints["http"]).close()
        wait_until(lambda: len(os.listdir(f"/proc/{self.pid}/fd")) < 100,
                   "connections are left open")

    @cases(107)
    def test_answers_without_a_body_have_none(self):
        got = b""
        with connect(self.daemon.endpoints["http"]) as connection:
            connection.sendall(
                request_bytes("HEAD", "/a", b"abc")
                + b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"
                + request_bytes("POST", "/a", b"last"))
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                got += piece
        heads = got.split(b"\r\n\r\n")
        self.assertIn(b"\r\nContent-Length: 3", heads[0])
        self.assertTrue(heads[1].startswith(b"HTTP/1.1 204 "), got)
        self.assertTrue(heads[2].startswith(b"HTTP/1.1 200 "), got)
        self.assertEqual(heads[3:], [b"last"])

    def test_errors_are_problem_documents(self):
        for method, target, status in (("POST", "/nowhere", 404),
                                       ("POST", "/b?", 404)):
            answer = self.daemon.http(method, target, b"")
            with self.subTest(target=target):
                self.assertEqual(answer.status, status, answer)
                self.assertEqual(answer.headers["content-type"],
                                 "application/problem+json")
                self.assertEqual(answer.json()["status"], status)
                self.assertTrue(answer.headers["x-request-id"])

    def test_a_request_id_is_echoed(self):
        answer = self.daemon.http("POST", "/a", b"x", {"x-request-id": "id-7"})
        self.assertEqual(answer.headers["x-request-id"], "id-7")

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
        self.assertEqual(self.daemon.http("POST", "/a", body).body, body)


class HttpAccountTest(AccountTest):
    def test_every_case_is_accounted_for(self):
        self.account(
            range(1, 109), (ListedTest, BehaviourTest),
            (int(number) for number, *_ in LISTED),
            without={108: "a plugin gives a body and a status of 400 to 499, "
                          "which the worker checks; it sets no fields"})


if __name__ == "__main__":
    unittest.main()
