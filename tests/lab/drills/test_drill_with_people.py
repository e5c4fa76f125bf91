"""A drill with real packets on bare hosts: people by distribution and in the room."""

import os
import pty
import signal
import threading

import pytest
from passage import Passage

from bulkhead.drill import fidelity
from bulkhead.drill.participants import Participant
from bulkhead.drill.people import Ask
from bulkhead.drill.timeline import load
from bulkhead.environments.drills import Cast, replay, run_drill
from bulkhead.environments.running import Place

KARI = Participant("player", "Kari")


@pytest.fixture
def play(lab, example):
    def play(cast):
        place = Place(environment="lab", state=lab.state.parent)
        return run_drill(place, Passage(example), example, cast, print)

    return play


@pytest.fixture(scope="module")
def modelled(example, tmp_path_factory):
    place = Place(environment="sim", state=tmp_path_factory.mktemp("sim"), machines=False)
    return run_drill(place, Passage(example), example, Cast(seed=3), print)


def test_unattended_it_finds_what_sim_finds_and_its_recording_replays(
    play, modelled, example, monkeypatch
):
    ran = play(Cast(seed=3, pace=120.0))
    assert ran.report.held, ran.report.findings
    assert [row.told for row in ran.report.findings] == [
        row.told for row in modelled.report.findings
    ]
    monkeypatch.setattr("bulkhead.environments.drills.drill", lambda *_: Passage(example))
    report, differences = replay(load(ran.path), example)
    assert differences == []
    assert report.held


def test_five_runs_in_the_lab_agree_with_sim_in_outcomes_and_order(play, modelled):
    runs = [load(play(Cast(seed=seed, pace=600.0)).path) for seed in range(5)]
    found = fidelity.judged(sim=[load(modelled.path)], lab=runs)
    assert found.differences == ()
    print("\n".join("  ".join(row) for row in fidelity.lines(found)), fidelity.summary(found))


def test_facilitated_the_room_answers_while_packets_go_on(play):
    master, slave = pty.openpty()
    shown = []

    def show(text):
        shown.append(text)
        if "Shall it be closed?" in text:
            os.write(master, b"y Kari\n")

    cast = Cast(facilitated=True, participants=(KARI,), lines=os.fdopen(slave), show=show)
    ran = play(cast)
    assert ran.report.held, ran.report.findings
    [asked] = [row for row in ran.report.timeline.rows if isinstance(row.action, Ask)]
    assert dict(asked.outcome.facts)["by"] == "Kari"


def test_interrupted_while_somebody_thinks_the_lab_is_as_it_was_found(play, lab):
    standing = lab.standing()
    before = standing.deployed()
    master, slave = pty.openpty()
    opened = []

    def show(text):
        if "Shall it be closed?" in text:
            opened.append(standing.deployed() != before)
            threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGINT)).start()

    cast = Cast(facilitated=True, participants=(KARI,), lines=os.fdopen(slave), show=show)
    ran = play(cast)
    os.close(master)
    assert opened == [True]
    assert (ran.report.ended, ran.report.held, ran.report.unmended) == ("interrupted", False, ())
    assert standing.deployed() == before
