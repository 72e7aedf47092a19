"""The answer of examples/bank_monitor, computed the slow and plain way.

Written from the description of the strategy alone, so that a mistake in the
product is not repeated here. `answer(folder, points, at, banks)` returns the
parsed JSON that the strategy must return.
"""

import datetime
import math
import pathlib
import re

HEADER = ["TimeStamp", "Value", "Label"]
STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)"
                   r"|T(\d\d):(\d\d):(\d\d)Z)")
NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def fields_of(line):
    return [field[1:-1] if len(field) > 1 and field[0] == field[-1] == '"'
            else field for field in line.split(",")]


def seconds_of(stamp):
    match = STAMP.fullmatch(stamp)
    if not match:
        return None
    try:
        at = datetime.datetime(*(int(g) for g in match.groups() if g),
                               tzinfo=datetime.timezone.utc)
    except ValueError:
        return None
    return int(at.timestamp())


def read(file):
    """([(seconds, value)], skipped lines), or None without the header."""
    lines = [line.removesuffix("\r")
             for line in file.read_bytes().decode().split("\n")]
    if fields_of(lines[0]) != HEADER:
        return None
    points, skipped = [], 0
    for line in lines[1:]:
        if not line:
            continue
        fields = fields_of(line)
        at = seconds_of(fields[0]) if len(fields) == 3 else None
        if at is None or not NUMBER.fullmatch(fields[1]) \
                or not math.isfinite(float(fields[1])):
            skipped += 1
        else:
            points.append((at, float(fields[1])))
    return points, skipped


def median(values):
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(ordered) % 2 \
        else (ordered[middle - 1] + ordered[middle]) / 2


def indicator(points, count, at):
    chosen = [p for p in points if at is None or p[0] <= at]
    v = [value for _, value in sorted(chosen, key=lambda p: p[0])][-count:]
    n = len(v)
    if n < 12:
        return {"count": n, "state": "no_data"}
    mean = math.fsum(v) / n
    ewma = v[0]
    for value in v[1:]:
        ewma = 0.3 * value + 0.7 * ewma
    med = median(v[:-1])
    mad = median([abs(x - med) for x in v[:-1]])
    if mad > 0:
        z = (v[-1] - med) / (1.4826 * mad)
    else:
        z = 0.0 if v[-1] == med else math.copysign(10.0, v[-1] - med)
    z = max(-10.0, min(10.0, z))
    return {"count": n, "last": v[-1], "mean": mean,
            "stddev": math.sqrt(math.fsum((x - mean) ** 2 for x in v) / n),
            "p95": sorted(v)[math.ceil(0.95 * n) - 1], "ewma": ewma, "z": z,
            "state": "anomaly" if abs(z) > 3.5 else "normal"}


def bank(indicators):
    judged = [i for i in indicators.values() if i["state"] != "no_data"]
    anomalies = sum(i["state"] == "anomaly" for i in judged)
    score = math.fsum(abs(i["z"]) for i in judged) / len(judged) / 10 \
        if judged else 0.0
    if not judged:
        state = "no_data"
    elif anomalies / len(judged) >= 0.5:
        state = "critical"
    else:
        state = "degraded" if anomalies else "healthy"
    return {"indicators": indicators, "anomalies": anomalies, "score": score,
            "state": state}


def answer(folder, points=288, at=None, banks=None):
    """`banks` is {name: [indicator…]}, [] meaning all; None means all banks."""
    folder = pathlib.Path(folder)
    found = {d.name: {f.stem: f for f in d.glob("*.csv")
                      if f.is_file() and not f.name.startswith(".")}
             for d in folder.iterdir()
             if d.is_dir() and not d.name.startswith(".")}
    wanted = {name: [] for name in found} if banks is None else banks
    until = None if at is None else seconds_of(at)
    result, missing, skipped = {}, [], 0
    for name, chosen in wanted.items():
        if name not in found:
            missing.append({"bank": name, "reason": "not_found"})
            continue
        results = {}
        for key in chosen or found[name]:
            file = found[name].get(key)
            series = read(file) if file else None
            if series is None:
                missing.append({"bank": name, "indicator": key, "reason":
                                "unreadable" if file else "not_found"})
                continue
            results[key] = indicator(series[0], points, until)
            skipped += series[1]
        result[name] = bank(results)
    with_data = [b for b in result.values() if b["state"] != "no_data"]
    total = math.fsum(1 - b["score"] for b in with_data)
    for b in result.values():
        has_weight = b["state"] != "no_data" and total > 0
        b["weight"] = (1 - b["score"]) / total if has_weight else 0.0
    return {"banks": result, "skipped_lines": skipped, "missing": missing}


def difference(left, right, where=""):
    """Where two answers differ, or None; numbers agree within 1e-9."""
    if isinstance(left, dict) and isinstance(right, dict):
        if left.keys() != right.keys():
            return f"{where}: keys {sorted(left)} and {sorted(right)}"
        pairs = [(k, left[k], right[k]) for k in left]
    elif isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            return f"{where}: {len(left)} and {len(right)} items"
        pairs = [(i, a, b) for i, (a, b) in enumerate(zip(left, right))]
    elif isinstance(left, str) or isinstance(right, str):
        return None if left == right else f"{where}: {left!r}, {right!r}"
    elif math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12):
        return None
    else:
        return f"{where}: {left!r} and {right!r}"
    for key, a, b in pairs:
        if (found := difference(a, b, f"{where}/{key}")) is not None:
            return found
    return None
