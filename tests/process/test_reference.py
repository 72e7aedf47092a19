"""The reference agrees with the published answer for the real data."""

import json
import os
import pathlib
import unittest

import reference_strategy
from harness import needs_test_data


class ReferenceTest(unittest.TestCase):
    @needs_test_data
    def test_the_reference_computes_the_published_answer(self):
        metrics = pathlib.Path(os.environ["SERVAL_TEST_DATA"], "metrics")
        expected = json.loads((metrics / "expected_288.json").read_text())
        computed = reference_strategy.answer(metrics)
        self.assertIsNone(
            reference_strategy.difference(computed["banks"],
                                          expected["banks"]))
        self.assertEqual(computed["skipped_lines"], 42)
        self.assertEqual(computed["missing"], [])
