"""One round: commands and load, something that ends in their midst, and what
is left of both."""

import contextlib
import os
import pathlib
import random
import select
import shutil
import signal
import subprocess
import tempfile
import time

from commands import Applications, Broken, Gone, Operator, ask
from expected import Expected
from harness import Daemon, is_running, wait_until
from load import Load, is_good, is_lost, statuses

# The points at which a build with -Ddefects=true can kill itself, and how often
# it may come by before it does.
KILL_POINTS = {
    "append": 8,        # before anything of a change is written
    "write": 8,         # before the write-ahead log
    "mark": 8,          # between the log and the high-water mark
    "appended": 8,      # all is durable, nobody knows
    "answer": 6,        # applied, its orders given, not answered
    "answered": 6,      # answered
    "probe": 4,         # the begin of a rollout
    "start_worker": 32,  # in the midst of a rollout or a scaling
    "publish": 32,      # before the dispatchers learn of it
    "stop_worker": 12,  # before an old worker goes
}

# The points at which an app_master can be told to fail.
FAIL_POINTS = ("turn", "start_worker", "publish", "answered")

RATE = 100
APPS = {
    "steady": [],
    "moving": ["deploy", "scale", "scale"],
    "fleeting": ["deploy", "scale", "delete"],
}


class OwnSession(Daemon):
    """A daemon in a session of its own, by which its processes are known even
    when it is gone."""

    kill_point = None
    fail_points = None  # the folder of those

    def launch(self):
        self.popen_options = {
            "start_new_session": True,
            "env": {key: value for key, value in os.environ.items()
                    if key != "SERVAL_KILL_POINT"}
            | {"SERVAL_FAIL_POINTS": str(self.fail_points)}
            | ({"SERVAL_KILL_POINT": self.kill_point}
               if self.kill_point else {})}
        super().launch()


def session_of(pid):
    return [int(stat.parent.name)
            for stat in pathlib.Path("/proc").glob("[0-9]*/stat")
            if _session(stat) == pid]


def _session(stat):
    with contextlib.suppress(OSError):
        return int(stat.read_text().rpartition(")")[2].split()[3])


