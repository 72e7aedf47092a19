#!/usr/bin/env python3
"""How run_tests.py counts, shown with executables that only pretend."""

import contextlib
import io
import os
import pathlib
import stat
import tempfile
import unittest

import run_tests

PRETEND = """#!/usr/bin/env python3
import sys
out = [a for a in sys.argv if a.startswith("--out=")][0][6:]
open(out, "w").write('''{xml}''')
print("said on the way")
sys.exit({status})
"""
CASE = ('<TestCase name="{name}" {more}><OverallResultsAsserts '
        'test_case_success="{ok}"/></TestCase>')


class RunTestsTest(unittest.TestCase):
    def run_pretended(self, cases, status=0, only="", end="</doctest>"):
        xml = "<doctest>" + "".join(cases) + end
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "pretend")
            file.write_text(PRETEND.format(xml=xml, status=status))
            file.chmod(file.stat().st_mode | stat.S_IXUSR)
            return run_tests.run_executable(
                ("pretend", [str(file)], folder, dict(os.environ)), only)

    def test_a_test_case_that_succeeded_counts_as_passed(self):
        self.assertEqual(
            self.run_pretended([CASE.format(name="a", ok="true", more="")]),
            [("a", None)])

    def test_a_failed_test_case_shows_what_the_executable_said(self):
        (name, detail), = self.run_pretended(
            [CASE.format(name="a", ok="false", more="")], status=1)
        self.assertEqual(name, "a")
        self.assertIn("said on the way", detail)

    def test_a_skipped_test_case_is_named_with_its_reason(self):
        found = self.run_pretended([
            '<TestCase name="a" skipped="true" description="needs a moon"/>'])
        self.assertEqual(found, [("a", ("needs a moon",))])

    def test_an_executable_that_dies_fails_the_test_case_it_was_in(self):
        (name, detail), = self.run_pretended(
            ['<TestCase name="a &quot;b">'], status=139, end="")
        self.assertIn("139", detail)

    def test_a_bad_exit_after_good_test_cases_is_a_failure(self):
        found = self.run_pretended(
            [CASE.format(name="a", ok="true", more="")], status=66)
        self.assertEqual([name for name, _ in found], ["a", "exit"])

    def test_test_cases_that_a_filter_left_out_are_not_skipped_ones(self):
        found = self.run_pretended(
            ['<TestCase name="a" skipped="true"/>',
             CASE.format(name="bee", ok="true", more="")], only="be")
        self.assertEqual(found, [("bee", None)])

    def test_no_test_at_all_is_not_a_success(self):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            status = run_tests.Tally().report()
        self.assertEqual(status, 1)
        self.assertEqual(output.getvalue(), "0 passed, 0 failed, 0 skipped\n")


if __name__ == "__main__":
    unittest.main()
