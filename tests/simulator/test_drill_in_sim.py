"""A drill in sim by way of the same door as the command's: people, consent, timeline."""

import pytest
from passage import Passage

from bulkhead.drill.timeline import load
from bulkhead.environments.drills import Cast, replay, run_drill
from bulkhead.environments.running import Place
from simulator.drills import catalogue


@pytest.fixture(scope="module")
def ran(example_plan, tmp_path_factory):
    place = Place(environment="sim", state=tmp_path_factory.mktemp("sim"), machines=False)
    return run_drill(place, Passage(example_plan), example_plan, Cast(seed=3), print)


def test_it_holds_and_people_take_the_time_of_people(ran):
    assert ran.report.held, ran.report.findings
    [asked] = [row for row in ran.report.timeline.rows if type(row.action).__name__ == "Ask"]
    assert asked.done - asked.asked > 5.0


def test_the_same_seed_gives_the_same_run_and_another_another(ran, example_plan, tmp_path):
    def again(seed):
        place = Place(environment="sim", state=tmp_path, machines=False)
        return run_drill(place, Passage(example_plan), example_plan, Cast(seed=seed), print)

    times = [[row.done for row in one.report.timeline.rows] for one in (ran, again(3), again(4))]
    assert times[0] == times[1] != times[2]


def test_its_recording_replays_in_sim_with_the_same_findings(ran, example_plan, monkeypatch):
    monkeypatch.setattr("bulkhead.environments.drills.drill", lambda *_: Passage(example_plan))
    report, differences = replay(load(ran.path), example_plan)
    assert differences == []
    assert [row.told for row in report.findings] == [row.told for row in ran.report.findings]


@pytest.mark.parametrize("name", catalogue())
def test_every_drill_delivers_each_inject_of_its_list_in_order(name, example_plan, tmp_path):
    drill = catalogue()[name](example_plan, None)
    place = Place(environment="sim", state=tmp_path)
    ran = run_drill(place, drill, example_plan, Cast(seed=2), print)
    assert ran.report.held, ran.report.findings
    planned = sorted(drill.exercise.injects, key=lambda one: one.after)
    assert [number for number, _ in load(ran.path).injects] == [one.number for one in planned]
