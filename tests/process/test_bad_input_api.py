"""Input of the control API, cases 175 to 424 of the catalogue."""

import hashlib
import unittest

from bad_input import AccountTest, BadInputTest, cases
from case_list import BAD_INPUT, read_cases
from harness import (BUILT_EXAMPLES, connect, exchange, receive, request_bytes,
                     wait_until)

LISTED = read_cases(BAD_INPUT / "json.txt", 2)
APPLICATIONS = "/v1/applications"
SCALE = "/v1/applications/a/backends/echo/scale"
OCTETS = {"Content-Type": "application/octet-stream"}

# Names that applications and backends may not have. Each is also tried as part
# of a path, where it may mean another resource.
NAMES = ("", "a" * 65, "a" * 256, "../x", "a/b", "a\nb", "a\0b", "%00", ".",
         "..", "-rf", "--help", "a b", " a", "a\u202eb", "\u00e4", "a\u0301",
         "\U0001f600", "a;b", "$(id)", "`id`", "{{7*7}}", "<b>", "'--", "a\"b",
         "a\\b", "a\rb", "a\x1bb", "nul.", "a.b", "a:b", "a=b", "a,b", "%s%n",
         "\ufeffa", "\u200b")

# Values that a whole number from 1 up may not have.
COUNTS = (-1, 0, 2**31, 2**32, 2**63, 2**64, 1.5, 1e2, 1.0, "3", None, True, [],
          {}, "")


