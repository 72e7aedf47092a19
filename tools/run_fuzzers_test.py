"""What run_fuzzers.py makes of what a fuzzer says."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import run_fuzzers  # noqa: E402

GOOD = """\
INFO: seed corpus: files: 27 min: 1b max: 900b total: 4kb rss: 30Mb
#28\tINITED cov: 1124 ft: 2671 corp: 20/11Kb exec/s: 0 rss: 35Mb
#512\tNEW    cov: 1130 ft: 2680 corp: 21/11Kb lim: 900 exec/s: 0 rss: 36Mb
#2000\tDONE   cov: 1303 ft: 4396 corp: 59/98Kb lim: 900 exec/s: 100 rss: 45Mb
stat::number_of_executed_units: 2000
stat::average_exec_per_sec:     100
stat::new_units_added:          39
"""


class UnderstandTest(unittest.TestCase):
    def test_a_run_without_a_failure_is_counted(self):
        row = run_fuzzers.understand("json", GOOD, 0, [])
        self.assertTrue(row["ok"])
        self.assertEqual(row["executions"], 2000)
        self.assertEqual(row["per_second"], 100)
        self.assertEqual(row["covered"], 1303)
        self.assertEqual(row["new_covered"], 1303 - 1124)
        self.assertEqual(row["corpus"], 59)

    def test_a_target_that_failed_or_did_not_run_is_not_ok(self):
        for output, status, crashes in ((GOOD, 77, []), (GOOD, 0, ["crash-1"]),
                                        ("", 0, []),
                                        ("", "no such file", [])):
            with self.subTest(status=status, crashes=crashes):
                self.assertFalse(run_fuzzers.understand(
                    "json", output, status, crashes)["ok"])

    def test_every_target_is_declared_built_and_replayed(self):
        folder = run_fuzzers.SEEDS.parent
        for file in ("targets.hpp", "replay_test.cpp", "meson.build",
                     "README.md"):
            text = (folder / file).read_text()
            for target in run_fuzzers.targets():
                self.assertIn(target, text, file)

    def test_seeds_become_files(self):
        with tempfile.TemporaryDirectory() as folder:
            for target in run_fuzzers.targets():
                seeds = pathlib.Path(folder, target)
                run_fuzzers.write_seeds(target, seeds)
                self.assertTrue(list(seeds.iterdir()), target)


if __name__ == "__main__":
    unittest.main()
