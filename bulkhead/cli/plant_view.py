"""How readings of the plant look: a live table, or a plain one for each update."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from bulkhead.environments.plant import Reading
from bulkhead.wire.telemetry import SIGNALS

if TYPE_CHECKING:
    from rich.table import Table

BLOCKS = "▁▂▃▄▅▆▇█"
ZONES = {"A": "green", "B": "yellow", "C": "dark_orange", "D": "bold red"}
STATES = {"run": "green", "alarm": "dark_orange", "no value": "dark_orange", "trip": "bold red"}
SHORT = {
    "vibration": "vibration",
    "temperature": "temperature",
    "motor_current": "current",
    "acoustic_emission": "emission",
}
COLUMNS = (
    "machine",
    *(f"{SHORT[name]}\n{signal.unit}" for name, signal in SIGNALS.items()),
    "zone",
    "bearing",
    "controller",
    "",
)


class View:
    """What was read last, and the run of each signal before it: `width` values."""

    def __init__(self, width: int = 16) -> None:
        self._width = width
        self._runs: dict[tuple[str, str, str], deque[float]] = {}

    def rows(self, update: Iterable[Reading], *, styled: bool) -> Iterator[tuple[str, ...]]:
        """A row of COLUMNS per machine; styled: with rich's markup and sparklines."""
        for one in update:
            self._keep(one)
            cells = [self._cell(one, signal, styled=styled) for signal in SIGNALS]
            zone, state = one.zone or "-", one.controller or "-"
            if styled:
                zone = _in(ZONES.get(one.zone, ""), zone)
                state = _in(STATES.get(one.controller, ""), state)
            name = f"{one.site}/{one.device}"
            yield (name, *cells, zone, _bearing(one), state, one.note)

    def _keep(self, one: Reading) -> None:
        for signal, value in one.values.items():
            key = (one.site, one.device, signal)
            self._runs.setdefault(key, deque(maxlen=self._width)).append(value)

    def _cell(self, one: Reading, signal: str, *, styled: bool) -> str:
        value = one.values.get(signal)
        if value is None:
            return "no value"
        text = f"{value:.2f}" if signal == "vibration" else f"{value:.1f}"
        if not styled or self._width == 0:
            return text
        color = ZONES.get(one.zone, "cyan") if signal == "vibration" else "cyan"
        return f"{text:>6} {_in(color, sparkline(self._runs[one.site, one.device, signal]))}"


def sparks(columns: int) -> int:
    """Values of a sparkline that a terminal of that many columns has room for."""
    return 16 if columns >= 175 else 8 if columns >= 140 else 0


def sparkline(values: Iterable[float]) -> str:
    """A character per value, from the lowest to the highest of them; flat at the bottom if equal.

    A span below a tenth of the highest value is shown as a part of that tenth, so that noise
    does not look like events.
    """
    run = list(values)
    low = min(run)
    span = max(max(run) - low, abs(max(run)) / 10, 1e-9)
    return "".join(BLOCKS[min(int((value - low) / span * 8), 7)] for value in run)


def clock(at: float) -> str:
    """The plant's time for people: `day 3, 08:00:05`."""
    whole = int(at)
    return f"day {whole // 86_400}, {whole // 3600 % 24:02}:{whole // 60 % 60:02}:{whole % 60:02}"


def plain(found: Iterable[Reading], title: str) -> None:
    """A table for each update, on standard output."""
    from bulkhead.cli import show

    view = View()
    for at, update in updates(found):
        show.table(f"{clock(at)} ({title})", COLUMNS, list(view.rows(update, styled=False)))


def live(found: Iterable[Reading], title: str) -> None:
    """One table that changes in place, redrawn once an update is whole."""
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False)
    view = View(sparks(console.width))
    with Live(console=console, auto_refresh=False) as screen:
        for at, update in updates(found):
            rows = list(view.rows(update, styled=True))
            screen.update(_table(f"{clock(at)} ({title})", rows), refresh=True)


def updates(found: Iterable[Reading]) -> Iterator[tuple[float, list[Reading]]]:
    """Readings of one moment together, as soon as the last of them is there."""
    update: list[Reading] = []
    for one in found:
        if update and update[0].at != one.at:
            yield update[0].at, update
            update = []
        update.append(one)
        if one.last:
            yield one.at, update
            update = []
    if update:
        yield update[0].at, update


def _table(title: str, rows: list[tuple[str, ...]]) -> "Table":
    from rich import box
    from rich.table import Column, Table

    machine, *others = COLUMNS
    columns: list[Column | str] = [Column(machine, no_wrap=True), *others]
    grid = Table(*columns, title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for row in rows:
        grid.add_row(*row)
    return grid


def _bearing(one: Reading) -> str:
    if one.damage is None:
        return "not seen"
    parts = f" ({', '.join(one.parts)})" if one.parts else ""
    return f"{one.damage:.0%} worn{parts}" if one.parts else "sound"


def _in(style: str, text: str) -> str:
    return f"[{style}]{text}[/]" if style else text
