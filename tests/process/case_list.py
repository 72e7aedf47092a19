"""Reads the lists of inputs in tests/bad_input and tests/fuzz/seeds."""

import pathlib
import re

BAD_INPUT = pathlib.Path(__file__).resolve().parents[1] / "bad_input"

ESCAPE = re.compile(rb"\\(?:\{(\d+)\*([^}]*)\}|x([0-9a-fA-F]{2})|(.))",
                    re.DOTALL)
LETTERS = {b"r": b"\r", b"n": b"\n", b"t": b"\t"}


def unescape(text):
    """The bytes that a case stands for; see tests/bad_input/README.md."""
    def meant(match):
        count, repeated, code, letter = match.groups()
        if count is not None:
            return unescape(repeated) * int(count)
        if code is not None:
            return bytes.fromhex(code.decode())
        return LETTERS.get(letter, letter)

    return ESCAPE.sub(meant, text)


def read_cases(path, words=0):
    """[(word, …, bytes)] of a list whose cases begin with so many words."""
    cases = []
    for line in path.read_bytes().split(b"\n"):
        if line and not line.startswith(b"# "):
            *head, text = line.split(b" ", words)
            cases.append((*(word.decode() for word in head), unescape(text)))
    return cases
