"""Reads a repository's text files once, for tools/check.py."""

import os
import pathlib
import re

SOURCE_SUFFIXES = (".cpp", ".hpp", ".h")
TEXT_SUFFIXES = SOURCE_SUFFIXES + (
    ".py", ".md", ".toml", ".build", ".txt", ".fbs", ".sh", ".json", ".yaml")
SKIPPED_FOLDERS = {".git", ".cache", "__pycache__", "results"}
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
MAP_ROW = re.compile(r"^\|\s*\[?`(\w+)/?`", re.M)


class Source:
    """A text file: its lines, and for C++ its includes and code."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.lines = text.split("\n")
        self.is_cpp = path.endswith(SOURCE_SUFFIXES)
        self.includes = []  # (line number, header, is quoted)
        if self.is_cpp:
            for number, line in enumerate(self.lines, 1):
                if match := INCLUDE.match(line):
                    self.includes.append(
                        (number, match[2], match[1] == '"'))

    def code_lines(self):
        """Line numbers and lines without comments and string contents."""
        in_comment = False
        for number, line in enumerate(self.lines, 1):
            if in_comment:
                end = line.find("*/")
                if end < 0:
                    continue
                line, in_comment = line[end + 2:], False
            if "#include" not in line:
                line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
            line = re.sub(r"/\*.*?\*/", "", line).split("//")[0]
            if (start := line.find("/*")) >= 0:
                line, in_comment = line[:start], True
            yield number, line


class Tree:
    """The files of a repository, read once."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files = {}
        self.paths = set()
        self.folders = set()
        for folder, names, files in os.walk(self.root):
            relative = pathlib.Path(folder).relative_to(self.root)
            names[:] = sorted(
                name for name in names if name not in SKIPPED_FOLDERS
                and not re.fullmatch(r"build(-.*)?", name))
            if files:
                self.folders.add(relative.as_posix())
            for name in sorted(files):
                path = (relative / name).as_posix()
                self.paths.add(path)
                if name.endswith(TEXT_SUFFIXES) or "." not in name:
                    self._read(path)
        self.sources = [f for f in self.files.values() if f.is_cpp]
        self.ranks = self._ranks()

    def _read(self, path):
        try:
            text = (self.root / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError):
            return
        self.files[path] = Source(path, text)

    def _ranks(self):
        """The folders of src/ from top to bottom, as its README maps them."""
        readme = self.files.get("src/README.md")
        section = re.search(r"^## The map$(.*?)(?=^## |\Z)",
                            readme.text if readme else "", re.M | re.S)
        return MAP_ROW.findall(section[1]) if section else []

    def under(self, *prefixes):
        return [f for f in self.sources if f.path.startswith(prefixes)]

    def exceptions(self, path):
        """`file: reason` lines of a list, with their line numbers."""
        listing = self.files.get(path)
        for number, line in enumerate(listing.lines if listing else (), 1):
            if line and not line.startswith("#"):
                name, _, reason = line.partition(":")
                yield number, name.strip(), reason.strip()
