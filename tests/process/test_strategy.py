"""The three-layer strategy on real and generated data, in all its ways."""

import json
import subprocess
import sys
import unittest

import reference_strategy
from harness import (EXAMPLES, TOP, Daemon, ProcessTest, needs_test_data,
                     run_serval, test_metrics, wait_until)

APP = EXAMPLES / "bank_monitor" / "app.toml"


def placed(isolation):
    return [f"backend.{name}.isolation={isolation}"
            for name in ("strategy", "bank", "indicator")]


class Agreement:
    def agrees(self, answer, expected):
        self.assertIsNone(reference_strategy.difference(answer, expected))


class RunTest(Agreement, ProcessTest):
    @needs_test_data
    def test_a_strategy_runs_without_a_daemon(self):
        metrics = test_metrics()
        expected = json.loads((metrics / "expected_288.json").read_text())
        run = run_serval("run", APP, "--data", "{}",
                         "--set", f"config.data_dir={metrics}")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.agrees(json.loads(run.stdout)["banks"], expected["banks"])

    def test_a_strategy_that_fails_without_a_daemon_says_why(self):
        run = run_serval("run", APP, "--data", '{"points": 0}')
        self.fails(run, "points")
        run = run_serval("run", APP, "--data", "{}",
                         "--set", "config.data_dir=/no/such/folder")
        self.assertGreater(run.returncode, 0)
        self.assertIn("/no/such/folder", run.stderr)


class StrategyTest(Agreement, ProcessTest):
    def sample(self):
        folder = self.scratch() / "metrics"
        subprocess.run([sys.executable, str(TOP / "tools" /
                                            "make_sample_metrics.py"),
                        str(folder)], check=True)
        return folder

    def ask(self, daemon, request):
        answer = daemon.http("POST", "/bank_monitor", request)
        self.assertEqual(answer.status, 200, answer)
        return answer.json()

    @needs_test_data
    def test_the_answer_on_real_data_is_the_published_one(self):
        metrics = test_metrics()
        expected = json.loads((metrics / "expected_288.json").read_text())
        for isolation in ("inline", "process"):
            with Daemon() as daemon:
                daemon.deploy(APP, f"config.data_dir={metrics}",
                              *placed(isolation))
                over_http = self.ask(daemon, {})
                run = daemon.cli("call", "bank_monitor", "--rpc",
                                 "--data", '{"points": 288}')
                self.assertEqual(run.returncode, 0, run.stderr)
                for way, answer in (("HTTP", over_http),
                                    ("RPC", json.loads(run.stdout))):
                    with self.subTest(isolation=isolation, way=way):
                        self.agrees(answer["banks"], expected["banks"])
                        self.assertEqual(answer["skipped_lines"], 42)
                        self.assertEqual(answer["missing"], [])

    def test_every_kind_of_request_gets_the_reference_answer(self):
        metrics = self.sample()
        requests = (
            {},
            {"points": 12},
            {"points": 11},
            {"points": 1000000},
            {"points": 50, "at": "2024-03-01T12:00:00Z"},
            {"at": "2023-01-01T00:00:00Z"},
            {"banks": {"search": []}},
            {"banks": {"search": ["latency_ms"], "storage": []}},
            {"banks": {"search": ["latency_ms", "nothing"], "nobody": []}},
        )
        with Daemon() as daemon:
            daemon.deploy(APP, f"config.data_dir={metrics}")
            for request in requests:
                with self.subTest(request=request):
                    answer = self.ask(daemon, request)
                    expected = reference_strategy.answer(metrics, **request)
                    for entry in answer["missing"]:
                        entry.pop("detail", None)
                    key = json.dumps
                    self.agrees(sorted(answer.pop("missing"), key=key),
                                sorted(expected.pop("missing"), key=key))
                    self.agrees(answer, expected)

    def test_a_changed_file_is_read_again(self):
        metrics = self.sample()
        with Daemon() as daemon:
            daemon.deploy(APP, f"config.data_dir={metrics}")
            before = self.ask(daemon, {})
            file = metrics / "checkout" / "latency_ms.csv"
            with open(file, "a") as out:
                out.write("2024-03-03 00:00:00,900,1\n")
            after = self.ask(daemon, {})
            self.assertIsNotNone(
                reference_strategy.difference(before, after))
            self.agrees(after, reference_strategy.answer(metrics))

    def test_bad_requests_are_refused_and_the_next_is_served(self):
        metrics = self.sample()
        bad = [b"", b"{", b"[]", b"7", b'{"points": 0}', b'{"points": 1.5}',
               b'{"points": 1000001}', b'{"points": "x"}', b'{"at": "noon"}',
               b'{"banks": []}', b'{"banks": {"a": "b"}}']
        bad += [json.dumps({"banks": {name: []}}).encode()
                for name in ("../etc", "a/b", "a\\b", "a\0b", ".", "..")]
        bad += [json.dumps({"banks": {"search": [name]}}).encode()
                for name in ("../x", "a\\b", ".", "..")]
        with Daemon() as daemon:
            daemon.deploy(APP, f"config.data_dir={metrics}")
            for body in bad:
                with self.subTest(body=body):
                    answer = daemon.http("POST", "/bank_monitor", body)
                    self.assertEqual(answer.status, 400, answer)
            nothing = daemon.http("POST", "/bank_monitor",
                                  {"banks": {"nobody": []}})
            self.assertEqual(nothing.status, 404, nothing)
            self.ask(daemon, {})

    def test_a_data_folder_that_is_not_there_fails_the_deploy(self):
        gone = self.scratch() / "gone"
        with Daemon() as daemon:
            self.fails(daemon.cli("deploy", APP, "--set",
                                  f"config.data_dir={gone}"),
                       str(gone), "no such file")

    def test_a_data_folder_that_goes_away_is_500_and_a_line_in_the_log(self):
        gone = self.scratch() / "gone"
        gone.mkdir()
        with Daemon() as daemon:
            daemon.deploy(APP, f"config.data_dir={gone}")
            gone.rmdir()
            answer = daemon.http("POST", "/bank_monitor", {})
            self.assertEqual(answer.status, 500, answer)
            self.assertNotIn(str(gone).encode(), answer.body)
            wait_until(lambda: str(gone) in daemon.log_text(),
                       "the log names it")


if __name__ == "__main__":
    unittest.main()
