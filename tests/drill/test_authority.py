"""Consent: asked before what production would notice, once, by the blueprint's own figures."""

import os
import signal
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from toy import Change, Consented, Look, Play, Stop, Toy

from bulkhead.drill import Done, NotObserved, Refused, run
from bulkhead.drill.authority import Authority
from bulkhead.drill.people import Ask, Distribution

BROKER, OTHER = "acme/ingest/broker-1", "borealis/ingest/broker-1"
WORKDAY = datetime(2026, 11, 24, 9, tzinfo=UTC)


class Answers:
    """People who answer as they are told to, after so many seconds; yes otherwise."""

    def __init__(self, seconds=20.0, **said):
        self.seconds, self.said, self.heard = seconds, said, []

    def perform(self, clock, actions):
        self.heard += actions
        yield clock.timeout(self.seconds)
        yes = Done(facts=(("by", "them"),))
        return [self.said.get(action.who.split("/")[1], yes) for action in actions]


def played(plan, script, people, toy=None, now=WORKDAY):
    toy = toy or Toy()
    environment = toy.environment()
    environment = replace(environment, handlers={**environment.handlers, Ask: people})
    report = run(Play(script), environment, consent=Authority(plan, now))
    assert report.fault is None
    return report, toy


def stopping(*hosts, seconds=60.0):
    def script(d):
        script.outcomes = yield d.all([Stop(host, seconds) for host in hosts])

    return script


def test_the_authority_of_the_tenant_is_asked_with_what_production_loses(plan):
    people = Answers()
    script = stopping(BROKER)
    played(plan, script, people)
    [ask] = people.heard
    assert (ask.who, ask.kind) == ("acme/marc", "approve")
    assert f"stop: {BROKER} away for up to 60 s" in ask.text
    assert "acme/lyon/lathe-1, acme/lyon/mill-1" in ask.text
    assert "coolant alarm: 60 s of 900 s tolerable: within" in ask.text
    assert script.outcomes == (Done(),)


def test_asked_and_answered_before_the_action_and_recorded_like_any_other(plan):
    report, _ = played(plan, stopping(BROKER), Answers())
    assert [(type(row.action), row.asked, row.done) for row in report.timeline.rows] == [
        (Ask, 0.0, 20.0),
        (Stop, 20.0, 21.0),
    ]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Refused(layer="person", reason="not today"), "acme/marc: not today"),
        (NotObserved(reason="silence"), "acme/marc did not answer"),
    ],
)
def test_without_consent_the_action_is_not_tried(plan, answer, why):
    script = stopping(BROKER)
    report, toy = played(plan, script, Answers(marc=answer))
    assert script.outcomes == (Refused(layer="authority"),)
    assert script.outcomes[0].reason == why
    assert toy.log == []
    assert report.timeline.rows[-1].action == Stop(BROKER, 60.0)


def test_where_nobody_can_be_asked_nothing_that_disturbs_is_tried():
    toy, script = Toy(), stopping(BROKER)
    run(Play(script), toy.environment())
    assert (script.outcomes, toy.log) == ((Refused(layer="authority"),), [])
    run(Play(script), toy.environment(), consent=Consented())
    assert toy.log == [Stop(BROKER, 60.0)]


def test_silence_of_an_environment_without_people_is_no_consent(plan):
    toy, script = Toy(), stopping(BROKER)
    run(Play(script), toy.environment(), consent=Authority(plan, WORKDAY))
    assert (script.outcomes, toy.log) == ((Refused(layer="authority"),), [])


def test_one_tenants_no_stops_its_own_action_alone(plan):
    script = stopping(BROKER, OTHER)
    _, toy = played(plan, script, Answers(lars=Refused(layer="person")))
    assert script.outcomes == (Done(), Refused(layer="authority"))
    assert toy.log == [Stop(BROKER, 60.0)]


def test_a_shared_host_needs_the_consent_of_every_tenant(plan):
    people, script = Answers(lars=Refused(layer="person")), stopping("shared/egress/proxy-1")
    played(plan, script, people)
    assert [ask.who for ask in people.heard] == ["acme/marc", "borealis/lars"]
    assert script.outcomes == (Refused(layer="authority"),)


