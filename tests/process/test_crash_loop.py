"""What the control plane knows after it died; see tests/crash_loop."""

import json
import os
import subprocess
import sys
import unittest

from harness import BUILD, TOP, ProcessTest

MAIN = TOP / "tests" / "crash_loop" / "main.py"


class CrashLoopTest(ProcessTest):
    def test_nothing_acknowledged_is_lost_and_no_request_of_an_app_master(self):
        run = subprocess.run(
            [sys.executable, str(MAIN), "--json", "--counts-only", "--rounds",
             "200" if "SERVAL_TEST_FULL" in os.environ else "20"],
            env=os.environ | {"SERVAL_TEST_BUILD": str(BUILD)},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self.assertTrue(run.stdout, run.stderr)
        for number, result in enumerate(json.loads(run.stdout)["rounds"], 1):
            with self.subTest(number=number, kind=result["kind"]):
                self.assertEqual(result["why"], [], run.stderr)
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_no_point_to_die_at_and_no_defect_is_in_the_binary(self):
        binary = (BUILD / "serval").read_bytes()
        for name in ("SERVAL_KILL_POINT", "SERVAL_FAIL_POINTS",
                     "acknowledge_before_durable", "forget_last_entry"):
            self.assertNotIn(name.encode(), binary)


if __name__ == "__main__":
    unittest.main()
