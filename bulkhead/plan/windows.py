"""When work that hosts notice may be done: a tenant's maintenance windows and its freezes.

As the blueprint writes them: `Sat 22:00-04:00 Europe/Oslo` (or `daily`; it may run past midnight)
and `2026-12-14/2026-12-23` (both days whole, in each of the tenant's time zones).
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bulkhead.errors import Problem, WrongInput
from bulkhead.plan.tables import Window

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def open_at(windows: Iterable[Window], now: datetime) -> bool:
    """Whether a tenant's hosts may be worked on at `now` (with a time zone).

    Inside one of its maintenance windows and outside of every freeze; who states no maintenance
    window may be worked on at any time that is not frozen. WrongInput for an unknown time zone.
    """
    stated = tuple(windows)
    maintenance = _maintenance(stated)
    if frozen_by(stated, now):
        return False
    return not maintenance or any(_inside(when, now) for when in maintenance)


def frozen_by(windows: Iterable[Window], now: datetime) -> Window | None:
    """The freeze that is on at `now`, in any of the tenant's time zones; None where none is."""
    stated = tuple(windows)
    zones = {when.rsplit(" ", 1)[1] for when in _maintenance(stated)} or {"UTC"}
    days = [now.astimezone(_zone(zone)).date() for zone in zones]
    freezes = [one for one in stated if one.kind == "freeze"]
    return next((one for one in freezes if any(_frozen(one.when, day) for day in days)), None)


def _maintenance(stated: Iterable[Window]) -> list[str]:
    return [one.when for one in stated if one.kind == "maintenance"]


def _frozen(when: str, day: date) -> bool:
    first, _, last = when.partition("/")
    return date.fromisoformat(first) <= day <= date.fromisoformat(last)


def _inside(when: str, now: datetime) -> bool:
    day, span, zone = when.split(" ")
    local = now.astimezone(_zone(zone))
    first, last = (_minutes(part) for part in span.split("-"))
    minute = local.hour * 60 + local.minute
    if first < last:
        return _meant(day, local) and first <= minute < last
    begun = _meant(day, local - timedelta(days=1)) and minute < last
    return begun or (_meant(day, local) and minute >= first)


def _meant(day: str, local: datetime) -> bool:
    return day in ("daily", DAYS[local.weekday()])


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise WrongInput(
            Problem(
                where="maintenance",
                what=f"this machine knows no time zone {name!r}",
                allowed="a name of the IANA data base, e.g. Europe/Oslo",
                remedy="mend the blueprint; or install the machine's tzdata",
            )
        ) from None


def _minutes(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)
