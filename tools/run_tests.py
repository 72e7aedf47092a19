#!/usr/bin/env python3
"""Runs everything that can pass or fail, and counts it.

Counted are the rules of check.py, the test cases of each C++ test executable
(not the executables), and the tests of tools/*_test.py and tests/process/.
tools/test builds and then calls this.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

TOP = pathlib.Path(__file__).resolve().parents[1]
EXECUTABLE_TIMEOUT_SECONDS = 300


class Tally:
    """Counts, and what to tell about failed and skipped tests."""

    def __init__(self):
        self.passed = 0
        self.failed = []   # names
        self.skipped = []  # (name, reason)

    def fail(self, name, detail):
        self.failed.append(name)
        print(f"FAILED {name}\n{detail.rstrip()}\n", flush=True)

    def report(self):
        for name, reason in self.skipped:
            print(f"skipped: {name}: {reason}")
        for name in self.failed:
            print(f"failed: {name}")
        print(f"{self.passed} passed, {len(self.failed)} failed, "
              f"{len(self.skipped)} skipped", flush=True)
        return 1 if self.failed or not self.passed else 0


def progress(what, count, seconds):
    print(f"{what}: {count} in {seconds:.1f} s", flush=True)


def run_rules(tally, only):
    started = time.monotonic()
    sys.path.insert(0, str(TOP / "tools"))
    import check
    tree = check.Tree(TOP)
    count = 0
    for rule, function in check.RULES.items():
        name = f"check.{rule}"
        if only not in name:
            continue
        count += 1
        found = list(function(tree))
        if found:
            tally.fail(name, "\n".join(
                f"{f.path}:{f.line}: {f.message}" for f in found))
        else:
            tally.passed += 1
    if count:
        progress("check", count, time.monotonic() - started)


def executables(build):
    """(name, command, working folder, environment) of each C++ test."""
    listing = subprocess.run(
        ["meson", "introspect", "--tests", str(build)], check=True,
        stdout=subprocess.PIPE).stdout
    for test in json.loads(listing):
        yield (test["name"], test["cmd"], test["workdir"] or str(build),
               os.environ | test["env"])


def describe(case):
    """The failures of a doctest XML test case, as text."""
    lines = []
    for at in case.iter("Expression"):
        lines.append(f"  {at.get('filename')}:{at.get('line')}: "
                     f"{at.get('type')}( {at.findtext('Original', '').strip()}"
                     f" )")
        for part in ("Expanded", "Exception", "ExpectedException", "Info"):
            lines += [f"    {part.lower()}: {(e.text or '').strip()}"
                      for e in at.findall(part)]
    for at in list(case.iter("Message")) + list(case.iter("Exception")):
        text = " ".join((at.text or "").split()) \
            or at.findtext("Text", "").strip()
        lines.append(f"  {text}")
    return "\n".join(lines) or "  (no failed assertion; see its output)"


def skip_reason(case):
    if case.get("description"):
        return case.get("description")
    unset = [name for name in ("SERVAL_TEST_DATA", "SERVAL_TEST_FULL")
             if name not in os.environ]
    return f"{' or '.join(unset)} is unset" if unset else "marked as skipped"


def run_executable(test, only):
    """[(test case, None | detail | (skip reason,))] of one executable."""
    name, command, folder, environment = test
    filters = []
    if only and only not in name:
        filters = [f"--test-case=*{only.replace(',', '?')}*"]
    with tempfile.TemporaryDirectory() as scratch:
        report = pathlib.Path(scratch, "report.xml")
        try:
            run = subprocess.run(
                [*command, "--reporters=xml", f"--out={report}", *filters],
                cwd=folder, env=environment, timeout=EXECUTABLE_TIMEOUT_SECONDS,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, errors="replace")
            status, output = run.returncode, run.stdout
        except subprocess.TimeoutExpired as expired:
            status = "a timeout"
            output = (expired.stdout or b"").decode(errors="replace")
        except OSError as error:
            return [("start", f"  {error}")]
        text = report.read_text(errors="replace") if report.exists() else ""
    output = output[-8000:]
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        last = text.rpartition('<TestCase name="')[2].partition('"')[0]
        return [(last or "start", f"  ended with {status} in this test case\n"
                 f"{output}")]
    results = []
    for case in root.iter("TestCase"):
        title = case.get("name")
        outcome = case.find("OverallResultsAsserts")
        if case.get("skipped") == "true":
            if not filters or only in title:
                results.append((title, (skip_reason(case),)))
        elif outcome is None or outcome.get("test_case_success") != "true":
            results.append((title, describe(case) + "\n" + output))
        else:
            results.append((title, None))
    failed = any(isinstance(detail, str) for _, detail in results)
    if status != 0 and not failed:
        results.append(("exit", f"  ended with {status}\n{output}"))
    return results


def run_executables(tally, build, only):
    def timed(test):
        started = time.monotonic()
        results = run_executable(test, only)
        return results, time.monotonic() - started

    tests = list(executables(build))
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for test, (results, seconds) in zip(tests, pool.map(timed, tests)):
            for title, detail in results:
                name = f"{test[0]}: {title}"
                if detail is None:
                    tally.passed += 1
                elif isinstance(detail, tuple):
                    tally.skipped.append((name, detail[0]))
                else:
                    tally.fail(name, detail)
            if results:
                progress(test[0], len(results), seconds)


class PythonResult(unittest.TestResult):
    """Hands each result to the tally as it comes."""

    def __init__(self, tally):
        super().__init__()
        self.tally = tally
        self.broken = set()  # tests with a failed sub-test

    def addSuccess(self, test):
        if test.id() not in self.broken:
            self.tally.passed += 1

    def addFailure(self, test, err):
        self.tally.fail(test.id(), self._exc_info_to_string(err, test))

    addError = addFailure

    def addSkip(self, test, reason):
        self.tally.skipped.append((test.id(), reason))

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.broken.add(test.id())
            self.tally.fail(subtest.id(),
                            self._exc_info_to_string(err, test))


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def run_python(tally, folder, pattern, only):
    if not folder.is_dir():
        return
    found = unittest.TestLoader().discover(
        str(folder), pattern=pattern, top_level_dir=str(folder))
    by_class = {}
    for test in flatten(found):
        if only in f"{folder.name}.{test.id()}":
            by_class.setdefault(type(test), []).append(test)
    for kind, tests in by_class.items():
        started = time.monotonic()
        unittest.TestSuite(tests).run(PythonResult(tally))
        progress(f"{folder.name}.{kind.__module__}.{kind.__name__}",
                 len(tests), time.monotonic() - started)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=TOP / "build")
    parser.add_argument("--only", default="")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--cores-only", action="store_true",
                        help="only the C++ tests")
    options = parser.parse_args()
    os.environ["SERVAL_TEST_BUILD"] = str(options.build)
    if options.full:
        os.environ["SERVAL_TEST_FULL"] = "1"
    tally = Tally()
    if not options.cores_only:
        run_rules(tally, options.only)
        run_python(tally, TOP / "tools", "*_test.py", options.only)
    run_executables(tally, options.build, options.only)
    if not options.cores_only:
        run_python(tally, TOP / "tests" / "process", "test_*.py",
                   options.only)
    return tally.report()


if __name__ == "__main__":
    sys.exit(main())
