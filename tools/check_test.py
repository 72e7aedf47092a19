#!/usr/bin/env python3
"""Proves that each rule of check.py fires, on small made-up trees.

A made-up tree is a set of files added to one that breaks no rule.
"""

import contextlib
import io
import pathlib
import tempfile
import unittest

import check

MAP = "# src\n\n## The map\n\n| folder | what |\n|---|---|\n{}\n## Next\n"
README = "# It\n\nWhat. What not.\n\nStart reading at `a.hpp`.\n"
FOLDERS = ("base", "proxy", "worker", "loop", "actor", "node")

CLEAN = {
    "src/README.md": MAP.format(
        "".join(f"| `{name}` | it |\n" for name in FOLDERS)),
    "src/base/a.hpp": "#pragma once\n",
    "src/base/a.cpp": '#include "base/a.hpp"\n\n#include <string>\n',
    "src/base/meson.build": "library('base', 'a.cpp')\n",
    "tests/README.md": README,
    "tests/base/a_test.cpp": '#include "base/a.hpp"\n',
    "tests/base/meson.build": "executable('base', 'a_test.cpp')\n",
    "tools/README.md": README,
    "tools/untested.txt": "# none\n",
    "include/serval/README.md": README,
    "include/serval/x.hpp": "#pragma once\n#include <serval/x.h>\n",
    "include/README.md": README,
} | {f"src/{name}/README.md": README for name in FOLDERS} \
  | {f"src/{name}/meson.build": "# none\n" for name in FOLDERS if name != "base"}


