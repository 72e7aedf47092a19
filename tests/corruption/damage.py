"""Ways in which the files of a store can be damaged, each at a random place."""

import os
import pathlib

BLOCK = 32768
HEADER = 7


def record_ends(content):
    """Where records end in a file of RocksDB's log format."""
    at = 0
    while at + HEADER <= len(content):
        left = BLOCK - at % BLOCK
        if left < HEADER:
            at += left
            continue
        length = int.from_bytes(content[at + 4:at + 6], "little")
        if content[at + 6] == 0 or at + HEADER + length > len(content):
            return
        at += HEADER + length
        yield at


def replace(file, content):
    """Writes a new file of that name: the old one may have other links."""
    file.unlink()
    file.write_bytes(content)


def some_span(random, size, longest=4096):
    """(begin, end) of a part of `size` bytes that is not empty."""
    begin = random.randrange(size)
    return begin, min(size, begin + random.randint(1, longest))


def flip_bit(file, random):
    content = bytearray(file.read_bytes())
    at = random.randrange(len(content))
    content[at] ^= 1 << random.randrange(8)
    replace(file, content)
    return f"byte {at}"


def overwrite(file, random):
    content = bytearray(file.read_bytes())
    begin, end = some_span(random, len(content))
    content[begin:end] = random.randbytes(end - begin)
    replace(file, content)
    return f"bytes {begin}..{end}"


def zero(file, random):
    content = bytearray(file.read_bytes())
    begin, end = some_span(random, len(content))
    content[begin:end] = bytes(end - begin)
    replace(file, content)
    return f"bytes {begin}..{end}"


def cut(file, random):
    content = file.read_bytes()
    size = random.randrange(len(content))
    replace(file, content[:size])
    return f"to {size} of {len(content)} bytes"


def cut_after_record(file, random):
    content = file.read_bytes()
    ends = [0, *record_ends(content)] if file.suffix == ".log" \
        or file.name.startswith("MANIFEST") else [0, 4096]
    size = random.choice(ends[:-1] or ends)
    replace(file, content[:size])
    return f"to {size} of {len(content)} bytes"


def remove_range(file, random):
    content = file.read_bytes()
    begin, end = some_span(random, len(content))
    replace(file, content[:begin] + content[end:])
    return f"bytes {begin}..{end}"


def delete(file, _random):
    file.unlink()
    return "the whole file"


def delete_logs(file, _random):
    for log in file.parent.glob("*.log"):
        log.unlink()
    return "all write-ahead logs"


def delete_database(file, _random):
    for each in file.parent.iterdir():
        each.unlink()
    file.parent.rmdir()
    return "the whole database"


IN_A_FILE = (flip_bit, overwrite, zero, cut, remove_range, delete)
IN_A_LOG = (cut_after_record,)
IN_THE_DATABASE = (delete_logs, delete_database)


def kind_of(file):
    """The kind of a store's file, as the table shows it."""
    if file.name.startswith("MANIFEST"):
        return "manifest"
    return {".log": "log", ".sst": "table"}.get(
        file.suffix, {"CURRENT": "current", "high_water_mark": "mark"}.get(
            file.name, "other"))


def copy_store(source, target):
    """Copies a store; tables, which nobody changes, are linked."""
    for file in sorted(source.rglob("*")):
        to = target / file.relative_to(source)
        if file.is_dir():
            continue
        to.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".sst":
            os.link(file, to)
        else:
            to.write_bytes(file.read_bytes())


def inflict(store, random):
    """Damages one place. Returns (kind of file, kind of damage, where)."""
    files = {}
    for file in sorted(pathlib.Path(store).rglob("*")):
        if file.is_file() and file.stat().st_size:
            files.setdefault(kind_of(file), []).append(file)
    kind = random.choice(sorted(files))
    file = random.choice(files[kind])
    ways = IN_A_FILE
    if kind in ("log", "manifest", "mark"):
        ways += IN_A_LOG
    if kind == "log":
        ways += IN_THE_DATABASE
    how = random.choice(ways)
    where = how(file, random)
    return kind, how.__name__, f"{file.relative_to(store)}, {where}"
