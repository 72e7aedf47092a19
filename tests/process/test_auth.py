"""Tokens: who may do what with the real daemon, and what never leaks."""

import json
import os
import pathlib
import stat

from certificates import Authority, settings
from harness import (EXAMPLES, STRATEGY, Daemon, ProcessTest, connect,
                     exchange, receive, run_serval, wait_until, write_app)

HELLO = EXAMPLES / "hello" / "app.toml"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


class AuthTest(ProcessTest):
    def setUp(self):
        self.folder = self.scratch()
        self.tokens = self.folder / "tokens"
        self.admin = self.token("boss", "admin")

    def token(self, name, *scopes, app=None):
        arguments = [word for scope in scopes for word in ("--scope", scope)]
        if app:
            arguments += ["--app", app]
        run = run_serval("token", "make", "--name", name, *arguments,
                         "--file", self.tokens)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout.strip()

    def daemon(self, *overrides):
        made = Daemon(f"auth.tokens_file={self.tokens}", *overrides)
        self.addCleanup(made.end)
        return made.start()

    def cli(self, daemon, token, *arguments):
        return run_serval(*arguments, "--admin", daemon.endpoints["admin"],
                          env={"SERVAL_TOKEN": token})

    def deploy(self, daemon):
        run = self.cli(daemon, self.admin, "deploy", HELLO)
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_a_token_is_shown_once_and_kept_as_a_hash_in_a_private_file(self):
        self.assertEqual(stat.S_IMODE(self.tokens.stat().st_mode), 0o600)
        kept = self.tokens.read_text()
        self.assertNotIn(self.admin, kept)
        self.assertNotIn(self.admin.removeprefix("serval_"), kept)
        again = run_serval("token", "make", "--name", "boss", "--scope",
                           "read", "--file", self.tokens)
        self.fails(again, "another line has this name")
        self.assertEqual(self.tokens.read_text(), kept)
        for arguments in (("--scope", "write"), ("--scope", "read", "--app",
                                                 "../x")):
            self.fails(run_serval("token", "make", "--name", "x", *arguments,
                                  "--file", self.tokens))
        self.assertEqual(self.tokens.read_text(), kept)

    def test_commands_work_with_the_right_token_and_say_what_another_lacks(
            self):
        reader = self.token("reader", "read")
        daemon = self.daemon()
        self.deploy(daemon)
        for token, words in (("", "needs a token"),
                             ("serval_wrong", "not known"),
                             (reader, 'lacks the scope "deploy"')):
            self.fails(self.cli(daemon, token, "scale", "hello", "hello=2"),
                       words)
        self.assertEqual(
            self.cli(daemon, reader, "status", "hello").returncode, 0)
        file = self.folder / "mine"
        file.write_text(self.admin + "\n")
        file.chmod(0o644)
        arguments = ("scale", "hello", "hello=2", "--token-file", file,
                     "--admin", daemon.endpoints["admin"])
        self.fails(run_serval(*arguments), f"chmod 600 {file}")
        file.chmod(0o600)
        self.assertEqual(run_serval(*arguments).returncode, 0)

    def test_an_unknown_client_gets_401_before_its_body_is_read(self):
        daemon = self.daemon()
        head = (b"PUT /v1/artifacts/" + b"0" * 64 + b" HTTP/1.1\r\n"
                b"Host: localhost\r\nContent-Length: 200000000\r\n"
                b"Expect: 100-continue\r\n\r\n")
        with connect(daemon.endpoints["admin"]) as client:
            client.sendall(head)
            self.assertEqual(receive(client).status, 401)
        self.assertEqual(daemon.admin("GET", "/healthz").status, 200)
        self.assertEqual(daemon.admin("GET", "/metrics").status, 401)
        self.assertEqual(daemon.admin("GET", "/metrics", b"",
                                      bearer(self.admin)).status, 200)

    def test_requests_to_a_guarded_application_need_its_token(self):
        caller = self.token("caller", "call", app="hello")
        other = self.token("other", "call", app="elsewhere")
        daemon = self.daemon()
        self.deploy(daemon)

        def post(token=None, body=b"x"):
            return daemon.http("POST", "/hello", body,
                               bearer(token) if token else None).status

        self.assertEqual([post(), post("x"), post(other), post(self.admin),
                          post(caller)], [401, 401, 403, 403, 200])
        # A large body is refused by its head.
        with connect(daemon.endpoints["http"]) as client:
            client.sendall(b"POST /hello HTTP/1.1\r\nHost: a\r\n"
                           b"Content-Length: 9000000\r\n\r\nbegin")
            self.assertEqual(receive(client).status, 401)
        for token, works in ((caller, True), (other, False), ("", False)):
            for transport in ((), ("--rpc",)):
                run = run_serval(
                    "call", "hello", "--data", "x", *transport, "--admin",
                    daemon.endpoints["admin"],
                    env={"SERVAL_TOKEN": token})
                # These tokens may not ask the control API where it is.
                self.assertEqual(run.returncode, 1, run.stderr)
        both = self.token("both", "call", "read", app="hello")
        wait_until(lambda: post(both) == 200, "the new token works")
        for transport in ((), ("--rpc",)):
            run = self.cli(daemon, both, "call", "hello", "--data", "x",
                           *transport)
            self.assertEqual(run.returncode, 0, run.stderr)
        reader = self.token("reader", "read")
        wait_until(lambda: self.cli(daemon, reader, "status").returncode == 0,
                   "the new token works")
        self.fails(self.cli(daemon, reader, "call", "hello", "--data", "x",
                            "--rpc"), 'lacks the scope "call"')

    def test_tokens_are_taken_back_and_broken_lists_change_nothing(self):
        daemon = self.daemon()

        def status(token):
            return daemon.admin("GET", "/v1/node", b"", bearer(token)).status

        self.assertEqual(status(self.admin), 200)
        good = self.tokens.read_text()
        self.tokens.write_text("nonsense\n")
        wait_until(lambda: "the list of tokens stays as it was"
                   in daemon.log_text(), "the broken list is reported")
        self.assertEqual(status(self.admin), 200)
        self.tokens.write_text(good)
        second = self.token("second", "read")
        wait_until(lambda: status(second) == 200, "the second token works")
        self.tokens.write_text(
            "".join(line for line in self.tokens.read_text().splitlines(True)
                    if "second" in line))
        wait_until(lambda: status(self.admin) == 401, "the first one is gone")

    def test_doors_that_would_be_open_to_others_are_refused(self):
        authority = Authority(self.folder)
        files = authority.issue("node")
        tokens = f"auth.tokens_file={self.tokens}"
        encrypted = settings("admin", *files)
        everywhere = "admin.listen=0.0.0.0:0"
        cases = (((everywhere,), "auth.tokens_file"),
                 ((everywhere, tokens), "tls_certificate_file"),
                 ((everywhere, *encrypted), "auth.tokens_file"),
                 (("rpc.listen=0.0.0.0:0",), "rpc.tls_certificate_file"))
        for overrides, words in cases:
            with self.subTest(overrides=overrides):
                daemon = Daemon(*overrides)
                self.addCleanup(daemon.end)
                daemon.launch()
                self.assertEqual(daemon.process.wait(30), 1)
                self.assertIn(words, daemon.log_text())
        self.tokens.chmod(0o644)
        daemon = Daemon(tokens)
        self.addCleanup(daemon.end)
        daemon.launch()
        self.assertEqual(daemon.process.wait(30), 1)
        self.assertIn(f"chmod 600 {self.tokens}", daemon.log_text())
        self.tokens.chmod(0o600)
        open_daemon = self.daemon(everywhere, *encrypted,
                                  "rpc.listen=0.0.0.0:0",
                                  *settings("rpc", *files))
        run = run_serval(
            "status", "--ca-file", authority.certificate, "--admin",
            open_daemon.endpoints["admin"].replace("0.0.0.0", "127.0.0.1"),
            env={"SERVAL_TOKEN": self.admin})
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_calls_go_over_encrypted_rpc(self):
        authority = Authority(self.folder)
        files = authority.issue("node")
        caller = self.token("caller", "call", "read")
        daemon = self.daemon(*settings("rpc", *files))
        self.deploy(daemon)
        self.assertTrue(daemon.endpoints["rpc"].startswith("tls://"))
        arguments = ("call", "hello", "--data", "x", "--rpc", "--admin",
                     daemon.endpoints["admin"])
        good = run_serval(*arguments, "--ca-file", authority.certificate,
                          env={"SERVAL_TOKEN": caller})
        self.assertEqual(good.returncode, 0, good.stderr)
        stranger = run_serval(*arguments, "--ca-file",
                              Authority(self.folder, "other").certificate,
                              env={"SERVAL_TOKEN": caller})
        self.assertEqual(stranger.returncode, 1, stranger.stderr)
        self.assertIn("certificate is refused", stranger.stderr)
        # Bytes that are no TLS are cut off, and good clients served on.
        plain = daemon.endpoints["rpc"].removeprefix("tls://")
        with connect(plain) as client:
            client.sendall(os.urandom(1000))
            try:
                while client.recv(4096):
                    pass
            except ConnectionResetError:
                pass
        self.assertEqual(
            run_serval(*arguments, "--ca-file", authority.certificate,
                       env={"SERVAL_TOKEN": caller}).returncode, 0)

    def test_what_strategies_log_stays_one_line_without_secrets(self):
        daemon = self.daemon("log.format=json")
        app = write_app(self.folder, STRATEGY, {"logs": {}})
        run = self.cli(daemon, self.admin, "deploy", app)
        self.assertEqual(run.returncode, 0, run.stderr)
        for text in ('a\r\nb","level":"error\x1b[31m\x07 first',
                     "POST /x?access_token=canary-1&a=b second",
                     "Authorization: Bearer canary-2\nthird",
                     '{"password": "canary-3", "x": 1} fourth'):
            answer = daemon.http("POST", "/app", text)
            self.assertEqual(answer.status, 200, answer)
            word = text.split()[-1]
            wait_until(lambda: word in daemon.log_text(), word)
        log = daemon.log_text()
        self.assertNotIn("canary", log)
        self.assertEqual(log.count("[redacted]"), 3)
        lines = [json.loads(line) for line in log.splitlines()
                 if line.startswith("{")]
        worked = [line for line in lines if line.get("event") == "worker"]
        self.assertEqual(len(worked), 4)
        self.assertEqual(worked[0]["text"],
                         'a\r\nb","level":"error\x1b[31m\x07 first')
        self.assertFalse({line["level"] for line in worked} - {"info"})
        self.assertNotIn("\x1b", log)

    def test_secrets_leave_no_trace(self):
        """Secrets in tokens, headers, queries and bodies are found nowhere."""
        caller = self.token("caller", "call", app="hello")
        canaries = {"token": caller, "admin token": self.admin,
                    "wrong token": "canary-wrong-token-5512",
                    "header": "canary-header-5513",
                    "query": "canary-query-5514",
                    "body": "canary-body-5515"}
        daemon = self.daemon("log.level=debug")
        self.deploy(daemon)
        answers = []
        for token in (caller, canaries["wrong token"]):
            answers.append(daemon.http(
                "POST", f"/hello?key={canaries['query']}", canaries["body"],
                bearer(token) | {"X-Api-Key": canaries["header"]}))
        self.assertEqual([a.status for a in answers], [200, 401])
        refused = [answers[1]]
        for method, target, body in (
                ("GET", f"/nowhere/{canaries['query']}", b""),
                ("GET", f"/metrics?token={canaries['token']}", b""),
                ("POST", "/v1/applications", canaries["body"]),
                ("GET", "/v1/node", b"")):
            refused.append(daemon.admin(
                method, target, body, bearer(canaries["wrong token"])))
            refused.append(daemon.http(
                method, target, body, bearer(canaries["wrong token"])))
        self.assertTrue(all(a.status >= 400 for a in refused))
        malformed = exchange(
            daemon.endpoints["http"],
            f"POST /hello HTTP/1.1\r\nHost: a\r\nAuthorization: "
            f"{canaries['wrong token']}\r\nbad header {canaries['header']}"
            f"\r\n\r\n".encode())
        self.assertEqual(malformed.status, 400)
        metrics = daemon.admin("GET", "/metrics", b"", bearer(self.admin))
        self.assertEqual(metrics.status, 200)
        arguments = [pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
                     for pid in (daemon.process.pid, *daemon.workers())]
        self.assertEqual(daemon.terminate(), 0)
        stored = [file.read_bytes() for file in daemon.data_dir.rglob("*")
                  if file.is_file()]
        places = {"log": daemon.log_text().encode(),
                  "metrics": metrics.body, "data": b"".join(stored),
                  "argv": b"".join(arguments),
                  "answers": b"".join(a.raw for a in (*refused, malformed))}
        for place, text in places.items():
            for what, canary in canaries.items():
                self.assertNotIn(canary.encode(), text,
                                 f"the {what} is in the {place}")
        self.assertIn(b'"status":401', places["log"])  # there was a log
