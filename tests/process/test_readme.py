"""The walkthrough in README.md is code that works, on both sides."""

import re
import subprocess
import unittest

from harness import TOP, Daemon, ProcessTest

# What both sides use but the README leaves to the reader.
PRELUDE = """
#include "serval/serval.hpp"
#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>
using namespace std;
vector<string> banks() { return {"north", "south"}; }
vector<string> indicators_of(string_view bank) {
  return {string{bank} + "/1", string{bank} + "/22", string{bank} + "/3"};
}
vector<double> load(string_view name) {
  double size = static_cast<double>(name.size());
  return {1, 2 + size, 3, 4 - 2 * size * (name[0] == 's')};
}
double number(string_view text) { return stod(string{text}); }
"""
SERIAL_MAIN = """
#include <cstdio>
int main() { fputs(judge().c_str(), stdout); }
"""


def compile_cpp(folder, name, code, *flags):
    source = folder / f"{name}.cpp"
    source.write_text(PRELUDE + code)
    subprocess.run(["g++", "-std=c++20", "-Wall", "-Wextra", "-Werror",
                    "-I", str(TOP / "include"), *flags, str(source), "-o",
                    str(folder / name)], check=True, cwd=folder)


class ReadmeTest(ProcessTest):
    def test_both_sides_of_the_walkthrough_give_the_same_report(self):
        text = (TOP / "README.md").read_text()
        serial, strategy = re.findall(r"```cpp\n(.*?)```", text, re.S)
        spec, *_ = re.findall(r"```toml\n(.*?)```", text, re.S)
        folder = self.scratch()
        compile_cpp(folder, "serial", serial + SERIAL_MAIN)
        expected = subprocess.run([str(folder / "serial")], check=True,
                                  stdout=subprocess.PIPE).stdout
        self.assertEqual(expected.count(b"\n"), 2)
        compile_cpp(folder, "judge.so", strategy, "-shared", "-fPIC",
                    "-fno-gnu-unique", "-fvisibility=hidden")
        (folder / "app.toml").write_text(spec)
        with Daemon() as daemon:
            daemon.deploy(folder / "app.toml")
            answer = daemon.http("POST", "/judge", b"")
            self.assertEqual((answer.status, answer.body), (200, expected))


if __name__ == "__main__":
    unittest.main()