def findings(extra=None, without=()):
    """What check.py says of the clean tree plus `extra`, as {rule: [text]}."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in (CLEAN | (extra or {})).items():
            if path in without:
                continue
            file = pathlib.Path(root, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            status = check.main(["--root", root])
    found = {}
    lines = output.getvalue().splitlines()
    for line in lines[:-1]:
        place, rule, message = line.split(": ", 2)
        found.setdefault(rule, []).append(f"{place}: {message}")
    assert (status == 1) == bool(found), lines
    return found


def header(*includes):
    return "#pragma once\n" + "".join(f"#include {i}\n" for i in includes)


class CheckTest(unittest.TestCase):
    def breaks(self, rule, path, text, where=None, **extra):
        """A tree with this file breaks this one rule, at this place."""
        found = findings({path: text} | extra)
        self.assertEqual(list(found), [rule], found)
        if where:
            self.assertTrue(found[rule][0].startswith(where + ": "),
                            found[rule])
        return found[rule]

    def keeps(self, path, text):
        self.assertEqual(findings({path: text}), {})

    def test_a_clean_tree_has_no_findings(self):
        self.assertEqual(findings(), {})

    def test_a_folder_may_not_include_what_stands_below_it(self):
        self.breaks("rank", "src/base/b.hpp", header('"worker/w.hpp"'),
                    "src/base/b.hpp:2")
        self.keeps("src/worker/w.hpp", header('"base/a.hpp"'))

    def test_only_actor_files_may_include_the_actor_folder(self):
        self.breaks("rank", "src/worker/w.hpp", header('"actor/m.hpp"'))
        self.keeps("src/worker/worker_actor.hpp", header('"actor/m.hpp"'))

    def test_public_headers_see_only_themselves(self):
        for include in ('"base/a.hpp"', '"x.hpp"', "<fmt/core.h>"):
            self.breaks("public-headers", "include/serval/y.hpp",
                        header(include))
        self.keeps("include/serval/json.hpp", header("<boost/json.hpp>"))

    def test_libraries_stay_behind_their_doors(self):
        for include, wrong, right in (
                ("<caf/actor.hpp>", "worker/w.hpp", "worker/w_actor.hpp"),
                ("<caf/actor.hpp>", "proxy/p.hpp", "loop/l.hpp"),
                ("<boost/beast/http.hpp>", "proxy/p.hpp", None),
                ("<boost/asio/post.hpp>", "base/b.hpp", "loop/l.hpp"),
                ("<rocksdb/db.h>", "node/n.hpp", "node/rocksdb_n.hpp"),
                ("<dlfcn.h>", "node/n.hpp", None),
                ("<toml++/toml.h>", "node/n.hpp", None),
                ('"link_generated.h"', "node/n.hpp", None),
                ("<flatbuffers/flatbuffers.h>", "node/n.hpp", None),
                ("<boost/context/fiber.hpp>", "loop/l.hpp", None),
                ("<boost/json.hpp>", "loop/l.hpp", "proxy/p.hpp")):
            with self.subTest(include=include, wrong=wrong):
                self.breaks("doors", "src/" + wrong, header(include),
                            f"src/{wrong}:2")
                if right:
                    self.keeps("src/" + right, header(include))

    def test_at_most_four_sources_see_beast_even_through_a_header(self):
        def tree(count):
            names = [f"p{i}" for i in range(count)]
            return {"tests/proxy/b.hpp": header("<boost/beast/core.hpp>"),
                    "tests/proxy/meson.build": "".join(
                        f"'{n}.cpp'\n" for n in names)} | {
                f"tests/proxy/{n}.cpp": '#include "proxy/b.hpp"\n'
                for n in names}
        self.assertEqual(findings(tree(4)), {})
        self.assertEqual(list(findings(tree(5))), ["slow-headers"])

    def test_cores_read_no_clock_and_start_no_thread(self):
        for code in ("auto t = std::chrono::steady_clock::now();",
                     "std::thread t;", "std::jthread t;",
                     "std::this_thread::sleep_for(x);", "usleep(3);",
                     'auto h = getenv("HOME");', "std::random_device d;",
                     "auto t = time(nullptr);"):
            with self.subTest(code=code):
                self.breaks("cores-are-pure", "src/worker/w.hpp",
                            "#pragma once\n" + code + "\n",
                            "src/worker/w.hpp:2")
                self.keeps("src/loop/l.hpp", "#pragma once\n" + code + "\n")

    def test_comments_and_strings_are_not_code(self):
        self.keeps("src/worker/w.hpp", "#pragma once\n// std::thread\n"
                   "/* getenv\n getenv */\nauto s = \"std::thread\";\n")

    def test_tests_do_not_sleep_but_bad_plugins_may(self):
        code = "std::this_thread::sleep_for(x);\n"
        build = {"tests/base/meson.build": "'a_test.cpp', 'b_test.cpp'\n"}
        found = findings({"tests/base/b_test.cpp": code} | build)
        self.assertEqual(list(found), ["no-sleep-in-tests"])
        self.assertEqual(findings({
            "tests/plugins/hangs.cpp": code,
            "tests/plugins/README.md": README,
            "tests/plugins/meson.build": "'hangs.cpp'\n"}), {})

    def test_coroutines_and_catch_all_headers_are_banned(self):
        self.breaks("banned-code", "src/loop/l.hpp",
                    "#pragma once\nco_" "await x;\n", "src/loop/l.hpp:2")
        self.breaks("banned-code", "src/loop/l.hpp",
                    header("<caf/all.hpp>"))

    def test_headers_are_guarded_and_own_headers_come_first(self):
        self.breaks("header-form", "src/base/b.hpp", "int x;\n")
        self.breaks("header-form", "src/base/a.cpp",
                    '#include <string>\n#include "base/a.hpp"\n',
                    "src/base/a.cpp:1")

    def test_the_map_names_each_folder_and_no_other(self):
        found = findings({"src/wild/w.hpp": "#pragma once\n",
                          "src/wild/README.md": README})
        self.assertEqual(list(found), ["map-of-src"])
        found = findings(without=("src/node/README.md",
                                  "src/node/meson.build"))
        self.assertIn("map-of-src", found)

    def test_a_folder_with_files_has_a_readme(self):
        found = findings({"src/node/n.hpp": "#pragma once\n"},
                         without=("src/node/README.md",))
        self.assertEqual(list(found), ["readmes"])
        self.breaks("readmes", "src/node/README.md", "# node\n\nIt is.\n")
        self.breaks("readmes", "examples/hello/app.toml", "a = 1\n",
                    **{"examples/README.md": README})

    def test_each_source_has_a_test_or_a_reason(self):
        build = {"src/base/meson.build": "'a.cpp', 'b.cpp'\n"}
        source = {"src/base/b.cpp": "int b;\n"} | build
        self.assertEqual(list(findings(source)), ["test-mirror"])
        listing = "tools/untested.txt"
        reason = {listing: "src/base/b.cpp: process tests\n"}
        self.assertEqual(findings(source | reason), {})
        self.assertEqual(list(findings(
            source | {listing: "src/base/b.cpp:\n"})), ["test-mirror"])

    def test_an_exception_that_is_not_needed_is_a_finding(self):
        self.breaks("test-mirror", "tools/untested.txt",
                    "src/base/a.cpp: it has one\n", "tools/untested.txt:1")
        self.breaks("test-mirror", "tools/untested.txt",
                    "src/base/gone.cpp: gone\n", "tools/untested.txt:1")

    def test_a_source_that_is_not_built_is_dead(self):
        self.breaks("dead-files", "tests/base/a_more_test.cpp", "int x;\n")
        self.assertEqual(findings({"bench/peers/x/echo.cpp": "int x;\n",
                                   "bench/peers/install": "g++ echo.cpp\n"}),
                         {})

    def test_files_and_lines_have_a_limit(self):
        self.breaks("length", "src/base/b.hpp",
                    "#pragma once\n" + "int x;\n" * 500)
        self.breaks("length", "src/base/b.hpp",
                    "#pragma once\n" + "x" * 81 + "\n", "src/base/b.hpp:2")
        self.keeps("src/base/b.hpp",
                   "#pragma once\n" + "x" * 80 + "\n" + "int x;\n" * 498)

    def test_whitespace_is_tidy(self):
        for text in ("#pragma once\n\tint x;\n", "#pragma once\nint x; \n",
                     "#pragma once\nint x;"):
            self.breaks("whitespace", "src/base/b.hpp", text,
                        "src/base/b.hpp:2")

    def test_leftovers_and_workplace_words_are_found(self):
        for word in ("TO" "DO", "FIX" "ME", "sub" "agent", "this sess" "ion",
                     "/wo" "rk/x"):
            with self.subTest(word=word):
                self.breaks("words", "src/base/b.hpp",
                            f"#pragma once\n// {word}: it\n",
                            "src/base/b.hpp:2")
        self.keeps("src/base/b.hpp", "#pragma once\n// the net/work/er\n")

    def test_relative_links_lead_somewhere(self):
        self.breaks("links", "tests/README.md", "[x](gone.md)\n",
                    "tests/README.md:1")
        self.keeps("tests/README.md",
                   "[a](../src/README.md#next) [b](https://x.y) [c](#it)\n"
                   "```\n[self](code)\n```\n")

    def test_decisions_are_numbered_and_in_the_index(self):
        folder = "docs/decisions/"
        index = {folder + "README.md": "[1](0001-a.md) [2](0001-b.md)\n"}
        first = {folder + "0001-a.md": "# a\n"}
        found = findings(first | {folder + "README.md": README})
        self.assertEqual(list(found), ["decisions"])
        found = findings(first | index | {folder + "0001-b.md": "# b\n"})
        self.assertEqual(list(found), ["decisions"])
        self.breaks("decisions", folder + "notes.md", "# n\n",
                    **{folder + "README.md": "[n](notes.md)\n"})

    def test_every_rule_has_a_test_above_that_breaks_it(self):
        text = pathlib.Path(__file__).read_text()
        for name in check.RULES:
            self.assertIn(f'"{name}"', text)


if __name__ == "__main__":
    unittest.main()
