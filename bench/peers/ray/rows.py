"""Ray Serve and plain Ray actors. Ray listens on all of a machine's addresses
and leaves processes behind when it is killed; so it is run, and Serval beside
it, in network and process namespaces that have only a loopback and that take
everything with them when they end."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from peers import sides

SECONDS_AT_MOST = 240


def run():
    folder = sides.install("ray")
    # Short, since Ray puts sockets into it.
    scratch = tempfile.mkdtemp(prefix="serval-ray-", dir="/tmp")
    try:
        return inside(folder, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def inside(folder, scratch):
    command = ["unshare", "--net", "--pid", "--fork", "--kill-child",
               "--mount-proc", *(["--map-root-user"] if os.geteuid() else []),
               sys.executable,
               str(pathlib.Path(__file__).with_name("inside.py")),
               str(folder), scratch]
    done = subprocess.run(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=SECONDS_AT_MOST)
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or "no reason given")
                           .splitlines()[-1])
    return json.loads(done.stdout.strip().splitlines()[-1])
