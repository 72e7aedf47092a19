"""Frames and messages on the RPC listener, cases 109 to 153 of the catalogue.

Python has no encoder of these messages here. The valid ones are seeds of the
fuzz targets, which are cut up and spoiled.
"""

import contextlib
import struct
import unittest

from bad_input import AccountTest, BadInputTest, cases
from case_list import read_cases
from harness import TOP, connect

SEEDS = TOP / "tests" / "fuzz" / "seeds"
HEADER = struct.Struct("<IBBH")
CONTROL, MESSAGE, FIRST, MORE = 1, 2, 3, 4
REQUEST = 1
PAYLOAD_MAX = 65528


def frame(payload, kind=MESSAGE, traffic=REQUEST, stream=0, length=None):
    length = len(payload) if length is None else length
    return HEADER.pack(length, kind, traffic, stream) + payload \
        + b"\0" * (-len(payload) % 8)


def frames_of(raw):
    """[(kind, payload)] of whole frames."""
    found = []
    while raw:
        length, kind, _, _ = HEADER.unpack_from(raw)
        found.append((kind, raw[8:8 + length]))
        raw = raw[8 + (length + 7) // 8 * 8:]
    return found


(_, HELLO), (_, CALL), _ = frames_of(
    read_cases(SEEDS / "link_frames.txt")[0][0])
# Another call, whose reply can be told by its request id, and a ping.
_, (_, GOOD), _, (_, PING) = frames_of(
    read_cases(SEEDS / "link_frames.txt")[2][0])
GOOD_ID = b"id-7"
RPC = [seed[1:] for seed, in read_cases(SEEDS / "wire_message.txt")
       if seed[:1] == b"r"]
REPLY = next(seed for seed in RPC if b"done" in seed)
CANCEL = RPC[-1]
WORKER = next(seed[1:] for seed, in read_cases(SEEDS / "wire_message.txt")
              if seed[:1] == b"w")

GREETING = frame(HELLO, CONTROL, 0)
GOOD_CALL = frame(GOOD)

# Bytes after the greeting, and whether the connection survives them.
AFTER_HELLO = (
    (109, False, frame(b"")),
    (110, False, frame(b"", length=0xffffffff)),
    (111, False, frame(b"\0" * PAYLOAD_MAX)),
    (111, False, frame(b"\0" * (PAYLOAD_MAX + 1))),
    (112, False, frame(b"", length=0x80000000)),
    (115, False, frame(GOOD.replace(b"SVRP", b"XXXX"))),
    (117, False, struct.pack(">IBBH", len(CALL), MESSAGE, REQUEST, 0) + CALL),
    (117, False, frame(b"".join(CALL[i:i + 4][::-1]
                                for i in range(0, len(CALL), 4)))),
    (121, False, frame(CALL, 0)),
    (121, False, frame(CALL, 5)),
    (121, False, frame(CALL, traffic=3)),
    (122, False, frame(WORKER)),
    (122, False, frame(HELLO)),
    (122, False, frame(CALL, CONTROL, 0)),
    (127, False, frame(CALL[:-len(CALL) // 2])),
    (111, False, frame(struct.pack("<Q", 1 << 40) + b"abcdefgh", FIRST)),
    (121, False, frame(b"abcdefgh", MORE)),
    (140, False, frame(REPLY)),
    (151, True, frame(CANCEL) * 10_000),
    (152, False, GREETING),
    (152, False, frame(CALL) + GREETING),
    (119, True, frame(PING, CONTROL, 0) * 10_000),
    (119, True, frame(CANCEL) + frame(PING, CONTROL, 0)),
)


class RpcTest(BadInputTest):
    def survives(self, raw, half_close=False):
        """Whether a good call after these bytes is answered."""
        got = b""
        with connect(self.daemon.endpoints["rpc"]) as connection, \
                contextlib.suppress(ConnectionError):
            connection.sendall(raw)
            if half_close:
                connection.shutdown(1)
            else:
                connection.sendall(GOOD_CALL)
            while GOOD_ID not in got:
                piece = connection.recv(65536)
                if not piece:
                    break
                got = got[-len(GOOD_ID):] + piece
        return GOOD_ID in got

    def test_a_good_call_is_answered(self):
        self.assertTrue(self.survives(GREETING))

    @cases(109, 110, 111, 112, 115, 117, 119, 121, 122, 127, 140, 141, 142,
           151, 152)
    def test_each_listed_case_ends_as_listed(self):
        for number, stays, raw in AFTER_HELLO:
            with self.subTest(case=number, raw=raw[:40]):
                self.assertEqual(self.survives(GREETING + raw), stays)

    @cases(152)
    def test_what_does_not_begin_with_a_hello_is_cut(self):
        for raw in (GOOD_CALL, frame(PING, CONTROL, 0), b"\xff" * 64,
                    b"\0" * 64, bytes(range(256)), b"GET / HTTP/1.1\r\n\r\n",
                    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                    frame(HELLO, CONTROL, 0, length=4097),
                    frame(HELLO[:-8], CONTROL, 0)):
            with self.subTest(raw=raw[:20]):
                self.assertFalse(self.survives(raw))

    @cases(113, 114)
    def test_half_a_frame_is_not_waited_for(self):
        half = frame(CALL)[:20]
        self.assertFalse(self.survives(GREETING + half, half_close=True))
        self.assertFalse(self.survives(GREETING[:20], half_close=True))
        silent = [connect(self.daemon.endpoints["rpc"]) for _ in range(3)]
        for connection, raw in zip(silent, (GREETING + half, GREETING[:20],
                                            b"")):
            connection.sendall(raw)
        for connection in silent:
            with connection, contextlib.suppress(ConnectionError):
                while connection.recv(65536):
                    pass

    @cases(118)
    def test_frames_may_be_cut_at_every_byte(self):
        got = b""
        with connect(self.daemon.endpoints["rpc"]) as connection:
            for byte in GREETING + GOOD_CALL:
                connection.sendall(bytes([byte]))
            while GOOD_ID not in got:
                piece = connection.recv(65536)
                self.assertTrue(piece, "it was cut")
                got += piece

    @cases(123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 137, 144)
    def test_a_spoiled_message_ends_at_most_its_connection(self):
        extremes = (0, 1, 4, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff)
        spoiled = [CALL[:at] + struct.pack("<I", value) + CALL[at + 4:]
                   for at in range(0, len(CALL) - 3, 4) for value in extremes]
        spoiled += [CALL[:at] + bytes([CALL[at] ^ 0xff]) + CALL[at + 1:]
                    for at in range(len(CALL))]
        spoiled += [CALL + b"\xff" * 64, CALL[:-1], CALL[8:]]
        for payload in spoiled:
            self.survives(GREETING + frame(payload))
        self.assertTrue(self.survives(GREETING))

    def test_the_command_line_still_gets_its_answer(self):
        run = self.daemon.cli("call", "a", "--rpc", "--data", "x")
        self.assertEqual(run.stdout, "x", run.stderr)


class RpcAccountTest(AccountTest):
    def test_every_case_is_accounted_for(self):
        session = "tests/proxy/rpc_session_test.cpp"
        decoder = "tests/wire/worker_decoder_test.cpp"
        self.account(
            range(109, 154), (RpcTest,),
            elsewhere={
                116: ("tests/link/link_core_test.cpp",
                      "sides without a common protocol refuse each other"),
                138: (decoder, "a message at an odd address is refused"),
                139: (session, "a client that breaks the protocol"),
                143: ("tests/wire/rpc_messages_test.cpp",
                      "an RPC message without meaning is refused"),
                148: (decoder, "sizes that do not add up to the bodies"),
                149: ("tests/backend/data_plane_test.cpp",
                      "a cycle of calls ends at the depth limit"),
                150: (session, "bodies and calls beyond the limits")},
            without={
                120: "frames have no checksum; TCP and Unix sockets do that",
                range(133, 136): "no schema has a table inside itself, lists "
                                 "are no tables, and decoders count tables",
                136: "no schema has a nested_flatbuffer",
                145: "clients are told of no epoch", 146: "as before",
                147: "a node has no tenants",
                153: "nothing is compressed"})


if __name__ == "__main__":
    unittest.main()
