"""A toy environment: actions that write down what happened to them, in virtual or real time."""

from dataclasses import dataclass
from typing import ClassVar

import simpy

from bulkhead.drill import Environment
from bulkhead.drill.actions import Action, Disturbance, known
from bulkhead.drill.bridge import Bridge
from bulkhead.drill.drills import About
from bulkhead.drill.outcomes import Done


@known
@dataclass(frozen=True, slots=True)
class Look(Action):
    """Changes nothing."""

    what: str
    bound: ClassVar[float] = 10.0


@known
@dataclass(frozen=True, slots=True)
class Change(Action):
    """Changes something, until it is undone."""

    what: str
    bound: ClassVar[float] = 10.0

    def undo(self):
        return TakeBack(self.what)


@known
@dataclass(frozen=True, slots=True)
class TakeBack(Action):
    """Undoes a change."""

    what: str
    bound: ClassVar[float] = 10.0


class Toy:
    """took: virtual seconds by name; roll-backs take one. broken: what raises. log: what came."""

    def __init__(self, took=None, answers=None, broken=(), clock=None):
        self.took, self.answers, self.broken = took or {}, answers or {}, set(broken)
        self.changed, self.log = set(), []
        self.clock = clock or simpy.Environment()

    def environment(self, kinds=None, **more):
        kinds = (Look, Change, TakeBack, Stop) if kinds is None else kinds
        return Environment("toy", self.clock, dict.fromkeys(kinds, self), **more)

    def perform(self, clock, actions):
        if isinstance(clock, Bridge):
            return (yield clock.call(lambda: [self.act(action) for action in actions]))
        yield clock.timeout(max(self._seconds(action) for action in actions))
        return [self.act(action) for action in actions]

    def _seconds(self, action):
        return (
            1.0 if isinstance(action, TakeBack) else self.took.get(getattr(action, "what", ""), 1.0)
        )

    def act(self, action):
        self.log.append(action)
        if (type(action), _what(action)) in self.broken:
            raise OSError(f"{action.what} is broken")
        if isinstance(action, Change):
            self.changed.add(action.what)
        if isinstance(action, TakeBack):
            self.changed.discard(action.what)
        return self.answers.get(action, Done())


def _what(action):
    """What it is about; an Ask is about nothing of the toy's."""
    return getattr(action, "what", "")


class Play:
    """A drill made of a function."""

    hostile = False

    def __init__(self, script, *, needs=frozenset({Look}), most=100, longest=1000.0, hostile=False):
        self.script, self.hostile = script, hostile
        self.about = About(
            name="play",
            title="",
            tactic="",
            techniques=(),
            references=(),
            needs=frozenset(needs),
            wants=frozenset(),
            leaves="",
            most=most,
            longest=longest,
        )

    def run(self, d):
        return self.script(d)


@known
@dataclass(frozen=True, slots=True)
class Stop(Action):
    """Takes a host away for some seconds, and has nothing to take back."""

    host: str
    seconds: float
    bound: ClassVar[float] = 10.0

    @property
    def what(self):
        return self.host

    def disturbs(self):
        return (Disturbance(self.host, self.seconds),)


class Consented:
    """Whoever is to be asked has consented beforehand."""

    def asks(self, actions):
        return ()

    def heard(self, asks, outcomes):
        raise AssertionError("nobody was asked")

    def refusal(self, action):
        return None
