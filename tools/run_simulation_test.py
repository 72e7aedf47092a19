"""Tests of run_simulation.py."""

import pathlib
import subprocess
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests" / "simulation"))

from mutants import CLUSTER_MUTANTS, MUTANTS  # noqa: E402


def run(*arguments):
    return subprocess.run(
        [sys.executable, str(TOP / "tools" / "run_simulation.py"), *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)


class RunSimulationTest(unittest.TestCase):
    def test_every_mutant_has_a_hook_in_a_core(self):
        text = "".join(file.read_text()
                       for file in (TOP / "src").glob("*/*.?pp")
                       if not file.stem.endswith("_actor"))
        for name in MUTANTS + CLUSTER_MUTANTS:
            with self.subTest(name):
                self.assertIn(f'defect("{name}")', text)

    def test_wrong_usage_is_said_and_has_status_2(self):
        for arguments in (["--minutes", "0"], ["--seed", "-1"],
                          ["nonsense", "--mutants"], ["admit_all"]):
            with self.subTest(arguments):
                self.assertEqual(run(*arguments).returncode, 2)


if __name__ == "__main__":
    unittest.main()
