"""A facilitated drill in a terminal: people in the room are asked, and answer with their names.

Under the clock of the wall (Bridge) the drill goes on while they think. In virtual time it waits
for them, and the seconds that they took pass then, each one as `pace` seconds; so that nobody in
the room waits for anything but each other.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import simpy

from bulkhead.drill.bridge import Bridge
from bulkhead.drill.environment import Steps
from bulkhead.drill.exercise import Inject
from bulkhead.drill.outcomes import Done, NotObserved, Outcome, Refused
from bulkhead.drill.participants import Participant, named
from bulkhead.drill.people import PERSON, Answering, Ask, answered
from bulkhead.drill.timeline import Note, Timeline
from bulkhead.drill.words import moment
from bulkhead.plan import Person

CLOSED = NotObserved(reason="the terminal was closed: nobody can answer")
HOW = "answer: y or n, then the name of who answers"
YES, NO = ("y", "yes"), ("n", "no")


@dataclass(slots=True, eq=False)
class _Question:
    """asked: by the drill's clock; shown: by the wall's. answers: (wall's time, outcome)."""

    number: int
    ask: Ask
    asked: float
    shown: float = field(default_factory=time.monotonic)
    answers: queue.SimpleQueue[tuple[float, Outcome]] = field(default_factory=queue.SimpleQueue)


@dataclass(slots=True, eq=False)
class Console:
    """The handler of Ask for people in a room.

    lines: what they type, e.g. standard input. show: prints a text to them. A line is an answer
    (`y Kari`, `n`; with the question's number first where several wait), or an evaluator's
    `note …`, at any time. Who is named must take part as a player, if players are stated.
    """

    lines: Iterable[str]
    show: Callable[[str], None]
    people: Sequence[Person]
    participants: Sequence[Participant]
    timeline: Timeline
    clock: simpy.Environment
    pace: float = 1.0
    _waiting: list[_Question] = field(default_factory=list)
    _count: int = 0
    _closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def listen(self) -> "Console":
        """Begin to read lines, in a thread of its own."""
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def perform(self, clock: simpy.Environment, actions: Sequence[Any]) -> Steps:
        """See Handler. Silence never answers: whoever asked stops waiting."""
        return (yield from answered(self.people, clock, actions, self._one))

    def _one(self, clock: simpy.Environment, ask: Ask, person: Person) -> Answering:
        question = self._open(ask)
        self.show(self._told(question, person))
        if isinstance(clock, Bridge):
            answer = yield clock.call(lambda: self._wait(question, ask.within))
        else:
            yield clock.timeout(0)  # whoever else is asked at this moment sees it before we wait
            answer = self._wait(question, ask.within / self.pace)
            took = ask.within if answer is None else (answer[0] - question.shown) * self.pace
            yield clock.timeout(took)
        if answer is None:
            self.show(f"{self._stamp()} ({question.number}) nobody answered in time")
            answer = yield clock.event()  # never
        outcome: Outcome = answer[1]
        return outcome

    def _open(self, ask: Ask) -> _Question:
        with self._lock:
            self._count += 1
            question = _Question(self._count, ask, self.clock.now)
            self._waiting.append(question)
            if self._closed:
                question.answers.put((time.monotonic(), CLOSED))
        return question

    def _wait(self, question: _Question, seconds: float) -> tuple[float, Outcome] | None:
        """An answer with the wall's time; None once so many seconds since it was shown are over."""
        left = question.shown + seconds - time.monotonic()
        try:
            return question.answers.get(timeout=max(0.0, left))
        except queue.Empty:
            return None
        finally:
            with self._lock:
                self._waiting.remove(question)

    def _told(self, question: _Question, person: Person) -> str:
        ask = question.ask
        until = moment(question.asked + ask.within)
        lines = [
            f"{moment(question.asked)} ({question.number}) {person.name} ({person.id}, "
            f"{', '.join(person.roles)}) is asked to {ask.kind}, until {until}:",
            *ask.text.splitlines(),
            *ask.circumstances.splitlines(),
        ]
        return "\n  ".join([*lines, HOW])

    def _listen(self) -> None:
        for line in self._read():
            if words := line.split():
                said = self._note(line.strip()) if words[0] == "note" else self._answer(words)
                self.show(said)
        with self._lock:
            self._closed = True
            for question in self._waiting:
                question.answers.put((time.monotonic(), CLOSED))

    def _read(self) -> Iterator[str]:
        """Lines until there are no more; a terminal that hung up (EIO) has none either."""
        try:
            yield from self.lines
        except (OSError, ValueError):
            return

    def _note(self, line: str) -> str:
        """Keep a remark, with who made it where that is one evaluator alone."""
        by, text = "", line.removeprefix("note").strip()
        evaluators = named(self.participants, "evaluator")
        first, colon, rest = text.partition(":")
        if colon and first in {one.name for one in self.participants}:
            by, text = first, rest.strip()
        elif len(evaluators) == 1:
            [by] = evaluators
        if not by or not text:
            return f"whose note is it? note NAME: TEXT; evaluators: {', '.join(evaluators)}"
        self.timeline.note(Note(at=self._moment(), by=by, text=text))
        return f"{self._stamp()} noted for {by}"

    def _answer(self, words: list[str]) -> str:
        """Take an answer; what to say to it."""
        with self._lock:
            waiting = list(self._waiting)
        if words[0].isdigit():
            waiting = [one for one in waiting if str(one.number) == words[0]]
            words = words[1:]
        if not waiting:
            return "nobody is asked this now; `note …` writes a remark down"
        if len(waiting) > 1:
            return f"which? {', '.join(str(one.number) for one in waiting)}: NUMBER y NAME"
        if not words or words[0].lower() not in (*YES, *NO):
            return HOW
        by, why = self._who(" ".join(words[1:]))
        if why:
            return why
        outcome = _outcome(waiting[0].ask, words[0].lower() in YES, by)
        waiting[0].answers.put((time.monotonic(), outcome))
        return f"{self._stamp()} ({waiting[0].number}) {by}: {words[0]}"

    def _who(self, name: str) -> tuple[str, str]:
        """Who answers, and, where that cannot be, what to say."""
        players = named(self.participants, "player")
        if not name and len(players) == 1:
            return players[0], ""
        if not name or (players and name not in players):
            return "", f"who answers? y NAME; players: {', '.join(players) or 'any name'}"
        return name, ""

    def _moment(self) -> float:
        """Now, in the drill's time, from any thread."""
        if isinstance(self.clock, Bridge):
            return self.clock.elapsed()
        with self._lock:
            waits = self._waiting[0] if self._waiting else None
        since = (time.monotonic() - waits.shown) * self.pace if waits else 0.0
        return float(waits.asked + since if waits else self.clock.now)

    def _stamp(self) -> str:
        return moment(self._moment())


def _outcome(ask: Ask, yes: bool, by: str) -> Outcome:
    at = time.time()
    if yes:
        return Done(facts=(("answer", ask.kind), ("by", by)), at=at)
    return Refused(layer=PERSON, reason=f"{by} said no", at=at)


def told(inject: Inject, at: float) -> str:
    """An inject as the room reads it. at: the drill's time (s)."""
    return f"{moment(at)} inject {inject.number} to {inject.to}:\n  {inject.text}"
