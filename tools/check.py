#!/usr/bin/env python3
"""Checks the rules of this repository that no compiler checks.

usage: tools/check.py [--root DIR] [--list]

Prints `file:line: rule: what to do` for each finding and exits 1 if there are
any. Ranks come from the map in src/README.md, exceptions to the test mirror
from tools/untested.txt; all other rules are data or functions in this file.
"""

import argparse
import pathlib
import re
import sys
from collections import namedtuple
from fnmatch import fnmatch

from source_tree import SOURCE_SUFFIXES, Tree

Finding = namedtuple("Finding", "path line message")
Door = namedtuple("Door", "what allowed where")

# Which file may include a third-party header: (pattern of the include, globs
# of the files that may, the same in words).
DOORS = (
    Door("caf/*", ("src/actor/*", "src/loop/*", "src/node/*", "*_actor.?pp"),
         "src/actor, src/loop, src/node and *_actor files"),
    Door("boost/beast*", (), "tests and bench (docs/decisions/0010)"),
    Door("boost/asio*", ("src/link/*", "src/loop/*", "src/proxy/*",
                         "src/load/rpc_transport.cpp"),
         "src/link, src/loop, src/proxy and src/load/rpc_transport.cpp"),
    Door("boost/context/*", ("src/fiber/*",), "src/fiber"),
    Door("boost/json*",
         ("src/spec/*", "src/control/*", "src/cli/*", "src/proxy/*",
          "src/load/result_file.cpp", "include/serval/json*.hpp"),
         "src/spec, src/control, src/cli, src/proxy, "
         "src/load/result_file.cpp and serval/json.hpp"),
    Door("boost/url*", ("src/proxy/*", "src/control/*", "src/cli/*"),
         "src/proxy, src/control and src/cli"),
    Door("rocksdb/*", ("src/*/rocksdb_*",), "rocksdb_* files"),
    Door("mariadb/*", ("src/store/mysql_session.cpp",),
         "src/store/mysql_session.cpp"),
    Door("flatbuffers/*", ("src/wire/*", "src/link/*"),
         "src/wire and src/link"),
    Door("*_generated.h", ("src/wire/*", "src/link/*"),
         "src/wire and src/link"),
    Door("toml++/*", ("src/spec/*", "src/config/*"),
         "one source of src/spec and one of src/config"),
    Door("openssl/*", ("src/tls/*", "src/base/sha256.cpp",
                       "src/auth/token_table.cpp"),
         "src/tls, src/base/sha256.cpp and src/auth/token_table.cpp"),
    Door("dlfcn.h", ("src/plugin/*",), "src/plugin"),
    Door("CLI/*", ("src/cli/*",), "src/cli"),
)

# How many sources may see a header that is slow to compile, also through other
# headers: the header, where, how many.
SEEN_BY_AT_MOST = (
    ("boost/beast*", "*", 4),
    ("toml++/*", "src/spec/*", 1),
    ("toml++/*", "src/config/*", 1),
)

# Folders whose files meet the world, and files that do so anywhere. All other
# sources are cores: they are told the time, the randomness and the bytes.
EDGES = ("src/fiber/*", "src/link/*", "src/plugin/*", "src/loop/*",
         "src/actor/*", "src/backend/*", "src/proxy/*", "src/node/*",
         "src/upgrade/*", "src/cli/*", "src/load/load_run.?pp", "src/load/*_transport.?pp",
         "src/load/socket_target.?pp", "src/main.cpp", "*_actor.?pp",
         "src/*/rocksdb_*", "src/base/defect.cpp")

IMPURE = tuple((re.compile(pattern), advice) for pattern, advice in (
    (r"_clock::now\b|\b(clock_)?gettime(ofday)?\s*\(|\btime\((nullptr|NULL|0)\)",
     "take the time as an argument (base/time.hpp)"),
    (r"\bstd::j?thread\b|\bpthread_create\b|\bstd::async\b",
     "leave threads to src/loop and src/backend"),
    (r"\bsleep_(for|until)\b|\b(u|nano)sleep\s*\(|::sleep\s*\(",
     "return an effect that sets a timer"),
    (r"\bgetenv\b", "take settings as an argument; src/cli reads the world"),
    (r"\brandom_device\b|\bs?rand\s*\(|\bmt19937",
     "take a random_source as an argument (base/random.hpp)"),
))

