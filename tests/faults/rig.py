"""What every scenario needs: a daemon, applications, load, and a verdict."""

import contextlib
import pathlib
import shutil
import sys
import tempfile
import time

from harness import PLUGINS, Daemon, wait_until, write_app
from ledger import doubled, read_ledger
from load import Load, Void

FAULT_STRATEGY = PLUGINS / "fault_strategy.so"

HOLDS, BROKEN, VOID, SKIPPED = "holds", "BROKEN", "VOID", "skipped"


class Skipped(Exception):
    """The fault cannot be made on this machine; the message says why."""


class Scenario:
    """A fault, the promises it is about, and the function that makes it."""

    def __init__(self, function, promises, fault, in_sample, of):
        self.name = function.__name__
        self.run = function
        self.promises = promises
        self.fault = fault
        self.in_sample = in_sample
        self.of = of


SCENARIOS = {}


def scenario(promises, fault, in_sample=False, of="node"):
    """Registers a function of a Rig. `in_sample`: also in `tools/test`. `of`:
    the set that it belongs to, "node" or "cluster"."""
    def register(function):
        SCENARIOS[function.__name__] = Scenario(function, promises, fault,
                                                in_sample, of)
        return function
    return register


class App:
    """A deployed fault_strategy, and the ledger of its workers."""

    def __init__(self, name, ledger, backends):
        self.name = name
        self.ledger = ledger
        self.repeatable = {name for name, settings in backends.items()
                           if settings.get("idempotent")}

    def starts(self):
        return read_ledger(self.ledger) if self.ledger else []

    def starts_once_only(self):
        """The starts of calls that may not be repeated."""
        return [start for start in self.starts()
                if start.backend not in self.repeatable]


class Rig:
    """One run of one scenario.

    `is_full` runs are longer and also judge times; the others judge counts
    alone, since they share the machine with other work.
    """

    def __init__(self, is_full, seconds=None):
        self.is_full = is_full
        self.fixed_seconds = seconds
        self.loads = []
        self.apps = []
        self.broken = []    # what did not hold, in words
        self.figures = {}   # what else was seen
        self.unjudged = []  # times that only a full run judges
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="serval-faults-"))

    def close(self):
        for load in self.loads:
            load.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def seconds(self, sample, full):
        """How long a phase lasts."""
        if self.fixed_seconds is not None:
            return self.fixed_seconds
        return full if self.is_full else sample

    def wait(self, seconds):
        """Lets the fault last."""
        time.sleep(seconds)

    # -- what there is --------------------------------------------------------

    @contextlib.contextmanager
    def daemon(self, *settings, kind=Daemon):
        """A daemon that must be alive and empty-handed in the end."""
        with kind("http.access_log=false", *settings) as daemon:
            yield daemon
            if daemon.process.poll() is not None:
                self.break_("the daemon ended with "
                            f"{daemon.process.returncode}")
                return
            self.expect(nothing_in_flight(daemon))

    def deploy(self, daemon, name="app", *, backends=None, ledger=True,
               deadline="2s", config=None, **keys):
        """Deploys fault_strategy; `keys` of the entry backend and
        `backends` below it. With a ledger the sandbox is off."""
        app_keys = {key: keys.pop(key) for key in ("max_requests", "route")
                    if key in keys}
        all_backends = {"entry": keys} | (backends or {})
        config = dict(config or {})
        path = None
        if ledger:
            path = self.folder / f"{name}.ledger"
            config["ledger"] = str(path)
            for settings in all_backends.values():
                settings.setdefault("sandbox", "none")
        daemon.deploy(write_app(self.folder, FAULT_STRATEGY, all_backends,
                                entry="entry", name=name, deadline=deadline,
                                config=config, **app_keys))
        app = App(name, path, all_backends)
        self.apps.append(app)
        return app

    def load(self, daemon, app, rate, *bodies, **options):
        """Puts load on an application. Each generator's requests carry a
        word of its own: they count their ids from 1."""
        name = f"load{len(self.loads)}"
        log = self.folder / f"{name}.csv"
        url = f"http://{daemon.endpoints['http']}/{app.name}"
        bodies = [body if body.startswith("@") else f"{body} {name}"
                  for body in bodies]
        load = Load(name, url, log, rate, bodies, **options)
        self.loads.append(load)
        return load

    def settle(self):
        """Lets the load run before the fault, so that it can be judged."""
        time.sleep(self.settle_seconds() + 0.5)

    def settle_seconds(self):
        return 5 if self.is_full else 1.5

    def finish(self, *loads):
        """Stops the loads. Void if they were too weak before the fault;
        broken if requests failed that no fault explains."""
        for load in loads or self.loads:
            load.stop()
        for load in self.loads:
            if load.result is None:
                continue
            failed = load.check_before_fault(self.settle_seconds())
            if failed:
                self.break_(f"{failed} requests failed before the fault")

    # -- the verdict ----------------------------------------------------------

    def expect(self, violations):
        """`violations` say in words what does not hold; none if all does."""
        for violation in violations:
            self.break_(violation)

    def expect_soon(self, condition, what, seconds):
        """`condition` comes to hold within so many seconds."""
        try:
            wait_until(condition, what, seconds)
        except AssertionError as problem:
            self.break_(str(problem))

    def expect_in_time(self, what, value, limit, unit):
        """A time or rate that full runs judge and others only show."""
        self.figures[what] = f"{value:.4g} {unit}"
        if value <= limit:
            return
        violation = f"{what}: {value:.4g} {unit}, more than {limit:.4g} {unit}"
        if self.is_full:
            self.break_(violation)
        else:
            self.unjudged.append(violation)

    def show(self, what, value):
        self.figures[what] = value

    def break_(self, violation):
        if violation not in self.broken:
            self.broken.append(violation)

    def doubled(self):
        """Starts beyond the first of requests that may not be repeated; None
        if nobody wrote them down."""
        once = [app for app in self.apps
                if app.ledger and "entry" not in app.repeatable]
        return sum(doubled(app.starts_once_only()) for app in once) \
            if once else None


