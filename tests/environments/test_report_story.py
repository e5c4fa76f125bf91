"""The report put together: claims kept by probe, catalogues, plants and what each run took away."""

import json
from dataclasses import replace

import numpy as np
import pytest
from story_state import AT, EXAMPLE, GATEWAY, example, leave_claims, leave_drill

from bulkhead.environments import floors, floors_lab, reporting
from bulkhead.errors import BulkheadError, Problem, WrongInput
from bulkhead.evidence.load import load
from bulkhead.evidence.played import played_of
from bulkhead.wire.telemetry import SIGNALS
from simulator.plant import Plant


@pytest.fixture(scope="module")
def plan():
    return example()


@pytest.fixture
def run(tmp_path):
    leave_drill(tmp_path, "sim", 1.0, missed=False)
    return load(tmp_path).runs[0]


def test_a_kept_claim_is_read_back_with_its_layers(tmp_path, plan):
    leave_claims(tmp_path, plan)
    claim = load(tmp_path).claims[0]
    assert (claim.environment, claim.hosts, claim.pairs, claim.filtered) == ("sim", 16, 240, 15)
    assert claim.flows is None
    layers = {row.layer: row for row in claim.layers}
    assert layers["host-egress"].network == 0
    assert layers["route"].network > layers["route"].model
    assert all(row.packets is None for row in claim.layers)
    assert list(tmp_path.joinpath("claim").glob("*.new")) == []


def test_a_story_names_the_blueprint_among_its_inputs(tmp_path, plan):
    story = reporting.story(plan, tmp_path, AT, EXAMPLE)
    assert [row.what for row in story.inputs] == ["blueprint"]
    assert dict(story.tools)["bulkhead"]


def test_attacks_are_told_from_drills_by_the_catalogue(tmp_path, plan):
    leave_drill(tmp_path, "sim", 1.0, missed=False)
    attack = tmp_path / "runs" / "20261126T200000.000000Z-cross-zone-pivot-sim.jsonl"
    attack.write_text(
        json.dumps({"run": {"drill": "cross-zone-pivot", "environment": "sim"}}) + "\n"
    )
    story = reporting.story(plan, tmp_path, AT)
    assert [one.name for one in story.attacks] == ["cross-zone-pivot"]
    assert [one.name for one in story.drills] == ["certificate-expiry"]
    assert "lost gateway" in story.attacks[0].title


def test_an_outage_lasts_from_silence_to_the_next_live_value(run):
    assert floors.outages(run) == {GATEWAY: ((95.0, 561.0),)}


def test_an_outage_that_nobody_saw_end_lasts_to_the_end_of_the_run(run):
    cut = [step for step in run.steps if step.kind != "Telemetry"]
    shorter = replace(run, steps=tuple(cut))
    assert floors.outages(shorter) == {GATEWAY: ((95.0, shorter.lasted),)}


def test_a_run_without_silence_has_no_outage(tmp_path, run):
    quiet = tuple(step for step in run.steps if step.kind != "Silence")
    assert floors.outages(replace(run, steps=quiet)) == {}
    assert floors.floors(example(), [replace(run, steps=quiet)], tmp_path) == ()


class Flat(Plant):
    """A plant whose every signal is 1, with one value missing."""

    def series(self, site, device, signal, start, end, step):
        values = np.ones(int(np.ceil((end - start) / step)))
        values[3] = np.nan
        return values


def test_in_sim_the_machines_behind_the_gateway_are_shown_around_the_run(
    monkeypatch, tmp_path, plan, run
):
    monkeypatch.setattr(floors, "Plant", Flat)
    [floor] = floors.floors(plan, [run], tmp_path)
    assert (floor.site, floor.environment, floor.run) == ("acme/lyon", "sim", run.name)
    assert len(floor.series) == 2 * len(SIGNALS)
    names = {one.name for one in floor.series}
    assert {"mill-1 vibration", "lathe-1 motor current"} <= names
    first = floor.series[0]
    assert first.times[0] < 0 < run.lasted < first.times[-1]
    assert first.shaded == ((95.0, 561.0),)
    assert first.values[3] is None
    assert first.filled
    assert [bool(one.bands) for one in floor.series] == [
        "vibration" in one.name for one in floor.series
    ]


@pytest.fixture
def lab_run(tmp_path):
    """As in the lab: its `Telemetry` rows say when they were, by the wall's clock."""
    leave_drill(tmp_path, "lab", 1.0, missed=False)
    run = next(run for run in load(tmp_path).runs if run.environment == "lab")
    steps = tuple(
        replace(step, own=1_000_000.0 + step.done - 0.5 * number)
        if step.kind == "Telemetry"
        else step
        for number, step in enumerate(run.steps)
    )
    return replace(run, steps=steps)


