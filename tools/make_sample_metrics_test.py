#!/usr/bin/env python3
"""The sample is what examples/bank_monitor reads, untidy lines included."""

import contextlib
import io
import pathlib
import re
import tempfile
import unittest

import make_sample_metrics

STAMP = re.compile(
    r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d|T\d\d:\d\d:\d\dZ)")


def sample(seed=1):
    """{relative path: bytes} of a sample."""
    with tempfile.TemporaryDirectory() as folder:
        make_sample_metrics.main([folder, "--seed", str(seed)])
        root = pathlib.Path(folder)
        return {file.relative_to(root).as_posix(): file.read_bytes()
                for file in root.rglob("*.csv")}


class SampleTest(unittest.TestCase):
    def test_the_same_seed_writes_the_same_bytes(self):
        self.assertEqual(sample(), sample())
        self.assertNotEqual(sample(1), sample(2))

    def test_three_banks_have_indicators_with_the_header_and_good_lines(self):
        files = sample()
        self.assertEqual({name.split("/")[0] for name in files},
                         {"checkout", "search", "storage"})
        for name, data in files.items():
            header, *rows = data.decode().splitlines()
            self.assertEqual(header, "TimeStamp,Value,Label", name)
            for row in rows:
                stamp, value, _ = row.replace('"', "").split(",")
                self.assertRegex(stamp, STAMP)
                self.assertTrue(value == "" or float(value) >= 0, row)

    def test_every_kind_of_untidy_line_occurs(self):
        data = b"".join(sample().values())
        lines = data.split(b"\n")
        self.assertIn(b",,0", data)
        self.assertIn(b"\r\n", data)
        self.assertRegex(data, rb'"2024-[^"]*","')
        self.assertRegex(data, rb"\n2024-[0-9-]+T[0-9:]+Z,")
        self.assertTrue(any(a == b != b"" for a, b in zip(lines, lines[1:])))

    def test_one_indicator_is_too_short_to_judge(self):
        data = sample()["storage/replicas_behind.csv"]
        self.assertLess(data.count(b"\n"), 12)

    def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(self):
        with tempfile.NamedTemporaryFile() as file, \
                contextlib.redirect_stderr(io.StringIO()) as said:
            status = make_sample_metrics.main([file.name + "/x"])
        self.assertEqual(status, 1)
        self.assertIn(file.name, said.getvalue())


if __name__ == "__main__":
    unittest.main()