def nothing_in_flight(daemon):
    """Whatever was in flight is over once nobody asks any more."""
    for gauge in ("serval_requests_in_flight{",
                  "serval_backend_calls_in_flight{",
                  "serval_backend_calls_waiting{"):
        try:
            wait_until(lambda gauge=gauge: daemon.metric(gauge) == 0, gauge,
                       15)
        except AssertionError:
            yield (f"{gauge.rstrip('{')} is {daemon.metric(gauge):.0f} though "
                   "nobody asks any more")


def run_scenario(one, is_full, seconds=None, attempts=2):
    """The result of one scenario, as the table and --json show it. A void run
    says nothing, and is repeated once."""
    for attempt in range(attempts):
        result = run_once(one, is_full, seconds)
        if result["verdict"] != VOID:
            break
    return result


def run_once(one, is_full, seconds):
    rig = Rig(is_full, seconds)
    started = time.monotonic()
    verdict, why = HOLDS, []
    try:
        # The harness shows a daemon's log there.
        with contextlib.redirect_stdout(sys.stderr):
            one.run(rig)
        if rig.broken:
            verdict, why = BROKEN, rig.broken
    except Void as reason:
        verdict, why = VOID, [str(reason)]
    except Skipped as reason:
        verdict, why = SKIPPED, [str(reason)]
    except Exception as problem:  # a daemon that does not even answer
        verdict, why = BROKEN, [*rig.broken, f"{type(problem).__name__}: "
                                f"{str(problem).strip()[-600:]}"]
    finally:
        result = describe(one, rig, verdict, why, started)
        rig.close()
    return result


def describe(one, rig, verdict, why, started):
    done = [load for load in rig.loads if load.result is not None]
    return {
        "scenario": one.name,
        "promises": one.promises,
        "fault": one.fault,
        "requests": sum(len(load.requests) for load in done),
        "failed": sum(len(load.failed()) for load in done),
        "lost": sum(len(load.lost()) for load in done),
        "doubled": rig.doubled(),
        "longest_gap_ms": round(done[0].longest_gap_ms(), 1) if done else None,
        "verdict": verdict,
        "why": why,
        "figures": rig.figures,
        "times_not_judged": rig.unjudged,
        "seconds": round(time.monotonic() - started, 1),
    }
