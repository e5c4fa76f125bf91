"""A facilitated drill in a pseudo-terminal: asked, answered by name, noted, and silent."""

import os
import pty
import signal
import threading
from dataclasses import replace

import pytest
from toy import Change, Look, Play, TakeBack, Toy

from bulkhead.drill import Done, NotObserved, Refused, Timeline, run
from bulkhead.drill.bridge import Bridge
from bulkhead.drill.console import Console
from bulkhead.drill.participants import Participant, participant
from bulkhead.drill.people import Ask
from bulkhead.drill.replay import compared, replayed
from bulkhead.drill.timeline import load
from bulkhead.errors import WrongInput

MARC = Ask("acme/marc", "approve", "Shall the gateway be cut off?", within=20.0)
INES = replace(MARC, who="acme/ines", text="Is it seen?")
KARI, OLA = Participant("player", "Kari"), Participant("player", "Ola")
EVA = Participant("evaluator", "Eva")
YES = Done(facts=(("answer", "approve"), ("by", "Kari")))


class Room:
    """People at a terminal. They type what `typing` has for a text once it has been shown."""

    def __init__(self, plan, clock, typing=(), participants=(KARI,), file=None, pace=1.0):
        self.master, slave = pty.openpty()
        self.typing, self.shown = list(typing), []
        self.lock = threading.Lock()
        self.timeline = Timeline(file)
        self.toy = Toy(clock=clock)
        self.console = Console(
            lines=os.fdopen(slave),
            show=self.show,
            people=plan.people,
            participants=participants,
            timeline=self.timeline,
            clock=self.toy.clock,
            pace=pace,
        ).listen()

    def show(self, text):
        with self.lock:
            self.shown.append(text)
            for row in [row for row in self.typing if row[0] in text]:
                self.typing.remove(row)
                self.type(row[1])

    def type(self, line):
        os.write(self.master, f"{line}\n".encode())

    def play(self, script, facts=None):
        environment = self.toy.environment()
        environment = replace(environment, handlers={**environment.handlers, Ask: self.console})
        report = run(Play(script), environment, self.timeline, facts=facts)
        assert report.fault is None or report.ended == "interrupted"
        return report

    def said(self):
        return "\n".join(self.shown)


def asking(*asks):
    def script(d):
        script.outcomes = yield d.all(asks)

    return script


@pytest.fixture(params=[None, Bridge], ids=["virtual", "wall"])
def clock(request):
    return request.param and request.param()


def test_who_is_asked_what_and_until_when_is_shown_and_the_answer_is_kept(plan, clock):
    room, script = Room(plan, clock, [("until", "y Kari")]), asking(MARC)
    report = room.play(script)
    assert "Marc Petit (acme/marc, operator) is asked to approve, until 00:00:20" in room.shown[0]
    assert MARC.text in room.shown[0]
    assert script.outcomes == (YES,)
    [row] = report.timeline.rows
    assert row.own > 1.6e9
    assert row.done - row.asked < 20.0


def test_no_is_a_refusal_with_the_name_of_who_said_it(plan, clock):
    script = asking(MARC)
    Room(plan, clock, [("until", "no Ola")], [KARI, OLA]).play(script)
    assert script.outcomes == (Refused(layer="person"),)
    assert script.outcomes[0].reason == "Ola said no"


def test_one_player_alone_need_not_be_named_and_among_several_one_must(plan, clock):
    script = asking(MARC)
    Room(plan, clock, [("until", "y")]).play(script)
    assert script.outcomes == (YES,)
    several = Room(plan, clock, [("until", "y"), ("who answers?", "y Kari")], [KARI, OLA])
    several.play(script)
    assert script.outcomes == (YES,)
    assert "players: Kari, Ola" in several.said()


def test_who_does_not_take_part_cannot_answer(plan, clock):
    room = Room(plan, clock, [("until", "y Mallory"), ("who answers?", "y Kari")], [KARI])
    script = asking(MARC)
    room.play(script)
    assert script.outcomes == (YES,)


