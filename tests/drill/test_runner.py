"""The runner: order, bounds, roll-backs whatever happens, needs, strands, expectations."""

import os
import signal

import pytest
from toy import Change, Look, Play, TakeBack, Toy

from bulkhead.drill import Done, Finding, NotObserved, Refused, run
from bulkhead.drill.bridge import Bridge
from bulkhead.errors import BulkheadError, MissingHere, Problem, WrongInput


def test_actions_are_done_in_order_and_their_outcomes_come_back():
    heard = []

    def script(d):
        heard.append((yield d.do(Look("a"))))
        heard.append((yield d.do(Look("b"))))

    toy = Toy(answers={Look("b"): Refused(layer="door", reason="shut")})
    report = run(Play(script), toy.environment())
    assert heard == [Done(), Refused(layer="door")]
    assert [(row.asked, row.done, row.action) for row in report.timeline.rows] == [
        (0.0, 1.0, Look("a")),
        (1.0, 2.0, Look("b")),
    ]
    assert report.held


def test_actions_asked_together_begin_together_and_keep_their_order():
    def script(d):
        outcomes = yield d.all([Look("slow"), Change("quick"), Look("quick")])
        assert outcomes == (Done(), Done(), Refused(layer="x"))

    toy = Toy(took={"slow": 5.0}, answers={Look("quick"): Refused(layer="x")})
    report = run(Play(script), toy.environment())
    assert report.fault is None
    assert {row.asked for row in report.timeline.rows if row.phase == "run"} == {0.0}


def test_what_was_changed_is_rolled_back_latest_first():
    def script(d):
        yield d.do(Change("a"))
        yield d.do(Change("b"))
        yield d.do(Look("a"))

    toy = Toy()
    report = run(Play(script), toy.environment())
    assert toy.log[-2:] == [TakeBack("b"), TakeBack("a")]
    assert toy.changed == set()
    assert [row.phase for row in report.timeline.rows] == ["run"] * 3 + ["roll-back"] * 2


def test_a_part_can_be_rolled_back_at_once_and_not_again_at_the_end():
    def script(d):
        yield d.do(Change("kept"))
        mark = d.mark()
        yield d.do(Change("short"))
        assert (yield d.undo(mark)) == (Done(),)
        assert toy.changed == {"kept"}

    toy = Toy()
    report = run(Play(script), toy.environment())
    assert report.fault is None
    assert toy.log.count(TakeBack("short")) == 1
    assert toy.changed == set()


def test_a_script_that_fails_half_way_is_rolled_back_and_told():
    def script(d):
        yield d.do(Change("a"))
        raise ValueError("half-way")

    toy = Toy()
    report = run(Play(script), toy.environment())
    assert (report.ended, str(report.fault), toy.changed) == ("failed", "half-way", set())
    assert not report.held


def test_an_action_that_breaks_after_half_of_its_work_is_rolled_back_too():
    def script(d):
        assert isinstance((yield d.do(Change("a"))), NotObserved)

    toy = Toy(broken={(Change, "a")})
    report = run(Play(script), toy.environment())
    assert report.fault is None
    assert toy.log == [Change("a"), TakeBack("a")]


def test_a_roll_back_that_fails_is_named_and_the_others_are_still_done():
    def script(d):
        yield d.do(Change("a"))
        yield d.do(Change("b"))

    toy = Toy(broken={(TakeBack, "b")})
    report = run(Play(script), toy.environment())
    assert [action for action, _ in report.unmended] == [TakeBack("b")]
    assert toy.changed == {"b"}
    assert not report.held


def test_what_an_environment_cannot_do_is_not_run_before_anything_is_tried():
    toy = Toy()
    environment = toy.environment(kinds=(Look,), lacks={Change: "nothing can be changed here"})
    with pytest.raises(MissingHere, match=r"(?s)not run: it needs Change.*nothing can be changed"):
        run(Play(lambda d: iter(()), needs={Look, Change}), environment)
    assert toy.log == []


def test_an_action_that_is_only_wanted_is_not_observed_and_owes_no_roll_back():
    def script(d):
        outcome = yield d.do(Change("a"))
        assert outcome == NotObserved(reason="any", lacking=True)

    toy = Toy()
    report = run(Play(script), toy.environment(kinds=(Look,)))
    assert report.fault is None
    assert report.unmended == ()


def test_attacks_are_refused_where_they_are_not_allowed():
    with pytest.raises(WrongInput, match=r"(?s)attacks are refused there.*sim or --env lab"):
        run(Play(lambda d: iter(()), hostile=True), Toy().environment())