class ApiTest(BadInputTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        data = (BUILT_EXAMPLES / "hello.so").read_bytes()
        cls.sha256 = hashlib.sha256(data).hexdigest()
        answer = cls.daemon.admin("PUT", f"/v1/artifacts/{cls.sha256}", data,
                                  OCTETS)
        assert answer.status == 200, answer

    def spec(self, **changes):
        """A good spec with some keys changed."""
        return {"name": "bad", "entry": "hello", "backend": {"hello": {}},
                "plugin_sha256": self.sha256} | changes

    def refused(self, method, target, body, status=400, headers=None,
                words=()):
        answer = self.daemon.admin(method, target, body, headers)
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["content-type"],
                         "application/problem+json")
        for word in words:
            self.assertIn(word, answer.json()["detail"])

    @cases(*range(175, 402))
    def test_a_body_that_is_no_command_is_refused(self):
        for path in (APPLICATIONS, SCALE):
            for number, _, raw in LISTED:
                with self.subTest(case=number, path=path, raw=raw[:60]):
                    self.refused("POST", path, raw)

    @cases(400)
    def test_a_body_over_a_megabyte_is_refused(self):
        for path in (APPLICATIONS, SCALE):
            self.refused("POST", path, b'"' + b"a" * 10_000_000 + b'"', 413)

    @cases(402, 403)
    def test_each_field_of_a_spec_has_one_type(self):
        fields = {"name": 1, "route": 1, "entry": [], "deadline": 10,
                  "max_requests": "7", "methods": "POST", "plugin": 1,
                  "plugin_sha256": 7, "config": [], "backend": [],
                  "unknown": 1}
        for name, value in fields.items():
            for wrong in (value, None):
                with self.subTest(field=name, value=wrong):
                    self.refused("POST", APPLICATIONS,
                                 self.spec(**{name: wrong}), words=(name,))
        settings = {"workers": "2", "concurrency": 1.5, "queue": "1",
                    "workers_per_process": [], "idempotent": "yes",
                    "stack": 65536, "read": "/", "config": 1, "isolation": 1,
                    "sandbox": "loose", "worker": 1}
        for name, value in settings.items():
            with self.subTest(setting=name):
                self.refused("POST", APPLICATIONS,
                             self.spec(backend={"hello": {name: value}}),
                             words=(f"backend.hello.{name}",))

    @cases(404)
    def test_numbers_of_workers_are_whole_and_bounded(self):
        for count in COUNTS:
            with self.subTest(count=count):
                self.refused("POST", APPLICATIONS, self.spec(
                    backend={"hello": {"workers": count}}))
                self.refused("POST", SCALE, {"workers": count})
        self.refused("POST", SCALE, {"workers": 1, "more": 1})
        self.refused("POST", SCALE, {})

    @cases(405)
    def test_names_that_mean_something_elsewhere_are_refused(self):
        for name in NAMES:
            with self.subTest(name=name):
                self.refused("POST", APPLICATIONS, self.spec(name=name))
                self.refused("POST", APPLICATIONS, self.spec(
                    entry=name, backend={name: {}}))
                self.refused("POST", APPLICATIONS,
                             self.spec(route="/" + name + "//"))
                raw = "".join(f"%{byte:02x}" for byte in name.encode())
                for method, tail in (("GET", ""), ("DELETE", ""),
                                     ("POST", "/backends/echo/scale")):
                    answer = self.daemon.admin(
                        method, f"{APPLICATIONS}/{raw}{tail}",
                        b'{"workers":1}' if tail else b"")
                    self.assertIn(answer.status, (400, 404, 405), answer)

    @cases(408)
    def test_what_is_not_there_is_404(self):
        for method, path, body in (
                ("GET", "/v1/applications/nobody", b""),
                ("DELETE", "/v1/applications/nobody", b""),
                ("POST", "/v1/applications/nobody/backends/x/scale",
                 {"workers": 1}),
                ("POST", "/v1/applications/a/backends/x/scale",
                 {"workers": 1})):
            with self.subTest(path=path):
                self.refused(method, path, body, 404)

    @cases(413, 414, 415)
    def test_a_plugin_is_named_by_its_hash_and_nothing_else(self):
        without = self.spec(plugin="/etc/passwd")
        del without["plugin_sha256"]
        self.refused("POST", APPLICATIONS, without, words=("plugin_sha256",))
        for sha256 in ("", "0" * 63, "0" * 65, self.sha256.upper(),
                       "../" + "0" * 61, "g" * 64, "/etc/passwd"):
            with self.subTest(sha256=sha256):
                self.refused("POST", APPLICATIONS,
                             self.spec(plugin_sha256=sha256))
        self.refused("POST", APPLICATIONS, self.spec(plugin_sha256="0" * 64),
                     409)
        self.refused("PUT", "/v1/artifacts/" + "0" * 64, b"other", 400, OCTETS)

    @cases(417, 418, 419, 422)
    def test_requests_that_say_more_than_they_may_are_refused(self):
        for status, method, target, body, headers in (
                (400, "GET", APPLICATIONS, b"{}", {}),
                (400, "DELETE", "/v1/applications/nobody", b"{}", {}),
                (415, "POST", APPLICATIONS, b"{}",
                 {"Content-Type": "text/plain"}),
                (415, "POST", SCALE, b"{}",
                 {"Content-Type": "application/x-www-form-urlencoded"}),
                (403, "POST", APPLICATIONS, b"{}",
                 {"Origin": "http://evil.example"}),
                (403, "GET", APPLICATIONS, b"", {"Origin": "null"}),
                (403, "GET", APPLICATIONS, b"", {"Host": "evil.example"}),
                (403, "GET", APPLICATIONS, b"",
                 {"Host": "127.0.0.1.evil.example"}),
                (400, "GET", APPLICATIONS + "?limit=1000000000", b"", {}),
                (400, "GET", APPLICATIONS + "?cursor=%ff", b"", {}),
                (400, "POST", APPLICATIONS, b"{}",
                 {"x-operation-id": "a" * 129}),
                (400, "POST", APPLICATIONS, b"{}", {"x-reason": "\xe4"})):
            with self.subTest(target=target, headers=headers):
                raw = request_bytes(method, target, body, {}) if not headers \
                    else request_bytes(method, target, body, headers)
                answer = exchange(self.daemon.endpoints["admin"], raw)
                self.assertEqual(answer.status, status, answer)

    @cases(420)
    def test_the_metrics_take_no_list_of_names(self):
        target = "/metrics?" + "&".join(f"name[]={i}" for i in range(100_000))
        answer = self.daemon.admin("GET", target)
        self.assertEqual(answer.status, 414, answer)

    @cases(411)
    def test_an_operation_id_stands_for_one_command(self):
        id_of = {"x-operation-id": "op-411"}
        answers = [self.daemon.admin("POST", SCALE, {"workers": count}, id_of)
                   for count in (2, 2, 3)]
        self.assertEqual([answer.status for answer in answers],
                         [202, 202, 409])

    @cases(409, 410, 423)
    def test_a_thousand_commands_at_once_are_bounded_and_answered(self):
        count = 1_000
        commands = [
            request_bytes("DELETE", "/v1/applications/bad") if i % 100 == 99
            else request_bytes("POST", APPLICATIONS,
                               self.spec(config={"number": i}))
            for i in range(count)]
        statuses = all_at_once(self.daemon.endpoints["admin"], commands)
        self.assertEqual(len(statuses), count)
        self.assertLessEqual(set(statuses), {202, 204, 404, 409, 429, 503})
        self.daemon.admin("DELETE", "/v1/applications/bad")
        wait_until(lambda: len(self.daemon.workers()) <= 1,
                   "workers of superseded releases stay")


def all_at_once(address, requests):
    """The status of each request; all are sent before any answer is read."""
    opened = [connect(address) for _ in requests]
    try:
        for connection, raw in zip(opened, requests):
            connection.sendall(raw)
        return [receive(connection).status for connection in opened]
    finally:
        for connection in opened:
            connection.close()


class ApiAccountTest(AccountTest):
    def test_every_case_is_accounted_for(self):
        self.account(
            range(175, 425), (ApiTest,),
            (int(number) for number, *_ in LISTED),
            elsewhere={
                416: ("tests/process/test_auth.py",
                      "test_commands_work_with_the_right_token")},
            without={
                406: "no command takes weights",
                407: "no command takes a range of workers",
                412: "commands name what they want, not what they change, so "
                     "that there is no version that could be stale",
                421: "there is no debug endpoint",
                424: "nothing is streamed: clients ask again"})


if __name__ == "__main__":
    unittest.main()
