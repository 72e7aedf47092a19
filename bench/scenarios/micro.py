"""The parts alone: a dispatcher's decision, a frame, a message."""

import json
import subprocess

from support import build, measure, report

TARGETS = ["micro/dispatch", "micro/frames"]


def lines(program):
    with measure.pinned(measure.CLIENT_CORE):
        done = subprocess.run([build.program(f"micro/{program}")],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              text=True, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def run(long):
    del long
    return [report.row(each["what"], each["ns"], "ns", ns_min=each["ns_min"])
            for name in ("dispatch", "frames") for each in lines(name)]