def test_consent_is_asked_once_and_again_only_if_the_disturbance_grows(plan):
    people = Answers()

    def script(d):
        for seconds in (60.0, 60.0, 30.0, 90.0, 90.0):
            assert (yield d.do(Stop(BROKER, seconds))) == Done()

    played(plan, script, people)
    assert ["up to 60 s" in ask.text for ask in people.heard] == [True, False]


def test_a_no_holds_for_the_same_disturbance_and_silence_is_asked_again(plan):
    for answer, asked in ((Refused(layer="person"), 1), (NotObserved(reason=""), 2)):
        people = Answers(marc=answer)

        def script(d):
            for _ in range(2):
                assert (yield d.do(Stop(BROKER, 60.0))) == Refused(layer="authority")

        played(plan, script, people)
        assert len(people.heard) == asked


def test_what_disturbs_nothing_and_what_rolls_back_is_never_asked_for(plan):
    people = Answers()

    def script(d):
        yield d.do(Change("a"))
        yield d.do(Look("a"))

    report, toy = played(plan, script, people)
    assert people.heard == []
    assert toy.changed == set()
    assert report.held


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (WORKDAY, "outside of the maintenance windows: Sun 02:00-06:00 Europe/Paris"),
        (datetime(2026, 11, 22, 3, tzinfo=UTC), "A maintenance window is open"),
        (datetime(2026, 12, 20, 3, tzinfo=UTC), "A freeze is on, 2026-12-14/2026-12-23: year-end"),
    ],
)
def test_the_question_says_whether_this_is_the_time_for_it(plan, now, said):
    people = Answers()
    played(plan, stopping(BROKER), people, now=now)
    assert said in people.heard[0].circumstances


def test_the_day_makes_no_other_question_of_it(plan):
    asks = []
    for now in (WORKDAY, datetime(2026, 11, 22, 3, tzinfo=UTC)):
        people = Answers()
        played(plan, stopping(BROKER), people, now=now)
        asks += people.heard
    assert asks[0] == asks[1]


def test_people_of_a_distribution_consent_after_their_time(plan):
    people = Distribution(plan.people, lambda *_: 40.0, seed=1)
    report, _ = played(plan, stopping(BROKER), people)
    assert [row.done for row in report.timeline.rows] == [40.0, 41.0]


def test_two_who_need_the_same_consent_at_once_ask_once(plan):
    people = Answers()

    def side(d):
        assert (yield d.do(Stop(BROKER, 60.0))) == Done()

    def script(d):
        strands = []
        for _ in range(2):
            strands.append((yield d.start(side(d))))
        for strand in strands:
            yield d.join(strand)

    _, toy = played(plan, script, people)
    assert len(people.heard) == 1
    assert toy.log == [Stop(BROKER, 60.0)] * 2


def test_two_at_once_are_both_refused_and_after_silence_each_is_asked(plan):
    for answer, asked in ((Refused(layer="person"), 1), (NotObserved(reason=""), 2)):
        people = Answers(marc=answer)

        def side(d):
            assert (yield d.do(Stop(BROKER, 60.0))) == Refused(layer="authority")

        def script(d):
            strand = yield d.start(side(d))
            yield from side(d)
            yield d.join(strand)

        _, toy = played(plan, script, people)
        assert (len(people.heard), toy.log) == (asked, [])


def test_consent_that_comes_when_the_run_is_over_lets_nothing_be_tried(plan):
    class Interrupted(Toy):
        def act(self, action):
            if action == Look("interrupt"):
                os.kill(os.getpid(), signal.SIGINT)
            return super().act(action)

    def side(d):
        yield d.do(Stop(BROKER, 60.0))

    def script(d):
        yield d.all([Change("a"), Change("b"), Change("c")])
        yield d.start(side(d))
        yield d.do(Look("interrupt"))

    toy, people = Interrupted(), Answers(seconds=2.5)
    environment = toy.environment()
    environment = replace(environment, handlers={**environment.handlers, Ask: people})
    report = run(Play(script), environment, consent=Authority(plan, WORKDAY))
    assert report.ended == "interrupted"
    assert [row.done for row in report.timeline.rows if isinstance(row.action, Ask)] == [3.5]
    assert [action for action in toy.log if isinstance(action, Stop)] == []
    assert toy.changed == set()
