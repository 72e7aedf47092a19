"""What the data plane promises under faults; see tests/faults.

By default a sample that judges counts, about a minute; with --full every
scenario, where times count as well.
"""

import json
import os
import pathlib
import subprocess
import sys
import unittest

from harness import BUILD, TOP, ProcessTest

RIG = TOP / "tests" / "faults" / "main.py"


def run_rig(*arguments):
    return subprocess.run(
        [sys.executable, str(RIG), "--json", *arguments],
        env=os.environ | {"SERVAL_TEST_BUILD": str(BUILD)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)


class FaultRigTest(ProcessTest):
    def test_promises_hold_under_faults(self):
        full = ["--all"] if "SERVAL_TEST_FULL" in os.environ else []
        run = run_rig(*full)
        self.assertTrue(run.stdout, run.stderr)
        for result in json.loads(run.stdout)["scenarios"]:
            with self.subTest(result["scenario"]):
                if result["verdict"] in ("VOID", "skipped"):
                    self.skipTest(f"{result['verdict']}: {result['why'][0]}")
                self.assertEqual(result["verdict"], "holds", result)

    def test_a_scenario_that_does_not_exist_is_wrong_usage(self):
        run = run_rig("nonsense")
        self.assertEqual(run.returncode, 2, run)
        self.assertIn("nonsense", run.stderr)

    def test_deliberate_defects_are_not_in_the_binary(self):
        text = "".join(pathlib.Path(file).read_text() for file in
                       (TOP / "src").glob("*/*.?pp"))
        sys.path.append(str(RIG.parent))
        from mutants import MUTANTS
        binary = (BUILD / "serval").read_bytes()
        for name in MUTANTS:
            with self.subTest(name):
                self.assertIn(f'defect("{name}")', text)
                self.assertFalse(name.encode() in binary)
        self.assertFalse(b"SERVAL_DEFECT" in binary)


if __name__ == "__main__":
    unittest.main()