def test_a_lab_run_began_where_its_latest_telemetry_says(lab_run, run):
    assert floors_lab.began(lab_run) == 1_000_000.0
    assert floors_lab.began(run) is None


@pytest.mark.parametrize("told", [True, False])
def test_where_no_lab_stands_the_plant_is_not_observed_and_says_so(tmp_path, plan, lab_run, told):
    steps = lab_run.steps if told else tuple(replace(step, own=None) for step in lab_run.steps)
    [floor] = floors.floors(plan, [replace(lab_run, steps=steps)], tmp_path)
    assert floor.series is None
    assert ("no lab runs here" if told else "does not say when it began") in floor.why


LINES = """lathe-1|vibration|1000000.5|0.7|f
mill-1|temperature|1000001|33|f
mill-1|vibration|1000000.25|0.6|f
mill-1|vibration|1000001.25|0.61|t
mill-1|vibration|1000021.25|0.62|f"""


def test_what_a_historian_prints_is_read_by_device_signal_and_time():
    found = floors_lab.signals(LINES, 1_000_000.0)
    assert found.keys() == {
        ("lathe-1", "vibration"),
        ("mill-1", "temperature"),
        ("mill-1", "vibration"),
    }
    rows = found["mill-1", "vibration"]
    assert [(row.at, row.value, row.late) for row in rows[:2]] == [
        (0.25, 0.6, False),
        (1.25, 0.61, True),
    ]
    assert floors_lab.signals("", 0.0) == {}


def test_a_line_is_not_drawn_over_a_hole():
    rows = floors_lab.signals(LINES, 1_000_000.0)["mill-1", "vibration"]
    assert list(floors_lab.broken(rows)) == [
        (0.25, 0.6),
        (1.25, 0.61),
        (11.25, None),
        (21.25, 0.62),
    ]


def test_what_is_no_value_is_refused_and_the_plant_not_observed(
    monkeypatch, tmp_path, plan, lab_run
):
    with pytest.raises(BulkheadError, match="is no value"):
        floors_lab.signals("psql: server closed", 0.0)
    held = floors_lab.signals(LINES, 1_000_000.0)
    monkeypatch.setattr(floors_lab.Historians, "held", lambda *_: held)
    [floor] = floors.floors(plan, [lab_run], tmp_path)
    assert [one.name for one in floor.series] == [
        "lathe-1 vibration",
        "mill-1 temperature",
        "mill-1 vibration",
    ]
    assert floor.series[2].values == (0.6, 0.61, None, 0.62)
    assert floor.series[2].shaded == ((95.0, 561.0),)
    assert floor.series[2].filled


def test_a_plant_whose_bearings_are_unknown_is_not_observed(monkeypatch, tmp_path, plan, run):
    def refused(plan, seed):
        raise WrongInput(Problem("bearing", "the geometry of bearing 'X' is not known"))

    monkeypatch.setattr(floors, "Plant", refused)
    [floor] = floors.floors(plan, [run], tmp_path)
    assert floor.series is None
    assert "geometry" in floor.why


def test_the_real_plant_is_shown_with_the_zones_that_its_machines_have(tmp_path, plan, run):
    [floor] = floors.floors(plan, [run], tmp_path)
    bands = {one.name: one.bands for one in floor.series if one.bands}
    assert bands.keys() == {"mill-1 vibration", "lathe-1 vibration"}
    assert [limit for _, limit in bands["mill-1 vibration"]][:3] == [1.4, 2.8, 4.5]
    assert all(len(one.times) == len(one.values) > 200 for one in floor.series)


def test_a_gateway_that_nobody_planned_has_no_machines(monkeypatch, tmp_path, plan, run):
    monkeypatch.setattr(floors, "Plant", Flat)
    moved = (
        b'{"run": {"drill": "x", "environment": "sim"}}\n'
        + json.dumps(
            {
                "row": {
                    "asked": 0,
                    "done": 9,
                    "action": {"action": "Silence", "source": "a/b/ai/gw-9", "seconds": 4.0},
                    "outcome": {"outcome": "done"},
                }
            }
        ).encode()
        + b"\n"
    )
    [floor] = floors.floors(plan, [played_of(moved, "runs/x.jsonl")], tmp_path)
    assert floor.series is None
    assert "no machine stands behind" in floor.why
