"""Installs and builds what scenarios take, and says where it is."""

import os
import pathlib
import platform
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SERVAL_BENCH_BUILD", TOP / "build"))
# The process tests' harness starts daemons from here.
os.environ.setdefault("SERVAL_TEST_BUILD", str(BUILD))

PLUGIN = BUILD / "bench" / "plugins" / "noop.so"

SCRIPT = """
set -eu
. "$1/tools/lib.sh"
package_lists=("$1/tools/packages.txt" "$1/bench/packages.txt")
need_packages
[ -f "$2/build.ninja" ] || meson setup "$2" "$1" >/dev/null </dev/null
top=$1
folder=$2
shift 2
# A folder that was configured before a rival's packages were there does not
# know its program.
ninja -C "$folder" -t query "$@" >/dev/null 2>&1 \
  || meson setup --reconfigure "$folder" "$top" >/dev/null </dev/null
ninja -C "$folder" -j "$(build_jobs)" --quiet "$@" </dev/null
"""


def make(targets):
    """Builds the binary, the plugin and these targets of bench/."""
    wanted = ["serval", "bench/plugins/noop.so",
              *(f"bench/{target}" for target in targets)]
    done = subprocess.run(
        ["bash", "-c", SCRIPT, "bench", str(TOP), str(BUILD), *wanted],
        stdin=subprocess.DEVNULL, stdout=sys.stderr)
    if done.returncode:
        sys.exit(f"building for the benchmark failed: {' '.join(wanted)}")


def program(name):
    """A program that bench/ builds."""
    return str(BUILD / "bench" / name)


def machine():
    """What the figures depend on."""
    cpu = ""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    return {"cores": os.cpu_count(), "cpu": cpu,
            "kernel": platform.release(),
            "load_average": [round(each, 1) for each in os.getloadavg()]}
