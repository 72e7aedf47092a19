"""What the tests of the catalogue in tests/bad_input share."""

import pathlib
import unittest

from harness import STRATEGY, TOP, Daemon, ProcessTest, is_running, write_app

# A daemon with one small application; far more means that input made it grow.
RSS_MIB_MAX = 256


def cases(*numbers):
    """Marks a test with the numbers of the catalogue that it stands for."""
    def mark(test):
        test.cases = numbers
        return test

    return mark


def rss_mib(pid):
    """Resident memory of a process."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"process {pid} is gone")


class BadInputTest(ProcessTest):
    """One daemon for all tests of a class, which must outlive each of them.

    Its application answers every method on `/a` and below with the body.
    """

    SETTINGS = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.daemon = Daemon(*cls.SETTINGS).__enter__()
        cls.addClassCleanup(cls.daemon.end)
        cls.daemon.deploy(write_app(
            cls.daemon.folder, STRATEGY, {"echo": {}}, name="a", route="/a",
            methods=["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH"]))
        cls.pid = cls.daemon.process.pid

    def tearDown(self):
        self.assertTrue(is_running(self.pid), self.daemon.log_tail())
        self.assertLess(rss_mib(self.pid), RSS_MIB_MAX)
        self.assertEqual(self.daemon.http("POST", "/a", b"good").body, b"good")


class AccountTest(unittest.TestCase):
    """That each number of a section is tested, or says why it is not."""

    def account(self, section, tests, listed=(), elsewhere=None, without=None):
        """`tests` are classes whose tests have `cases`; `elsewhere` is
        {number: (file, words in it)} and `without` {number: why it does not
        apply}. Keys may be ranges."""
        elsewhere = dict(spread(elsewhere or {}))
        without = dict(spread(without or {}))
        tested = set(listed)
        for test in tests:
            for name in dir(test):
                tested |= set(getattr(getattr(test, name), "cases", ()))
        for number, (file, words) in elsewhere.items():
            self.assertIn(words, (TOP / file).read_text(), number)
        known = tested | set(elsewhere) | set(without)
        self.assertEqual(sorted(set(section) - known), [], "not accounted for")
        self.assertEqual(sorted(set(without) & tested), [], "tested after all")
        for number, why in without.items():
            with self.subTest(case=number):
                self.skipTest(why)


def spread(numbers):
    """The pairs of a dictionary, one for each number of a range."""
    for key, value in numbers.items():
        for number in key if isinstance(key, range) else (key,):
            yield number, value
