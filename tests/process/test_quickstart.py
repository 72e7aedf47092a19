"""The quickstart shows an answer, and leaves nothing running unless asked."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import unittest

from harness import TOP, ProcessTest, is_running, wait_until

SCRIPT = TOP / "tools" / "quickstart.py"


def quickstart(*words):
    return subprocess.run([sys.executable, str(SCRIPT), *words],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)


class QuickstartTest(ProcessTest):
    def test_it_shows_one_row_per_bank_and_leaves_nothing_running(self):
        run = quickstart()
        self.assertEqual(run.returncode, 0, run.stdout)
        for bank in ("checkout", "search", "storage"):
            self.assertRegex(
                run.stdout,
                rf"(?m)^  {bank} +\w+ +\d\.\d{{3}} +\d\.\d{{3}}$")
        self.assertNotIn("\x1b", run.stdout)
        pid = int(re.search(r"process (\d+)", run.stdout)[1])
        self.assertFalse(is_running(pid))

    def test_with_keep_it_says_how_to_use_and_stop_the_node(self):
        run = quickstart("--keep")
        self.assertEqual(run.returncode, 0, run.stdout)
        pid, folder = re.search(r"kill (\d+) && rm -r (\S+)",
                                run.stdout).groups()
        self.addCleanup(subprocess.run, ["rm", "-r", folder])
        self.assertTrue(is_running(int(pid)))
        # Each line that it says to try works as it stands.
        lines = [line.strip() for line in
                 run.stdout.partition("try next:")[2].splitlines()
                 if line.startswith("  ") and "kill" not in line]
        self.assertGreater(len(lines), 3)
        tried = subprocess.run(["bash", "-ec", "\n".join(lines)],
                               stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.STDOUT, timeout=60)
        os.kill(int(pid), signal.SIGTERM)
        wait_until(lambda: not is_running(int(pid)), "the node ends")
        self.assertEqual(tried.returncode, 0, tried.stdout)
        self.assertIn("Hello, World!", tried.stdout)

    def test_other_data_can_be_named(self):
        folder = self.scratch()
        (folder / "mine").mkdir()
        rows = "".join(f"2024-01-01 00:{i:02}:00,{i % 3},0\n"
                       for i in range(40))
        pathlib.Path(folder, "mine", "load.csv").write_text(
            "TimeStamp,Value,Label\n" + rows)
        run = quickstart("--data", str(folder))
        self.assertEqual(run.returncode, 0, run.stdout)
        self.assertRegex(run.stdout, r"(?m)^  mine +healthy ")
        self.assertTrue((folder / "mine" / "load.csv").exists())


if __name__ == "__main__":
    unittest.main()
