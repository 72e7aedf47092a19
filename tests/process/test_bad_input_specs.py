"""Specs that make no sense: refused as a whole, with the reason."""

import unittest

from harness import EXAMPLES, STRATEGY, Daemon, ProcessTest, write_app

GOOD = {"echo": {"workers": 1}}

# What is wrong, keys of app.toml, settings of the backend, words of the reason.
BAD = (
    ("unknown key", {"deadlin": "1s"}, {}, ("deadline",)),
    ("unknown backend key", {}, {"worker": 2}, ("workers",)),
    ("no duration", {"deadline": "soon"}, {}, ("deadline",)),
    ("duration without unit", {"deadline": "10"}, {}, ("deadline",)),
    ("duration as number", {"deadline": 10}, {}, ("deadline",)),
    ("negative duration", {"deadline": "-1s"}, {}, ("deadline",)),
    ("no workers", {}, {"workers": 0}, ("workers",)),
    ("negative workers", {}, {"workers": -1}, ("workers",)),
    ("half a worker", {}, {"workers": 1.5}, ("workers",)),
    ("workers as text", {}, {"workers": "2"}, ("workers",)),
    ("no concurrency", {}, {"concurrency": 0}, ("concurrency",)),
    ("entry is no backend", {"entry": "nobody"}, {}, ("nobody",)),
    ("name with slash", {"name": "a/b"}, {}, ("name",)),
    ("name with newline", {"name": "a\nb"}, {}, ("name",)),
    ("empty name", {"name": ""}, {}, ("name",)),
    ("dots as name", {"name": ".."}, {}, ("name",)),
    ("relative route", {"route": "app"}, {}, ("route",)),
    ("misspelt health key", {}, {"health_perod": "1s"}, ("health_period",)),
    ("no start time-out", {}, {"start_timeout": "1ms"}, ("start_timeout",)),
    ("no failure allowed", {}, {"start_failures": 0}, ("start_failures",)),
    ("health as number", {}, {"health_timeout": 5}, ("health_timeout",)),
    ("unknown isolation", {}, {"isolation": "thread"}, ("isolation",)),
)


class BadSpecTest(ProcessTest):
    def test_each_bad_spec_is_refused_with_its_reason(self):
        folder = self.scratch()
        with Daemon() as daemon:
            for what, keys, settings, words in BAD:
                with self.subTest(what=what):
                    file = write_app(folder, STRATEGY,
                                     {"echo": GOOD["echo"] | settings},
                                     **keys)
                    run = daemon.cli("deploy", file)
                    self.assertGreater(run.returncode, 0, run.stdout)
                    for word in words:
                        self.assertIn(word, run.stdout + run.stderr)
            self.assertEqual(daemon.workers(), [])
            daemon.deploy(write_app(folder, STRATEGY, GOOD))

    def test_a_route_belongs_to_one_application(self):
        folder = self.scratch()
        with Daemon() as daemon:
            daemon.deploy(write_app(folder, STRATEGY, GOOD, route="/shared"))
            run = daemon.cli("deploy", write_app(
                folder, STRATEGY, GOOD, name="second", route="/shared"))
            self.fails(run, "/shared")
            self.assertEqual(
                daemon.http("POST", "/shared", b"1").body, b"1")

    def test_all_problems_of_a_spec_are_told_at_once_with_their_lines(self):
        unread = write_app(self.scratch(), STRATEGY,
                           {"echo": {"workers": "two"}}, deadlin="1s")
        senseless = write_app(self.scratch(), STRATEGY,
                              {"echo": {"workers": 0}}, route="x")
        with Daemon() as daemon:
            for file, words in ((unread, ("deadlin", "workers")),
                                (senseless, ("route", "workers"))):
                run = daemon.cli("deploy", file)
                for word in (*words, "app.toml:"):
                    self.assertIn(word, run.stdout + run.stderr)

    def test_what_is_no_toml_is_refused(self):
        folder = self.scratch()
        file = folder / "app.toml"
        with Daemon() as daemon:
            for text in (b"", b"[", b"a = ", b"\xff\xfe", b"\0", b"[[" * 999):
                with self.subTest(text=text[:9]):
                    file.write_bytes(text)
                    self.assertGreater(
                        daemon.cli("deploy", file).returncode, 0)
            self.fails(daemon.cli("deploy", folder / "gone.toml"), "gone.toml")
            self.fails(daemon.cli("deploy", folder))

    def test_bad_overrides_are_refused(self):
        file = EXAMPLES / "hello" / "app.toml"
        with Daemon() as daemon:
            for bad in ("backend.hello.workers=0", "backend.nobody.workers=1",
                        "workers=1", "nonsense", "=", "deadline=x"):
                with self.subTest(bad=bad):
                    run = daemon.cli("deploy", file, "--set", bad)
                    self.assertGreater(run.returncode, 0, run.stdout)


if __name__ == "__main__":
    unittest.main()
