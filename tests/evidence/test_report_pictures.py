"""Timelines, signals and levels as pictures: what is drawn, where, and in which colour."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from story_state import drill_lines, verification
from test_evidence_load import NAME, text_of

from bulkhead.controls.results import Level
from bulkhead.drill.exercise import Inject
from bulkhead.evidence import levels_picture, signals_picture, timeline_picture
from bulkhead.evidence.played import played_of
from bulkhead.evidence.signals_picture import Series, moments, ticks

ISO_20816_3 = (("A", 1.4), ("B", 2.8), ("C", 4.5), ("D", float("inf")))


@pytest.fixture
def sim():
    return played_of(text_of(drill_lines("sim", 1.0, missed=False)), NAME)


@pytest.fixture
def lab():
    return played_of(text_of(drill_lines("lab", 0.6, missed=True)), NAME)


def lanes(drawing):
    return [text.text for text in drawing.texts if text.kind == "name"]


def bars(drawing, kind):
    return [rect for rect in drawing.rects if rect.kind == f"bar {kind}"]


def test_people_deadlines_actions_and_roll_back_have_lanes_of_their_own(sim):
    names = lanes(timeline_picture.picture([sim]))
    assert "asked: acme/claire" in names
    assert "due: telemetry returned" in names
    assert "short certificate" in names
    assert names[-2:] == ["rolled back", "findings"]


def test_environments_stand_below_each_other_on_one_scale(sim, lab):
    drawing = timeline_picture.picture([sim, lab])
    heads = [text for text in drawing.texts if text.kind == "head"]
    assert [head.text.split(",")[0] for head in heads] == ["sim", "lab"]
    assert heads[0].y < heads[1].y
    renewals = [rect for rect in bars(drawing, "done") if "renew" in rect.title]
    first = min(rect.x for rect in bars(drawing, "done"))
    assert renewals[1].x - first == pytest.approx((renewals[0].x - first) * 0.6, abs=2)


def test_a_missed_deadline_is_red_and_longer_than_it_was_due():
    late = played_of(text_of(drill_lines("lab", 1.0, missed=True)), NAME)
    drawing = timeline_picture.picture([late])
    [missed] = bars(drawing, "missed")
    [due] = [rect for rect in bars(drawing, "due") if rect.title == missed.title]
    assert missed.x == due.x
    assert missed.width > due.width
    assert "300.0 s of 180 s, deviated" in missed.title


def test_a_run_in_which_all_deadlines_held_has_no_red(sim):
    drawing = timeline_picture.picture([sim])
    assert bars(drawing, "missed") == []
    assert len(bars(drawing, "in-time")) == 3


def test_an_action_that_nobody_answered_is_neither_done_nor_refused(lab):
    [unseen] = bars(timeline_picture.picture([lab]), "unseen")
    assert "no answer within 300 s" in unseen.title


@pytest.mark.parametrize("known", [True, False])
def test_injects_are_shown_when_they_were_delivered_with_what_is_known_of_them(sim, known):
    said = {"to": "shared/olga", "text": "a call", "expected": "", "objective": "O1"}
    planned = [Inject(number=number, after=0.0, **said) for number in (1, 2)] if known else []
    [inject] = bars(timeline_picture.picture([sim], planned), "inject")
    assert "34.0 s: inject 1" in inject.title
    assert ("to shared/olga: a call" in inject.title) == known


def test_hundreds_of_actions_at_one_moment_are_drawn_once_and_counted(sim):
    step = next(step for step in sim.steps if step.kind == "Handshake")
    crowd = replace(sim, steps=(step,) * 700)
    drawing = timeline_picture.picture([crowd])
    [bar] = bars(drawing, "refused")
    assert "700 times" in bar.title


def test_many_kinds_of_action_share_a_last_lane(sim):
    step = next(step for step in sim.steps if step.kind == "Handshake")
    many = replace(sim, steps=tuple(replace(step, kind=f"Kind{n}") for n in range(30)), found=None)
    names = lanes(timeline_picture.picture([many]))
    assert "other actions" in names
    assert len(names) < 18


def spots(drawing):
    return [shape for shape in drawing.shapes if shape.kind.startswith("spot")]


def test_findings_of_about_one_moment_are_one_disc_as_bad_as_the_worst_of_them(lab):
    rows = tuple(replace(row, at=100.0 + n / 100) for n, row in enumerate(lab.found))
    [spot] = spots(timeline_picture.picture([replace(lab, found=rows)]))
    assert (spot.kind, spot.text) == ("spot below", "4")
    assert "the customer's contact acknowledged: deviated" in spot.title


def test_discs_of_findings_never_cover_each_other(sim, lab):
    for run in (sim, lab):
        found = spots(timeline_picture.picture([run]))
        assert all(b.x - a.x > a.radius + b.radius for a, b in pairwise(found))


def test_what_a_drill_puts_back_itself_is_told_from_what_is_rolled_back(sim):
    step = next(step for step in sim.steps if step.undo)
    both = replace(sim, steps=(replace(step, kind="PutBack", undo=False), step))
    assert {"put back", "rolled back"} <= set(lanes(timeline_picture.picture([both])))


def test_bars_lie_within_the_picture(sim, lab):
    drawing = timeline_picture.picture([sim, lab])
    for rect in drawing.rects:
        assert rect.x >= 0
        assert rect.right <= drawing.width
        assert rect.bottom <= drawing.height


def series(*values, **more):
    said = {"name": "mill-1 vibration", "unit": "mm/s", "values": values}
    return Series(**(said | {"times": tuple(float(n) for n in range(len(values)))} | more))


def lines(drawing, kind):
    return [line for line in drawing.lines if line.kind == kind]


def test_a_line_is_broken_where_no_value_arrived():
    drawing = signals_picture.picture(series(1.0, 2.0, None, 3.0, 4.0))
    assert [len(line.points) for line in lines(drawing, "signal")] == [2, 2]


def test_an_outage_is_shaded_and_hides_its_values_unless_they_came_later():
    away = series(1.0, 2.0, 3.0, 4.0, 5.0, shaded=((0.5, 3.5),))
    drawing = signals_picture.picture(away)
    assert len([rect for rect in drawing.rects if rect.kind == "shade"]) == 1
    assert sum(len(line.points) for line in lines(drawing, "signal")) == 4  # two single points
    later = signals_picture.picture(replace(away, filled=True))
    assert [len(line.points) for line in lines(later, "signal late")] == [3]


def test_zones_of_iso_20816_are_bands_as_far_as_the_scale_goes():
    calm = signals_picture.picture(series(0.5, 0.6, bands=ISO_20816_3))
    loud = signals_picture.picture(series(0.5, 6.0, bands=ISO_20816_3))
    assert [r.kind for r in calm.rects if "band" in r.kind] == ["band-a", "band-b"]
    assert [r.kind for r in loud.rects if "band" in r.kind] == [f"band-{n}" for n in "abcd"]


def test_bands_touch_and_end_at_their_limits():
    drawing = signals_picture.picture(series(0.5, 6.0, bands=ISO_20816_3))
    for lower, upper in pairwise([r for r in drawing.rects if "band" in r.kind]):
        assert lower.y == pytest.approx(upper.bottom)


def test_long_series_keep_their_peaks_and_are_drawn_small():
    values = [1.0] * 5000
    values[1234] = 9.0
    drawing = signals_picture.picture(series(*values))
    [line] = lines(drawing, "signal")
    assert len(line.points) <= 400
    assert min(y for _, y in line.points) < min(y for x, y in line.points if x < 60)


def test_series_of_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="2 times, 1 values"):
        series(1.0, times=(0.0, 1.0))


@pytest.mark.parametrize("values", [(), (None, None), (float("nan"),), (3.0,), (3.0, 3.0)])
def test_a_signal_with_little_or_nothing_to_show_is_drawn_none_the_less(values):
    drawing = signals_picture.picture(series(*values))
    assert any(rect.kind == "panel" for rect in drawing.rects)


@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e6), most=st.integers(2, 9))
def test_ticks_are_few_and_within_their_range(low, width, most):
    found = ticks(low, low + width, most)
    assert len(found) <= most + 1
    assert all(low - 1e-6 <= value <= low + width + 1e-6 for value in found)


@given(first=st.floats(-1e5, 1e5), length=st.floats(1, 1e6), most=st.integers(3, 9))
def test_moments_are_few_and_named_in_one_unit(first, length, most):
    found = moments(first, first + length, most)
    assert len(found) <= most + 1
    assert len({name.split(" ")[1] for _, name in found}) <= 1
    assert not [name for _, name in found if name.startswith("-0 ")]


def test_each_level_says_target_achieved_and_why(plan):
    levels = verification(plan).levels
    drawing = levels_picture.picture(levels)
    cells = {rect.id: rect for rect in drawing.rects if rect.kind.startswith("cell")}
    assert len(cells) == len(levels)
    for level in levels:
        cell = cells[f"{level.zone} {level.requirement}"]
        assert cell.kind == f"cell {levels_picture.state(level)}"
        assert f"target {level.target}" in cell.title
        assert level.because in cell.title


@pytest.mark.parametrize(
    ("target", "achieved", "state"),
    [(2, 2, "met"), (2, 3, "met"), (0, 0, "met"), (2, 1, "below"), (1, None, "open")],
)
def test_a_level_is_met_below_or_open_and_none_is_never_met(target, achieved, state):
    level = Level(zone="z", requirement="FR1", target=target, achieved=achieved, because="")
    assert levels_picture.state(level) == state
    drawing = levels_picture.picture([level])
    filled = [
        rect for rect in drawing.rects if rect.kind.split()[0] == "pip" and "filled" in rect.kind
    ]
    assert len(filled) == (achieved or 0)