def test_an_answer_after_its_bound_is_recorded_late_and_its_change_is_undone():
    def script(d):
        assert isinstance((yield d.do(Change("slow"))), NotObserved)
        yield d.do(Look("on"))

    toy = Toy(took={"slow": 12.0})
    report = run(Play(script), toy.environment())
    assert report.fault is None
    late = [row for row in report.timeline.rows if row.late]
    assert [(row.action, row.done) for row in late] == [(Change("slow"), 12.0)]
    assert toy.changed == set()
    assert report.unmended == ()


def test_a_change_that_never_ends_is_said_to_be_under_way():
    def script(d):
        yield d.do(Change("for ever"))

    toy = Toy(took={"for ever": 1e9})
    report = run(Play(script), toy.environment())
    assert (TakeBack("for ever"), NotObserved(reason="")) in report.unmended


def test_more_actions_than_the_drill_allows_itself_end_it():
    def script(d):
        while True:
            yield d.do(Look("again"))

    report = run(Play(script, most=7), Toy().environment())
    assert (report.ended, len(report.timeline.rows)) == ("failed", 7)
    assert isinstance(report.fault, BulkheadError)


def test_a_drill_that_takes_too_long_is_ended_and_rolled_back():
    def script(d):
        yield d.do(Change("a"))
        yield d.wait(1e6)

    toy = Toy()
    report = run(Play(script, longest=50.0), toy.environment())
    assert (report.ended, toy.changed) == ("too long", set())


def test_an_error_that_the_user_must_mend_reaches_the_report_whole():
    class Broken(Toy):
        def act(self, action):
            raise BulkheadError(Problem("toy", "plug it in"))

    def script(d):
        yield d.do(Look("a"))

    report = run(Play(script), Broken().environment())
    assert (report.ended, str(report.fault)) == ("failed", "toy: plug it in")


def test_strands_run_beside_each_other_and_can_be_joined():
    order = []

    def side(d):
        yield d.until(2.0)
        order.append("side")
        return "answer"

    def script(d):
        strand = yield d.start(side(d))
        yield d.wait(1.0)
        order.append("main")
        assert (yield d.join(strand)) == "answer"

    report = run(Play(script), Toy().environment())
    assert report.fault is None
    assert order == ["main", "side"]


@pytest.mark.parametrize(
    ("took", "answer", "standing"),
    [
        (3.0, Done(), "held"),
        (7.0, Done(), "deviated"),
        (3.0, Refused(layer="x"), "deviated"),
        (3.0, NotObserved(reason="the log cannot be read"), "not observed"),
    ],
)
def test_an_expectation_is_held_in_time_and_deviates_late(took, answer, standing):
    def script(d):
        finding = yield d.expect("alert", Look("alert"), within=5.0)
        assert isinstance(finding, Finding)

    toy = Toy(took={"alert": took}, answers={Look("alert"): answer})
    report = run(Play(script), toy.environment())
    assert report.fault is None
    assert [(row.subject, row.standing) for row in report.findings] == [("alert", standing)]


def test_an_expectation_still_open_when_the_run_ends_is_censored():
    def waiting(d):
        yield d.expect("alert", Look("alert"), within=100.0)

    def script(d):
        yield d.start(waiting(d))
        yield d.wait(1.0)

    report = run(Play(script), Toy(took={"alert": 50.0}).environment())
    assert [(row.subject, row.standing) for row in report.findings] == [("alert", "censored")]
    assert not report.held


class Interrupted(Toy):
    """Interrupts the main thread, as Ctrl-C does, when a named thing is looked at."""

    def act(self, action):
        outcome = super().act(action)
        if action == Look("interrupt"):
            os.kill(os.getpid(), signal.SIGINT)
        return outcome


@pytest.mark.parametrize("clock", [None, Bridge])
def test_an_interrupt_rolls_back_and_nothing_more_is_tried(clock):
    def script(d):
        yield d.do(Change("a"))
        yield d.do(Look("interrupt"))
        yield d.wait(5.0)
        yield d.do(Look("never"))

    toy = Interrupted(clock=clock and clock())
    report = run(Play(script), toy.environment())
    assert report.ended == "interrupted"
    assert isinstance(report.fault, KeyboardInterrupt)
    assert toy.changed == set()
    assert Look("never") not in toy.log
    assert not report.held


@pytest.mark.parametrize("before", [4.0, 4.01, 4.07])
def test_a_deadline_is_missed_whatever_the_clock_adds_up_to(before):
    """In floats (4.07 + 60) - 4.07 is less than 60, and (4.01 + 60) - 4.01 is more."""

    class Silent(Toy):
        def perform(self, clock, actions):
            yield clock.event()

    def script(d):
        yield d.wait(before)
        yield d.expect("answered", Look("a"), within=60.0)

    report = run(Play(script), Silent().environment())
    assert [row.standing for row in report.findings] == ["deviated"]
