"""The control API, health and metrics on the admin listener."""

import hashlib
import json
import unittest

from harness import BUILT_EXAMPLES, EXAMPLES, Daemon, ProcessTest, wait_until

HELLO = EXAMPLES / "hello" / "app.toml"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


class AdminTest(ProcessTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.daemon = Daemon().__enter__()
        cls.addClassCleanup(cls.daemon.end)
        cls.daemon.deploy(HELLO)
        cls.openapi = cls.daemon.admin("GET", "/v1/openapi.json").json()

    def tearDown(self):
        self.assertEqual(
            self.daemon.http("POST", "/hello", b"x").status, 200)

    def operations(self):
        """(method, path with its parameters filled in, responses)."""
        for path, item in self.openapi["paths"].items():
            for name, value in (("sha256", "0" * 64), ("name", "hello"),
                                ("backend", "hello")):
                path = path.replace("{" + name + "}", value)
            for method, operation in item.items():
                if method.upper() in METHODS:
                    yield method.upper(), path, operation["responses"]

    def test_each_read_in_the_openapi_document_answers_as_documented(self):
        for method, path, responses in self.operations():
            if method not in ("GET", "HEAD"):
                continue
            with self.subTest(operation=f"{method} {path}"):
                answer = self.daemon.admin(method, path)
                self.assertIn(str(answer.status), responses)
                kinds = responses[str(answer.status)].get("content", {})
                if kinds:
                    self.assertIn(
                        answer.headers["content-type"].split(";")[0], kinds)

    def test_methods_that_the_document_does_not_have_are_405(self):
        offered = {(m, p) for m, p, _ in self.operations()}
        for path in {p for _, p in offered}:
            for method in METHODS:
                if (method, path) in offered or (
                        method == "HEAD" and ("GET", path) in offered):
                    continue
                with self.subTest(operation=f"{method} {path}"):
                    answer = self.daemon.admin(method, path, b"{}")
                    self.assertEqual(answer.status, 405, answer)
                    self.assertTrue(answer.headers["allow"])

    def test_unknown_things_are_404(self):
        for method, path in (
                ("GET", "/v1/applications/nobody"),
                ("DELETE", "/v1/applications/nobody"),
                ("GET", "/v9/x"), ("GET", "/"), ("GET", "/v1")):
            with self.subTest(path=path):
                answer = self.daemon.admin(method, path)
                self.assertEqual(answer.status, 404, answer)
        answer = self.daemon.admin(
            "POST", "/v1/applications/nobody/backends/x/scale",
            {"workers": 1})
        self.assertEqual(answer.status, 404, answer)

    def test_an_artifact_must_be_what_its_name_says(self):
        data = (BUILT_EXAMPLES / "hello.so").read_bytes()
        octets = {"Content-Type": "application/octet-stream"}
        right = hashlib.sha256(data).hexdigest()
        wrong = hashlib.sha256(b"other").hexdigest()
        answer = self.daemon.admin("PUT", f"/v1/artifacts/{wrong}", data,
                                   octets)
        self.assertEqual(answer.status, 400, answer)
        self.assertEqual(
            self.daemon.admin("HEAD", f"/v1/artifacts/{wrong}").status, 404)
        for _ in range(2):
            answer = self.daemon.admin("PUT", f"/v1/artifacts/{right}", data,
                                       octets)
            self.assertEqual(answer.status, 200, answer)
        for name in ("0" * 63, "0" * 65, "A" * 64, "..", "%2e%2e"):
            answer = self.daemon.admin("PUT", f"/v1/artifacts/{name}", data,
                                       octets)
            self.assertIn(answer.status, (400, 404), answer)

    def test_health_readiness_and_metrics_are_served(self):
        self.assertEqual(self.daemon.admin("GET", "/healthz").status, 200)
        wait_until(lambda: self.daemon.admin("GET", "/readyz").status == 200,
                   "ready")
        self.daemon.http("POST", "/hello", b"x")
        text = self.daemon.admin("GET", "/metrics").body.decode()
        self.assertIn('"hello"', text)
        for line in text.splitlines():
            if line and not line.startswith("#"):
                float(line.rpartition(" ")[2])

    def test_applications_are_listed_as_json(self):
        answer = self.daemon.admin("GET", "/v1/applications")
        self.assertEqual(answer.status, 200, answer)
        self.assertIn('"hello"', json.dumps(answer.json()))


if __name__ == "__main__":
    unittest.main()
