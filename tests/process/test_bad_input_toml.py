"""Configuration files, cases 425 to 938 of the catalogue."""

import os
import pathlib
import unittest

from bad_input import AccountTest, cases
from case_list import BAD_INPUT, read_cases
from harness import ProcessTest, run_serval

STARTUP = "tests/process/test_startup.py"
LISTED = read_cases(BAD_INPUT / "toml.txt", 2)

# Key, values that it may not have, and a word of what is said about them.
VALUES = (
    ("node.name", ("''", "1", "'a b'", "'../x'", f"'{'a' * 65}'"), "node.name"),
    ("node.loops", ("-1", "257", "'2'", "1.5", "true"), "node.loops"),
    ("node.shutdown_grace",
     ("10", "'10'", "'10x'", "'-1s'", "'1e99s'", "'99999999999999999999s'",
      "'s'", "''", "'1 s'", "'1S'", "'nans'"), "node.shutdown_grace"),
    ("http.body_max",
     ("1024", "'1'", "'1gb'", "'-1B'", "'1.5KiB'", "'1TiB'",
      "'99999999999999999999GiB'", "'0B'", "'2GiB'"), "http.body_max"),
    ("http.listen",
     ("80", "''", "':80'", "'127.0.0.1'", "'127.0.0.1:65536'",
      "'127.0.0.1:-1'", "'127.0.0.1:x'", "'localhost.evil.example:80'",
      "'[::1:80'", "'127.0.0.1:80:80'", "'256.0.0.1:80'", "'[]:80'"),
     "http.listen"),
    ("admin.listen", ("'0.0.0.0:9470'", "'[::]:9470'", "'192.0.2.1:1'"),
     "admin.listen"),
    ("rpc.listen", ("'0.0.0.0:9490'", "'[::]:9490'"), "rpc.listen"),
    ("log.level", ("'loud'", "1", "'INFO'"), "log.level"),
    ("http.access_log", ("'true'", "1", "[]"), "http.access_log"),
)


class TomlTest(ProcessTest):
    def setUp(self):
        self.file = self.scratch() / "node.toml"

    def check(self, content, *words):
        """The file is refused with one line per problem that says where."""
        if content is not None:
            self.file.write_bytes(content)
        run = run_serval("config", "check", self.file)
        said = run.stdout + run.stderr
        self.assertEqual(run.returncode, 1, said[-2000:])
        for word in words:
            self.assertIn(word, said)

    @cases(*range(425, 924))
    def test_what_is_no_configuration_is_refused(self):
        for number, _, raw in LISTED:
            with self.subTest(case=number, raw=raw[:60]):
                self.check(raw, "node.toml")

    @cases(924)
    def test_what_is_no_file_of_text_is_refused(self):
        self.check(None, "node.toml")
        self.check("a = 1\n".encode("utf-16"), "node.toml")
        self.check(b"[node]\nname = 'a\0'\n", "node.toml:2:")
        self.file.write_bytes(b"")
        self.assertEqual(run_serval("config", "check", self.file).returncode, 0)
        fifo = self.file.with_name("fifo")
        os.mkfifo(fifo)
        for path in (self.file.parent, fifo, pathlib.Path("/dev/zero"),
                     self.file / "x", pathlib.Path("a" * 5000)):
            with self.subTest(path=str(path)[:60]):
                self.fails(run_serval("config", "check", path))

    @cases(925)
    def test_an_unknown_key_is_named_with_the_nearest_known_one(self):
        self.check(b"[http]\nbody_mx = '1MiB'\n", "node.toml:2:", "body_mx",
                   "body_max")
        self.check(b"[htp]\nlisten = 'localhost:1'\n", "htp", "http")

    @cases(926, 927, 928, 929, 931)
    def test_values_that_make_no_sense_are_refused_where_they_stand(self):
        for key, values, word in VALUES:
            section, _, name = key.partition(".")
            for value in values:
                with self.subTest(key=key, value=value):
                    self.check(f"[{section}]\n{name} = {value}\n".encode(),
                               "node.toml:2:", word)

    def test_all_problems_are_told_at_once(self):
        self.check(b"[http]\nlisten = 1\nbody_max = 'x'\n[log]\nlevel = 1\n",
                   "node.toml:2:", "node.toml:3:", "node.toml:5:")


class TomlAccountTest(AccountTest):
    def test_every_case_is_accounted_for(self):
        self.account(
            range(425, 939), (TomlTest,),
            elsewhere={
                930: (STARTUP, "test_a_port_in_use_is_named"),
                932: ("tests/process/test_tls.py",
                      "test_files_that_cannot_be_used_stop_the_start"),
                933: (STARTUP, "test_a_data_folder_that_cannot_be_made"),
                935: ("tests/process/test_auth.py",
                      "broken_lists_change_nothing"),
                938: ("tests/base/private_file_test.cpp",
                      "a private file is read only while others cannot")},
            without={
                934: "intervals that depend on each other are not settings",
                936: "files include no others",
                937: "variables of the environment are not expanded"})


if __name__ == "__main__":
    unittest.main()
