"""Who answers: a distribution, a recording."""

from dataclasses import replace

import pytest
from toy import Look, Play, Toy

from bulkhead.drill import Done, NotObserved, run
from bulkhead.drill.people import Ask, Distribution
from bulkhead.drill.replay import Recorded, compared, replayed

MARC = Ask("acme/marc", "acknowledge", "The alarm is on.")


def asked(script, people, clock=None):
    environment = Toy(clock=clock).environment()
    environment = replace(environment, handlers={**environment.handlers, Ask: people})
    report = run(Play(script), environment)
    assert report.fault is None
    return report


def test_each_answers_after_a_time_of_their_own_role_and_of_how_often_they_were_asked(plan):
    drawn = []

    def reaction(*arguments):
        drawn.append(arguments)
        return 10.0 * len(drawn)

    def script(d):
        for _ in range(2):
            assert (yield d.do(MARC)) == Done(facts=(("answer", "acknowledge"), ("by", MARC.who)))
        yield d.do(Ask("shared/sven", "approve", "?"))

    report = asked(script, Distribution(plan.people, reaction, seed=7))
    assert drawn == [
        (7, "acme/marc", "operator", "acknowledge", 0),
        (7, "acme/marc", "operator", "acknowledge", 1),
        (7, "shared/sven", "support", "approve", 0),
    ]
    assert [row.done - row.asked for row in report.timeline.rows] == [10.0, 20.0, 30.0]


def test_people_asked_together_answer_each_in_their_own_time(plan):
    took = {"acme/marc": 5.0, "acme/ines": 50.0}

    def script(d):
        yield d.all([MARC, replace(MARC, who="acme/ines")])

    people = Distribution(plan.people, lambda seed, who, *_: took[who], seed=1)
    rows = asked(script, people).timeline.rows
    assert {row.action.who: row.done for row in rows} == took


def test_pace_makes_people_faster_where_packets_cannot_be(plan):
    def script(d):
        yield d.do(MARC)

    people = Distribution(plan.people, lambda *_: 60.0, seed=1, pace=20.0)
    assert [row.done for row in asked(script, people).timeline.rows] == [3.0]


@pytest.mark.parametrize("pace", [1.0, 20.0])
@pytest.mark.parametrize(("seconds", "standing"), [(60.0, "deviated"), (20.0, "held")])
def test_whether_they_were_in_time_is_the_same_at_any_pace(plan, pace, seconds, standing):
    def script(d):
        yield d.expect("acknowledged", MARC, within=30.0)

    people = Distribution(plan.people, lambda *_: seconds, seed=1, pace=pace)
    report = asked(script, people)
    assert [row.standing for row in report.findings] == [standing]
    assert report.timeline.rows[0].done == min(seconds, 30.0) / pace
    again = run(Play(script), replayed(report.timeline.rows))
    assert [row.told for row in again.findings] == [row.told for row in report.findings]


def test_who_answers_after_the_deadline_has_missed_it_and_it_is_recorded_late(plan):
    def script(d):
        yield d.expect("acknowledged", MARC, within=30.0)
        yield d.wait(100.0)

    report = asked(script, Distribution(plan.people, lambda *_: 60.0, seed=1))
    assert [row.standing for row in report.findings] == ["deviated"]
    assert [(row.done, row.late) for row in report.timeline.rows] == [(30.0, False), (60.0, True)]
    assert report.timeline.rows[0].action.within == 30.0


def test_somebody_whom_the_plan_does_not_name_answers_nothing(plan):
    def script(d):
        assert (yield d.do(Ask("acme/nobody", "approve", "?"))) == NotObserved(reason="any")

    report = asked(script, Distribution(plan.people, lambda *_: 1.0, seed=1))
    assert "acme/nobody" in report.timeline.rows[0].outcome.reason


@pytest.mark.parametrize("seconds", [60.0, float("inf")])
def test_a_recording_replays_who_was_late_or_silent_row_by_row(plan, seconds):
    def script(d):
        yield d.expect("acknowledged", MARC, within=30.0)
        yield d.do(Look("a"))
        yield d.wait(100.0)

    report = asked(script, Distribution(plan.people, lambda *_: seconds, seed=1))
    again = run(Play(script), replayed(report.timeline.rows))
    assert compared(report.timeline.rows, again.timeline.rows) == []
    assert again.findings == report.findings


def test_recorded_answers_serve_a_run_that_words_its_questions_otherwise(plan):
    def script(text):
        def asking(d):
            yield d.do(replace(MARC, text=text))
            yield d.do(Look("a"))

        return asking

    first = asked(script("one"), Distribution(plan.people, lambda *_: 12.0, seed=1))
    again = asked(script("two"), Recorded(first.timeline.rows, words=False))
    assert [row.done for row in again.timeline.rows] == [12.0, 13.0]