BANNED_CODE = tuple((re.compile(pattern), advice) for pattern, advice in (
    (r"\bco_(await|yield|return)\b",
     "use a fiber: g++ 12 miscompiles coroutines (docs/decisions)"),
    (r"<caf/all\.hpp>|\"caf/all\.hpp\"", "include the CAF headers you need"),
))

# Split, so that this file does not break its own rules.
BANNED_WORDS = tuple((re.compile(pattern, re.I), advice) for pattern, advice in (
    (r"\b(FIX" r"ME|TO" r"DO|X" r"XX)\b", "do it, or open an issue"),
    (r"\bsub" r"agents?\b|\bthis sess" r"ion\b|(?<![\w.])/wo" r"rk/",
     "speak of the product alone"),
))

LINE_LENGTH_MAX = 80
FILE_LENGTH_MAX = 500

MARKDOWN_LINK = re.compile(r"\]\(([^)\s]+)\)")


def matches(path, patterns):
    return any(fnmatch(path, pattern) for pattern in patterns)


def folder_of(path):
    """`worker` for src/worker/executor.cpp, None for src/main.cpp."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "src" else None


def is_actor_file(path):
    return pathlib.PurePath(path).stem.endswith("_actor")


RULES = {}


def rule(function):
    RULES[function.__name__.replace("_", "-")] = function
    return function


@rule
def rank(tree):
    """A folder of src/ includes only itself and what stands above it."""
    ranks = {name: at for at, name in enumerate(tree.ranks)}
    for source in tree.under("src/"):
        own = folder_of(source.path)
        if own not in ranks:
            continue  # main.cpp, or a folder that `map` reports
        for number, header, quoted in source.includes:
            other = header.split("/")[0]
            if not quoted or other not in ranks or ranks[other] <= ranks[own]:
                continue
            if other in ("actor", "loop") and is_actor_file(source.path):
                continue
            yield Finding(source.path, number,
                          f"{own}/ may not include {other}/, which stands "
                          "below it in src/README.md; turn the edge round or "
                          "move the code")


@rule
def public_headers(tree):
    """include/serval sees nothing of src/ and no library but Boost.JSON."""
    for source in tree.under("include/"):
        for number, header, quoted in source.includes:
            library = "/" in header and not header.startswith(
                ("serval/", "sys/", "arpa/", "netinet/"))
            json = header.startswith("boost/json") and matches(
                source.path, ("include/serval/json*.hpp",))
            if (library and not json) or (quoted and "/" not in header):
                yield Finding(source.path, number,
                              f"public headers do not include {header}; users "
                              "have only include/serval and the standard "
                              "library")


@rule
def doors(tree):
    """Each third-party library is included behind its door only."""
    for source in tree.under("src/", "include/"):
        for number, header, _ in source.includes:
            for door in DOORS:
                if fnmatch(header, door.what) \
                        and not matches(source.path, door.allowed):
                    yield Finding(source.path, number,
                                  f"{header} may be included only in "
                                  f"{door.where}; go through what these "
                                  "offer")


@rule
def slow_headers(tree):
    """Few sources see the headers that take long to compile."""
    by_name = {re.sub("^(src|tests)/", "", f.path): f
               for f in tree.under("src/", "tests/")}

    def sees(source, pattern, seen):
        for _, header, quoted in source.includes:
            if fnmatch(header, pattern):
                return True
            inner = by_name.get(header) if quoted else None
            if inner and inner.path not in seen:
                seen.add(inner.path)
                if sees(inner, pattern, seen):
                    return True
        return False

    for pattern, where, most in SEEN_BY_AT_MOST:
        found = [f.path for f in tree.sources
                 if f.path.endswith(".cpp") and fnmatch(f.path, where)
                 and sees(f, pattern, {f.path})]
        if len(found) > most:
            yield Finding(found[-1], 1,
                          f"{len(found)} sources of {where} see {pattern}, at "
                          f"most {most} may ({', '.join(found)}); hide it "
                          "behind a header of our own")


@rule
def cores_are_pure(tree):
    """Cores read no clock, start no thread, ask nothing of the world."""
    for source in tree.under("src/"):
        if matches(source.path, EDGES):
            continue
        for number, line in source.code_lines():
            for pattern, advice in IMPURE:
                if match := pattern.search(line):
                    yield Finding(source.path, number,
                                  f"`{match[0]}` in a core: {advice}")


@rule
def no_sleep_in_tests(tree):
    """Tests wait on conditions; only plugins that misbehave may sleep."""
    pattern = re.compile(r"\bsleep_(for|until)\b|\b(u|nano)sleep\s*\(")
    for source in tree.under("tests/"):
        if source.path.startswith("tests/plugins/"):
            continue
        for number, line in source.code_lines():
            if match := pattern.search(line):
                yield Finding(source.path, number,
                              f"`{match[0]}` in a test: wait on a condition")


@rule
def banned_code(tree):
    """No coroutines, no catch-all headers."""
    for source in tree.sources:
        for number, line in source.code_lines():
            for pattern, advice in BANNED_CODE:
                if match := pattern.search(line):
                    yield Finding(source.path, number,
                                  f"`{match[0]}`: {advice}")


@rule
def header_form(tree):
    """Headers have `#pragma once`; a source includes its own header first."""
    for source in tree.under("src/", "include/"):
        path = pathlib.PurePath(source.path)
        if path.suffix == ".hpp" and "#pragma once" not in source.lines:
            yield Finding(source.path, 1, "begin with `#pragma once`")
        own = path.with_suffix(".hpp").as_posix()
        if path.suffix == ".cpp" and own in tree.paths and source.includes:
            number, header, _ = source.includes[0]
            if "src/" + header != own:
                yield Finding(source.path, number,
                              f'include "{own.removeprefix("src/")}" first, '
                              "so that it proves to be complete")


@rule
def map_of_src(tree):
    """Every folder of src/ is in the map of src/README.md, and the reverse."""
    found = {folder_of(f.path) for f in tree.under("src/")} - {None}
    for name in sorted(found - set(tree.ranks)):
        yield Finding("src/README.md", 1,
                      f"give {name}/ a row in the map, below all that it "
                      "includes")
    folders = {f.split("/")[1] for f in tree.folders if f.startswith("src/")}
    for name in tree.ranks:
        if name not in folders:
            yield Finding("src/README.md", 1,
                          f"the map names {name}/, which does not exist; drop "
                          "the row")


@rule
def readmes(tree):
    """Each folder says what it is, what it is not and where to start."""
    mirrored = {f.split("/")[1] for f in tree.folders if f.startswith("src/")}
    for folder in sorted(tree.folders):
        parts = folder.split("/")
        if len(parts) == 1 and (folder == "." or folder.startswith(".")):
            continue
        of_src = parts[0] == "src" and len(parts) == 2
        wanted = (
            (len(parts) == 1 and folder != "docs") or of_src
            or (parts[0] == "examples" and len(parts) == 2)
            or (parts[0] == "tests" and len(parts) == 2
                and parts[1] not in mirrored)
            or folder in ("include/serval", "docs/decisions"))
        files = {p for p in tree.paths
                 if p.rpartition("/")[0] == folder
                 and not p.endswith("meson.build")}
        if not wanted or not files:
            continue
        readme = tree.files.get(folder + "/README.md")
        if readme is None:
            yield Finding(folder + "/README.md", 1,
                          "write it: what the folder is, what it is not, "
                          "where to start reading")
        elif of_src and "start reading" not in readme.text.lower():
            yield Finding(readme.path, 1,
                          "say where a newcomer should start reading")


@rule
def test_mirror(tree):
    """Each source has a test of its name, or a reason in untested.txt."""
    listing = "tools/untested.txt"
    excused = {}
    for number, path, reason in tree.exceptions(listing):
        excused[path] = number
        if path not in tree.paths:
            yield Finding(listing, number, f"{path} is gone; drop the line")
        elif not reason:
            yield Finding(listing, number, "say after a colon what else "
                          "covers it")
    for source in tree.under("src/"):
        path = pathlib.PurePath(source.path)
        if path.suffix != ".cpp":
            continue
        base = "tests/" + path.with_suffix("").as_posix().removeprefix("src/")
        tested = any(matches(p, (base + "_test.cpp", base + "_*_test.cpp"))
                     for p in tree.paths)
        if not tested and source.path not in excused:
            yield Finding(source.path, 1, f"write {base}_test.cpp, or say in "
                          f"{listing} what covers it")
        elif tested and source.path in excused:
            yield Finding(listing, excused[source.path],
                          f"{source.path} has a test now; drop the line")


@rule
def dead_files(tree):
    """Each C++ source is built by a meson.build, or a script `install`, at or
    above its folder."""
    for source in tree.sources:
        if not source.path.endswith(".cpp"):
            continue
        path = pathlib.PurePath(source.path)
        builds = [tree.files.get((parent / name).as_posix())
                  for parent in path.parents
                  for name in ("meson.build", "install")]
        if not any(path.name in b.text or f"'{path.stem}'" in b.text
                   for b in builds if b):
            yield Finding(source.path, 1,
                          "no meson.build names it; build it or delete it")


@rule
def length(tree):
    """Files of at most 500 lines; C++ lines of at most 80 columns."""
    for source in tree.files.values():
        lines = source.text.count("\n")
        if lines > FILE_LENGTH_MAX \
                and source.path.endswith(SOURCE_SUFFIXES + (".py",)):
            yield Finding(source.path, lines,
                          f"{lines} lines; split it, {FILE_LENGTH_MAX} is the "
                          "limit")
        if source.is_cpp:
            for number, line in enumerate(source.lines, 1):
                if len(line) > LINE_LENGTH_MAX:
                    yield Finding(source.path, number,
                                  f"{len(line)} columns; break the line at "
                                  f"{LINE_LENGTH_MAX}")


@rule
def whitespace(tree):
    """No tabs, no blanks at line ends, a newline at the end."""
    for source in tree.files.values():
        if source.path == "LICENSE":
            continue
        for number, line in enumerate(source.lines, 1):
            if "\t" in line:
                yield Finding(source.path, number, "use blanks, not tabs")
            if line != line.rstrip():
                yield Finding(source.path, number,
                              "remove the blanks at the line's end")
        if source.text and not source.text.endswith("\n"):
            yield Finding(source.path, len(source.lines),
                          "end the file with a newline")


@rule
def words(tree):
    """No leftovers, and no word about how the product is made."""
    for source in tree.files.values():
        for number, line in enumerate(source.lines, 1):
            for pattern, advice in BANNED_WORDS:
                if match := pattern.search(line):
                    yield Finding(source.path, number,
                                  f"`{match[0]}`: {advice}")


@rule
def links(tree):
    """Relative links in Markdown lead to a file or folder that exists."""
    for source in tree.files.values():
        if not source.path.endswith(".md"):
            continue
        folder = pathlib.PurePath(source.path).parent
        is_code = False
        for number, line in enumerate(source.lines, 1):
            is_code ^= line.startswith("```")
            if is_code:
                continue
            for link in MARKDOWN_LINK.findall(line):
                target = link.split("#")[0]
                if not target or re.match(r"[a-z]+:", target):
                    continue
                if not (tree.root / folder / target).exists():
                    yield Finding(source.path, number,
                                  f"the link to {target} leads nowhere")


@rule
def decisions(tree):
    """Each decision has a number of its own and a line in the index."""
    folder = "docs/decisions/"
    index = tree.files.get(folder + "README.md")
    numbers = {}
    for path in sorted(p for p in tree.paths if p.startswith(folder)):
        name = path.removeprefix(folder)
        if name == "README.md":
            continue
        if not re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", name):
            yield Finding(path, 1, "name it NNNN-what-was-decided.md")
        elif numbers.setdefault(name[:4], name) != name:
            yield Finding(path, 1, f"{name[:4]} is {numbers[name[:4]]}; take "
                          "the next free number")
        if index is None or f"({name})" not in index.text:
            yield Finding(path, 1, f"give it a line in {folder}README.md")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", default=pathlib.Path(__file__).parents[1],
                        help="the repository (default: the one around this)")
    parser.add_argument("--list", action="store_true",
                        help="print the rules and end")
    options = parser.parse_args(arguments)
    if options.list:
        for name, function in RULES.items():
            print(f"{name}: {function.__doc__}")
        return 0
    tree = Tree(options.root)
    broken = set()
    for name, function in RULES.items():
        for finding in function(tree):
            broken.add(name)
            print(f"{finding.path}:{finding.line}: {name}: {finding.message}")
    print(f"{len(RULES) - len(broken)} rules kept, {len(broken)} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