def test_silence_until_the_deadline_is_no_answer(plan, clock):
    room, script = Room(plan, clock, pace=1.0), asking(replace(MARC, within=0.3))
    report = room.play(script)
    assert script.outcomes == (NotObserved(reason="any"),)
    [row] = report.timeline.rows
    assert 0.3 <= row.done - row.asked < 5.0
    assert not row.late


def test_two_who_are_asked_at_once_are_both_shown_and_answered_by_number(plan, clock):
    typing = [("(2) Inès", "y Kari"), ("which?", "2 y Kari"), ("(2) Kari", "1 n Kari")]
    room, script = Room(plan, clock, typing), asking(MARC, INES)
    room.play(script)
    assert script.outcomes == (Refused(layer="person"), YES)


def test_a_line_that_is_no_answer_says_how_to_answer(plan, clock):
    typing = [("until", "perhaps"), ("until", "y Kari")]
    room, script = Room(plan, clock, typing), asking(MARC)
    room.play(script)
    assert room.shown[1] == "answer: y or n, then the name of who answers"


def test_a_closed_terminal_answers_nothing_and_says_so_at_once(plan, clock):
    room, script = Room(plan, clock), asking(MARC)
    os.close(room.master)
    room.play(script)
    assert script.outcomes == (NotObserved(reason="any"),)
    assert "closed" in script.outcomes[0].reason


def test_an_evaluator_notes_at_any_time_with_time_and_name(plan, clock, tmp_path):
    with (tmp_path / "run.jsonl").open("w") as file:
        typing = [("until", "note they looked at the wrong page"), ("noted for Eva", "y Kari")]
        room = Room(plan, clock, typing, [KARI, EVA], file)
        room.play(asking(MARC))
    [note] = load(tmp_path / "run.jsonl").notes
    assert (note.by, note.text) == ("Eva", "they looked at the wrong page")
    assert 0.0 <= note.at < 20.0


def test_a_note_of_nobody_is_not_kept(plan, clock):
    typing = [("until", "note something"), ("whose note", "y Kari")]
    room = Room(plan, clock, typing, [KARI])
    room.play(asking(MARC))
    assert room.timeline.notes == []


def test_the_recording_of_a_facilitated_run_replays_with_the_same_findings(plan, clock, tmp_path):
    def script(d):
        yield d.expect("approved", MARC, within=15.0)
        yield d.expect("seen", INES, within=0.2)
        yield d.do(Look("a"))

    path = tmp_path / "run.jsonl"
    with path.open("w") as file:
        report = Room(plan, clock, [("Shall the", "y Kari")], file=file).play(script)
    recording = load(path)
    again = run(Play(script), replayed(recording.rows))
    assert [row.told for row in again.findings] == [row.told for row in report.findings]
    assert [row.standing for row in again.findings] == ["held", "deviated"]
    assert compared(recording.rows, again.timeline.rows) == []
    assert [found for _, found in recording.findings] == list(report.findings)


def test_an_interrupt_while_somebody_thinks_puts_everything_back(plan, clock):
    def script(d):
        yield d.do(Change("a"))
        yield d.do(replace(MARC, within=500.0))
        yield d.do(Look("never"))

    room = Room(plan, clock)
    thinking = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    room.console.show = lambda text: thinking.start()
    report = room.play(script)
    assert report.ended == "interrupted"
    assert room.toy.log == [Change("a"), TakeBack("a")]
    assert room.toy.changed == set()


def test_in_virtual_time_a_second_of_the_room_may_count_for_many(plan):
    room, script = Room(plan, None, pace=1000.0), asking(replace(MARC, within=300.0))
    report = room.play(script)
    assert script.outcomes == (NotObserved(reason="any"),)
    assert [row.done for row in report.timeline.rows] == [300.0]


def test_who_takes_part_is_a_role_and_a_name():
    assert participant("player:Kari  Nordmann") == Participant("player", "Kari Nordmann")
    for wrong in ("boss:Kari", "player:", "Kari"):
        with pytest.raises(WrongInput, match="facilitator, evaluator, player, observer"):
            participant(wrong)
