"""What the workers wrote down of each start of a call."""

import pathlib
from collections import Counter, namedtuple

Start = namedtuple("Start", "backend id pid at remaining request")


def read_ledger(path):
    """Every start, in the order of time; see tests/plugins/fault_strategy.cpp.

    A last line without an end is of a worker that was killed while it wrote.
    Each generator counts its ids from 1, so that the word which its requests
    end with (`Rig.load`) becomes part of the id.
    """
    file = pathlib.Path(path)
    if not file.exists():
        return []
    starts = []
    for line in file.read_text().split("\n")[:-1]:
        backend, id, pid, at, remaining, request = line.split(" ", 5)
        tag = request.rpartition(" ")[2]
        if tag.startswith("load"):
            id = f"{id}/{tag}"
        starts.append(Start(backend, id, int(pid), int(at), int(remaining),
                            request))
    return sorted(starts, key=lambda start: start.at)


def of_backend(starts, backend):
    return [start for start in starts if start.backend == backend]


def runs_of_each_request(starts):
    """{(id, piece): how often it was started}."""
    return Counter((start.backend, start.id, start.request)
                   for start in starts)


def doubled(starts):
    """How many requests and pieces were started more than once."""
    return sum(count > 1 for count in runs_of_each_request(starts).values())


def share_of(starts, pid, begin, end):
    """Which share of the starts in that time was in this process."""
    there = [start for start in starts if begin <= start.at < end]
    return sum(start.pid == pid for start in there) / len(there) \
        if there else 0.0


def busiest(starts):
    """The process with most of the last hundred starts: not all get their
    share of a load that comes over few connections."""
    return Counter(start.pid for start in starts[-100:]).most_common(1)[0][0]
