"""The binary that was built is as hard as its build file asks."""

import re
import subprocess
import unittest

from harness import SERVAL, ProcessTest


class HardeningTest(ProcessTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elf = subprocess.run(
            ["readelf", "--wide", "--file-header", "--program-headers",
             "--dynamic", "--dyn-syms", str(SERVAL)], check=True,
            stdout=subprocess.PIPE, text=True).stdout

    def test_it_is_loaded_at_a_random_address(self):
        self.assertRegex(self.elf, r"Type:\s+DYN")

    def test_its_tables_are_resolved_at_start_and_then_read_only(self):
        self.assertIn("GNU_RELRO", self.elf)
        self.assertRegex(self.elf, r"FLAGS_1.*NOW")

    def test_no_segment_is_both_writable_and_executable(self):
        flags = re.findall(r"(?m)^\s+(?:LOAD|GNU_STACK)\s.*?([R ][W ][E ])\s",
                           self.elf)
        self.assertGreater(len(flags), 2)
        self.assertNotIn("RWE", flags)

    def test_stacks_and_buffers_are_guarded(self):
        self.assertIn("__stack_chk_fail", self.elf)
        self.assertRegex(self.elf, r"__\w+_chk@")

    def test_it_looks_for_libraries_in_system_folders_only(self):
        self.assertNotIn("RUNPATH", self.elf)
        self.assertNotIn("RPATH", self.elf)


if __name__ == "__main__":
    unittest.main()
