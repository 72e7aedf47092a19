"""What the control plane must still know, whatever dies.

For each application: the state that the acknowledged commands add up to, and
the command that was sent and not yet answered, which may count or not. All of
it is in a file too, written before each command and after each answer.
"""

import json
import threading
from dataclasses import asdict, dataclass, field, replace


@dataclass(frozen=True)
class State:
    """An application as commands add up to it."""
    exists: bool = False
    release: int = 0   # the highest ever deployed
    hash: str = ""     # of that release; empty if nobody said
    workers: dict = field(default_factory=dict)

    def agrees(self, found):
        """Whether `found` may be it: a hash that nobody told is any."""
        if not self.exists or not found.exists:
            return self.exists == found.exists
        return (self.release, self.workers) == (found.release, found.workers) \
            and self.hash in ("", found.hash)


@dataclass(frozen=True)
class Command:
    """One that was sent, under an id of its own."""
    id: str
    what: str          # deploy, scale or delete
    version: int = 0   # deploy: what makes its spec another
    workers: int = 0   # deploy, scale


def after(state, command):
    """The state that `command` leads to."""
    if command.what == "deploy":
        return State(True, state.release + 1, "",
                     {"entry": command.workers})
    if command.what == "scale":
        return replace(state, workers={"entry": command.workers})
    return replace(state, exists=False, hash="", workers={})


class Expected:
    """The expected state of all applications, in memory and in a file."""

    def __init__(self, file):
        self.file = file
        self.lock = threading.Lock()
        self.known = {}     # application → State
        self.pending = {}   # application → Command, sent and not answered
        self.answered = {}  # application → [Command], the last ones

    def sent(self, app, command):
        with self.lock:
            self.pending[app] = command
            self.write()

    def acknowledged(self, app, hash=""):
        """The pending command is durable. Returns the state it led to."""
        with self.lock:
            command = self.pending.pop(app)
            state = after(self.known.get(app, State()), command)
            if command.what == "deploy":
                state = replace(state, hash=hash)
            self.known[app] = state
            self.answered[app] = (self.answered.get(app, []) + [command])[-20:]
            self.write()
            return state

    def possible(self, app):
        """What a daemon that recovered may say."""
        with self.lock:
            known = self.known.get(app, State())
            pending = self.pending.get(app)
            return [known] + ([after(known, pending)] if pending else [])

    def write(self):
        self.file.write_text(json.dumps({
            app: {"acknowledged": asdict(self.known.get(app, State())),
                  "in_flight": asdict(self.pending[app])
                  if app in self.pending else None}
            for app in {*self.known, *self.pending}}, indent=1))
