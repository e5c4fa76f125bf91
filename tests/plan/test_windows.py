"""When hosts may be worked on: windows that run past midnight, freezes, time zones."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bulkhead.errors import WrongInput
from bulkhead.plan import Window
from bulkhead.plan.windows import open_at

OSLO = ZoneInfo("Europe/Oslo")
NIGHT = Window(kind="maintenance", when="Sat 22:00-04:00 Europe/Oslo", reason="furnace on hold")
DAY = Window(kind="maintenance", when="Wed 09:00-10:00 Europe/Oslo", reason="tool change")
FREEZE = Window(kind="freeze", when="2027-01-18/2027-01-29", reason="relining")


def at(text, zone=OSLO):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-11-21T21:59", False),
        ("2026-11-21T22:00", True),
        ("2026-11-22T03:59", True),
        ("2026-11-22T04:00", False),
        ("2026-11-22T22:30", False),
        ("2026-11-25T09:30", True),
        ("2026-11-25T10:00", False),
    ],
)
def test_a_window_is_open_from_its_first_minute_to_before_its_last(when, expected):
    assert open_at([NIGHT, DAY], at(when)) is expected


def test_the_clock_is_the_windows_own():
    assert open_at([NIGHT], at("2026-11-21T21:00", ZoneInfo("UTC")))
    assert not open_at([NIGHT], at("2026-11-21T20:59", ZoneInfo("UTC")))


@pytest.mark.parametrize(
    ("when", "expected"), [("2027-01-16T23:00", True), ("2027-01-23T23:00", False)]
)
def test_a_freeze_closes_the_windows_in_it(when, expected):
    assert open_at([NIGHT, FREEZE], at(when)) is expected


def test_who_states_no_window_may_be_worked_on_outside_of_freezes():
    assert open_at([], at("2026-11-25T12:00"))
    assert open_at([FREEZE], at("2026-11-25T12:00"))
    assert not open_at([FREEZE], at("2027-01-20T12:00"))


def test_a_daily_window_is_open_each_day():
    nightly = Window(kind="maintenance", when="daily 23:00-01:00 Europe/Oslo", reason="no shift")
    assert open_at([nightly], at("2026-11-24T23:30"))
    assert open_at([nightly], at("2026-11-25T00:30"))
    assert not open_at([nightly], at("2026-11-25T01:00"))


def test_an_unknown_time_zone_is_told():
    lost = Window(kind="maintenance", when="daily 23:00-01:00 Europe/Atlantis", reason="x")
    with pytest.raises(WrongInput, match="Europe/Atlantis"):
        open_at([lost], at("2026-11-25T00:30"))
