"""Sends commands to a daemon that may die at any moment."""

import contextlib
import hashlib
import random
import threading
import time

from expected import Command, State, after
from harness import PLUGINS

FAULT_STRATEGY = PLUGINS / "fault_strategy.so"

# Longer than anything that the daemon may keep a command waiting for.
PATIENCE_SECONDS = 15


class Broken(Exception):
    """A promise does not hold; the message says which."""


class Gone(Exception):
    """The daemon does not answer any more."""


def ask(daemon, method, target, body=b"", operation=None):
    """The answer of the control API. Raises Gone if there is none."""
    fields = {"x-operation-id": operation} if operation else {}
    try:
        answer = daemon.admin(method, target, body, fields)
    except OSError as problem:
        raise Gone(f"{method} {target}: {problem}") from None
    if answer.status == 0:
        raise Gone(f"{method} {target}: closed without an answer")
    return answer


class Applications:
    """The spec of each application, and how a status reads as a State."""

    def __init__(self, names):
        self.names = names
        self.plugin = FAULT_STRATEGY.read_bytes()
        self.sha256 = hashlib.sha256(self.plugin).hexdigest()

    def upload(self, daemon):
        answer = ask(daemon, "PUT", f"/v1/artifacts/{self.sha256}",
                     self.plugin)
        if answer.status != 200:
            raise Broken(f"the plugin was not taken: {answer}")

    def spec(self, app, command):
        return {"name": app, "entry": "entry", "plugin": "fault_strategy.so",
                "plugin_sha256": self.sha256, "deadline": "2s",
                "config": {"version": command.version},
                "backend": {"entry": {"workers": command.workers,
                                      "concurrency": 8,
                                      "idempotent": True}}}

    def send(self, daemon, app, command):
        """Sends a command once."""
        if command.what == "deploy":
            return ask(daemon, "POST", "/v1/applications",
                       self.spec(app, command), command.id)
        if command.what == "scale":
            return ask(daemon, "POST",
                       f"/v1/applications/{app}/backends/entry/scale",
                       {"workers": command.workers}, command.id)
        return ask(daemon, "DELETE", f"/v1/applications/{app}", b"",
                   command.id)

    @staticmethod
    def read(answer):
        """The State that an answer tells."""
        if answer.status in (204, 404):
            return State()
        status = answer.json()
        if status["state"] == "deleting":
            return State()
        return State(True, status["release"], status["release_hash"],
                     {each["name"]: each["desired"]
                      for each in status["backends"]})

    @staticmethod
    def status(daemon, app):
        return ask(daemon, "GET", f"/v1/applications/{app}")

    def is_ready(self, daemon, app, expected):
        """Whether the application serves as it should."""
        if not expected.exists:
            return True
        answer = self.status(daemon, app)
        if answer.status != 200 or answer.json()["state"] != "running":
            return False
        with contextlib.suppress(OSError):
            return daemon.http("POST", f"/{app}", b"echo").status == 200
        return False


class Operator(threading.Thread):
    """Gives one application commands, one after another, until told to stop or
    until the daemon is gone. A command that is refused because the control
    plane is not there is repeated under its id, as clients do.

    `kinds` are the commands it chooses from, as often as they are listed."""

    def __init__(self, daemon, applications, app, kinds, expected, prefix,
                 seed):
        super().__init__()
        self.daemon = daemon
        self.applications = applications
        self.app = app
        self.kinds = kinds
        self.expected = expected
        self.prefix = prefix
        self.random = random.Random(seed)
        self.over = threading.Event()
        self.acknowledged = 0
        self.repeated = 0
        self.replayed = 0
        self.gone = False
        self.problem = None

    def run(self):
        try:
            while not self.over.is_set():
                self.command()
                if self.random.random() < 0.2:
                    self.replay()
                self.over.wait(self.random.uniform(0, 0.03))
        except Gone:
            self.gone = True
        except Exception as problem:  # told by the round
            self.problem = f"{self.app}: {problem}"

    def stop(self):
        self.over.set()
        self.join()

    def choose(self, state):
        what = "deploy" if not state.exists else self.random.choice(self.kinds)
        number = f"{self.prefix}-{self.app}-{self.random.getrandbits(48):x}"
        # A scaling to what there is would be no change to remember.
        workers = self.random.choice(
            [each for each in (2, 3, 4)
             if each != state.workers.get("entry")])
        return Command(number, what, self.random.getrandbits(31), workers)

    def command(self):
        state = self.expected.possible(self.app)[0]
        command = self.choose(state)
        self.expected.sent(self.app, command)
        self.finish(command)

    def finish(self, command):
        """Sends the pending command until it is acknowledged."""
        before = self.expected.possible(self.app)[0]
        deadline = time.monotonic() + PATIENCE_SECONDS
        answer = self.applications.send(self.daemon, self.app, command)
        while answer.status == 503:
            if "retry-after" not in answer.headers:
                raise Broken(f"503 without Retry-After: {answer}")
            if time.monotonic() > deadline:
                raise Broken(f"{command} is refused for too long: {answer}")
            self.repeated += 1
            time.sleep(0.005)
            answer = self.applications.send(self.daemon, self.app, command)
        if answer.status not in (202, 204):
            raise Broken(f"{command} on {before} was answered {answer}")
        found = self.applications.read(answer)
        wanted = after(before, command)
        if not wanted.agrees(found):
            raise Broken(f"{command} led to {found} instead of {wanted}")
        self.expected.acknowledged(self.app, found.hash)
        self.acknowledged += 1

    def replay(self):
        """Sends a command again that was answered some time ago: it succeeds
        and changes nothing."""
        command = self.random.choice(self.expected.answered[self.app])
        answer = self.applications.send(self.daemon, self.app, command)
        if answer.status == 503:
            return
        if answer.status not in (202, 204):
            raise Broken(f"{command}, sent again, was answered {answer}")
        self.replayed += 1
        state = self.expected.possible(self.app)[0]
        answer = self.applications.status(self.daemon, self.app)
        if answer.status != 503 and not state.agrees(
                self.applications.read(answer)):
            raise Broken(f"{command}, sent again, changed {state} into "
                         f"{self.applications.read(answer)}")
