#!/usr/bin/env python3
"""The part of tools/quickstart that comes after the build.

Starts a node, deploys examples/bank_monitor, asks it, shows the answer, and
ends the node again, also when something goes wrong on the way.
"""

import argparse
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import make_sample_metrics

TOP = pathlib.Path(__file__).resolve().parents[1]
SERVAL = TOP / "build" / "serval"
APP = TOP / "examples" / "bank_monitor" / "app.toml"
START_SECONDS = 30
STOP_SECONDS = 15

COLOURS = {"healthy": "32", "degraded": "33", "critical": "31"}


class Trouble(Exception):
    """Something that ends the quickstart, told in one sentence."""


def say(text=""):
    print(text, flush=True)


def paint(text, state):
    plain = not sys.stdout.isatty() or os.environ.get("NO_COLOR")
    return text if plain or state not in COLOURS \
        else f"\x1b[{COLOURS[state]}m{text}\x1b[0m"


def table(banks):
    """One row per bank: name, state, score, weight."""
    width = max([len("bank"), *map(len, banks)])
    yield f"  {'bank':<{width}}  {'state':<8}  {'score':>6}  {'weight':>6}"
    for name, bank in sorted(banks.items()):
        state = paint(f"{bank['state']:<8}", bank["state"])
        yield (f"  {name:<{width}}  {state}  {bank['score']:6.3f}  "
               f"{bank['weight']:6.3f}")


def short(path):
    """A path as somebody who stands here would type it."""
    path = os.path.relpath(path)
    return path if path.startswith("..") or "/" in path else f"./{path}"


class Node:
    """A `serval node` in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.log = folder / "node.log"
        self.data_dir = folder / "data"
        self.process = None
        self.endpoints = {}

    def start(self):
        listen = [word for part in ("http", "rpc", "admin")
                  for word in ("--set", f"{part}.listen=127.0.0.1:0")]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [SERVAL, "node", "-c", TOP / "configs" / "node.toml",
                 "--set", f"node.data_dir={self.data_dir}", *listen],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        file = self.data_dir / "endpoints.json"
        deadline = time.monotonic() + START_SECONDS
        while not file.exists():
            if self.process.poll() is not None:
                raise Trouble("the node ended while it started:\n"
                              + self.log.read_text(errors="replace"))
            if time.monotonic() > deadline:
                raise Trouble(f"the node did not serve within {START_SECONDS}"
                              " s:\n" + self.log.read_text(errors="replace"))
            time.sleep(0.02)
        self.endpoints = json.loads(file.read_text())

    def run(self, *words):
        command = [str(SERVAL), *map(str, words), "--admin",
                   self.endpoints["admin"]]
        run = subprocess.run(command, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True)
        if run.returncode != 0:
            raise Trouble(f"`serval {words[0]}` failed:\n{run.stdout}")

    def ask(self, route, request):
        """Posts JSON over HTTP; returns the parsed answer and milliseconds."""
        connection = http.client.HTTPConnection(self.endpoints["http"],
                                                timeout=30)
        started = time.monotonic()
        connection.request("POST", route, json.dumps(request),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
        took = (time.monotonic() - started) * 1000
        connection.close()
        if answer.status != 200:
            raise Trouble(f"POST {route} was answered with {answer.status}: "
                          + body.decode(errors="replace"))
        return json.loads(body), took

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def show(node, data):
    """Deploys the strategy, asks it, and prints the answer."""
    node.run("deploy", APP, "--set", f"config.data_dir={data}")
    say("deployed bank_monitor: strategy -> bank -> indicator")
    say()
    say(f"POST http://{node.endpoints['http']}/bank_monitor  "
        '{"points": 288}')
    answer, took = node.ask("/bank_monitor", {"points": 288})
    judged = sum(len(b["indicators"]) for b in answer["banks"].values())
    say()
    for row in table(answer["banks"]):
        say(row)
    say()
    say(f"  {judged} indicators judged in {took:.1f} ms; "
        f"{answer['skipped_lines']} untidy lines skipped, "
        f"{len(answer['missing'])} indicators missing")
    say()


def say_what_next(node, keep):
    serval = short(SERVAL)
    say("try next:")
    if keep:
        say(f"  export SERVAL_ADMIN={node.endpoints['admin']}")
        say(f"  {serval} status")
        say(f"  {serval} call bank_monitor --data "
            "'{\"points\": 50, \"banks\": {\"search\": []}}'")
        say(f"  {serval} scale bank_monitor indicator=8")
        say(f"  {serval} deploy {short(TOP / 'examples/hello/app.toml')} && "
            f"{serval} call hello --data World")
        say()
        say("to end it:")
        say(f"  kill {node.process.pid} && rm -r {node.folder}")
    else:
        for what, why in (
                (f"{short(TOP / 'tools/quickstart')} --keep",
                 "leaves the node running to play with"),
                (f"{serval} --help", "what a user can type"),
                (short(TOP / "examples/hello"),
                 "the smallest strategy, to copy")):
            say(f"  {what:<26}  # {why}")


def on_signal(number, _):
    raise Trouble(f"ended by {signal.Signals(number).name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--data", type=pathlib.Path)
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, on_signal)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="serval-quickstart-"))
    node = Node(folder)
    kept = False
    try:
        data = options.data
        if data is None:
            data = folder / "metrics"
            make_sample_metrics.write(data, seed=1)
            say("generated a sample of metrics: 3 banks, 11 indicators")
        node.start()
        say(f"started a node: process {node.process.pid}, "
            f"HTTP on {node.endpoints['http']}")
        show(node, data.resolve())
        say_what_next(node, options.keep)
        kept = options.keep
        return 0
    except (Trouble, OSError) as trouble:
        print(f"quickstart: {trouble}", file=sys.stderr)
        return 1
    finally:
        if not kept:
            node.stop()
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