class Loop:
    """Daemons, one after another, on one store."""

    def __init__(self, seed, has_kill_points):
        self.random = random.Random(seed)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="serval-crash-"))
        self.applications = Applications(list(APPS))
        self.expected = Expected(self.folder / "expected.json")
        self.points = list(KILL_POINTS)
        self.random.shuffle(self.points)
        self.kinds = ["app_master", "kill -9"] \
            + (["point", "failure"] if has_kill_points else [])
        self.daemon = OwnSession("http.access_log=false",
                                 data_dir=self.folder / "data")
        self.daemon.fail_points = self.folder
        self.number = 0
        self.loads_now = []
        self.result = None

    def __enter__(self):
        self.daemon.start()
        self.applications.upload(self.daemon)
        for app in APPS:
            self.operator(app, []).command()
        self.wait_until_ready()
        return self

    def __exit__(self, _, error, __):
        for load in self.loads_now:
            load.kill()
        self.daemon.end(error)
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- the parts of a round -------------------------------------------------

    def operator(self, app, kinds):
        return Operator(self.daemon, self.applications, app, kinds,
                        self.expected, f"r{self.number}",
                        self.random.getrandbits(32))

    def operate(self, fault):
        """Lets operators work while `fault` happens. Returns them when they
        have stopped."""
        operators = [self.operator(app, kinds)
                     for app, kinds in APPS.items() if kinds]
        for each in operators:
            each.start()
        try:
            fault()
        finally:
            for each in operators:
                each.stop()
        return operators

    def next_kind(self):
        return self.kinds[self.number % len(self.kinds)]

    def loads(self, apps):
        """Load on these applications, once it is answered."""
        def answered(app):
            return self.daemon.metric(
                f'serval_requests_total{{application="{app}"')

        before = {app: answered(app) for app in apps}
        self.loads_now = [
            Load(app, f"http://{self.daemon.endpoints['http']}/{app}",
                 self.folder / f"{app}.csv", RATE, ["sleep 5", "echo"])
            for app in apps]
        wait_until(lambda: all(answered(app) > before[app] for app in apps),
                   "the load runs")
        return self.loads_now

    def wait_until_ready(self):
        for app in APPS:
            state = self.expected.possible(app)
            wait_until(lambda app=app, state=state: any(
                self.applications.is_ready(self.daemon, app, each)
                for each in state), lambda app=app: f"{app} serves: "
                f"{self.applications.status(self.daemon, app)}")

    def verify(self, result):
        """Holds what the daemon says against what it must know, and repeats
        the commands that nobody answered."""
        for app in APPS:
            answer = self.applications.status(self.daemon, app)
            found = self.applications.read(answer)
            if not any(each.agrees(found)
                       for each in self.expected.possible(app)):
                result["lost"] += 1
                result["why"].append(f"{app}: {found}, expected "
                                     f"{self.expected.possible(app)}")
                # What it has now is what can be checked from here on.
                self.expected.pending.pop(app, None)
                self.expected.known[app] = found
            self.finish_pending(app, result)

    def finish_pending(self, app, result):
        command = self.expected.pending.get(app)
        if command is None:
            return
        result["repeated"] += 1
        try:
            self.operator(app, []).finish(command)
        except Broken as problem:
            self.expected.pending.pop(app)
            result["doubled"] += 1
            result["why"].append(str(problem))

    # -- rounds ---------------------------------------------------------------

    def new_result(self, kind):
        self.number += 1
        self.result = {"kind": kind, "kills": 0, "acknowledged": 0,
                       "repeated": 0, "replayed": 0, "lost": 0, "doubled": 0,
                       "failed": 0, "in_flight": 0, "orphans": 0, "restarts": 0,
                       "restart_seconds": None, "seconds": 0.0, "why": []}
        return self.result

    def note(self, operators, result, may_be_gone):
        for each in operators:
            result["acknowledged"] += each.acknowledged
            result["repeated"] += each.repeated
            result["replayed"] += each.replayed
            if each.problem:
                result["doubled"] += 1
                result["why"].append(each.problem)
            if each.gone and not may_be_gone:
                result["lost"] += 1
                result["why"].append(f"{each.app}: the control API fell silent")

    def restart_masters(self, seconds=0.6):
        """Restarts app_masters again and again; returns how often."""
        count = 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            app = self.random.choice(list(APPS))
            answer = ask(self.daemon, "POST",
                         f"/v1/applications/{app}/app_master/restart")
            if answer.status not in (200, 404, 503):
                raise Broken(f"a restart of {app} was answered {answer}")
            count += 1
            time.sleep(self.random.uniform(0, 0.03))
        return count

    def pids(self, app):
        status = self.applications.status(self.daemon, app).json()
        return sorted(worker["pid"] for backend in status["backends"]
                      for worker in backend["workers"])

    def fail_masters(self, seconds=0.6):
        """Has app_masters fail by themselves; returns how often one did. Those
        that have failed too often are asked for in the end."""
        def failures():
            return self.daemon.log_text().count("it was told to fail")

        before = failures()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            point = self.folder / self.random.choice(FAIL_POINTS)
            point.write_text("1")
            time.sleep(self.random.uniform(0, 0.1))
            point.write_text("0")
        for app in APPS:
            answer = ask(self.daemon, "POST",
                         f"/v1/applications/{app}/app_master/restart")
            if answer.status not in (200, 404):
                raise Broken(f"a restart of {app} was answered {answer}")
        if failures() == before:
            raise Broken("no app_master failed")
        return failures() - before

    def master_round(self, kind, end_masters):
        """The app_masters end again and again; their workers serve on."""
        result = self.new_result(kind)
        before = self.pids("steady")
        loads = self.loads(["steady", "moving"])

        def fault():
            result["restarts"] = end_masters()

        operators = self.operate(fault)
        self.note(operators, result, may_be_gone=False)
        self.wait_until_ready()
        for load in loads:
            load.stop()
            result["failed"] += len(load.failed()) + len(load.lost())
            if load.failed() or load.lost():
                result["why"].append(f"{load.name}: "
                                     f"{statuses(load.requests)}")
        if self.pids("steady") != before:
            result["failed"] += 1
            result["why"].append(f"steady had the processes {before}, and has "
                                 f"{self.pids('steady')}")
        self.verify(result)
        return result

    def kill_round(self):
        """The daemon dies at a random moment."""
        result = self.new_result("kill -9")
        self.die_under_load(result, self.random.uniform(0.05, 0.5))
        self.time_start(result)
        self.verify(result)
        return result

    def point_round(self):
        """The daemon dies where it is told to, at the latest after a while.
        It begins with what an earlier death left, and may not get further."""
        point = self.points[self.number // len(self.kinds) % len(self.points)]
        result = self.new_result(point)
        self.kill(0)
        self.daemon.kill_point = \
            f"{point}:{self.random.randint(1, KILL_POINTS[point])}"
        try:
            self.time_start(result)
            self.die_under_load(result, 3)
        except (AssertionError, Gone, OSError):
            self.bury(result)
        self.daemon.kill_point = None
        self.time_start(result)
        self.verify(result)
        return result

    def die_under_load(self, result, seconds):
        """Commands and load until the daemon dies, after so long by our hand.
        """
        loads = self.loads(["steady", "moving"])
        died = []
        operators = self.operate(lambda: died.append(self.kill(seconds)))
        self.note(operators, result, may_be_gone=True)
        for load in loads:
            load.stop()
            result["in_flight"] += sum(
                not is_good(each) for each in load.requests
                if each.sent < died[0])
            result["failed"] += sum(
                not is_good(each) and not is_lost(each)
                and each.done < died[0] - 50_000_000
                for each in load.requests)
        self.bury(result)

    def bury(self, result):
        """The daemon is dead, or this raises what it did instead."""
        # A process that was killed loses its connections before it is over.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.daemon.process.wait(5)
        if self.daemon.process.poll() != -signal.SIGKILL:
            raise Broken("the daemon ended with "
                         f"{self.daemon.process.returncode}, or does not "
                         "answer")
        for load in self.loads_now:
            load.kill()
        result["kills"] += 1
        result["orphans"] += self.orphans()

    def kill(self, seconds):
        """Waits so long for the daemon to die by itself, and then helps.
        Returns when that was."""
        process = self.daemon.process
        end = os.pidfd_open(process.pid)
        select.select([end], [], [], seconds)
        os.close(end)
        at = time.monotonic_ns()
        process.kill()
        process.wait()
        return at

    def orphans(self):
        """Worker processes that outlive their daemon for long."""
        pid = self.daemon.process.pid
        with contextlib.suppress(AssertionError):
            wait_until(lambda: not any(map(is_running, session_of(pid))),
                       "", 5)
        return sum(map(is_running, session_of(pid)))

    def time_start(self, result):
        begun = time.monotonic()
        self.daemon.start()
        self.wait_until_ready()
        result["restart_seconds"] = round(time.monotonic() - begun, 3)

    def run_round(self):
        """The result of one round, and whether another can follow."""
        begun = time.monotonic()
        goes_on = True
        try:
            {"app_master": lambda: self.master_round("app_master",
                                                     self.restart_masters),
             "failure": lambda: self.master_round("failure",
                                                  self.fail_masters),
             "kill -9": self.kill_round,
             "point": self.point_round}[self.next_kind()]()
        except (AssertionError, Broken, Gone, OSError) as problem:
            self.result["lost"] += 1
            self.result["why"].append(
                f"{type(problem).__name__}: {problem}\n"
                f"{self.daemon.log_tail()}")
            goes_on = False
        result = self.result
        result["seconds"] = round(time.monotonic() - begun, 2)
        return result, goes_on
