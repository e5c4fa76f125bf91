"""The comparison as a picture: tiers as columns, measures as rows, bars and levels in cells. Pure.

Bars of a row share one scale. What is better short (pairs across tenants, blast radius) is drawn
in the colour of harm; what merely counts is not.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bulkhead.evidence.comparing.columns import Column
from bulkhead.evidence.comparing.figures import FOOTHOLDS, Blast
from bulkhead.evidence.drawing import Drawing, Rect, Shape, Text, fit

LEFT, CELL, ROW, TOP, PAD = 232.0, 150.0, 30.0, 62.0, 12.0
SECTION = 26.0
_Value = Callable[[Column], tuple[float, str] | None]


@dataclass(frozen=True, slots=True)
class _Row:
    """A measure: its name, what a column's cell says (None: nothing), and how its bar is drawn."""

    name: str
    value: _Value
    kind: str = "bar"


def picture(estate: str, columns: Sequence[Column]) -> Drawing:
    """All columns side by side."""
    width = LEFT + CELL * len(columns) + PAD
    shapes, y = [*_heads(columns)], TOP
    for title, rows in _sections(columns):
        y += SECTION
        shapes.append(Text(x=PAD, y=y - 8, text=title, kind="head", size=12))
        shapes.append(Rect(x=PAD, y=y - 2, width=width - 2 * PAD, height=1, kind="rule", radius=0))
        for row in rows:
            shapes += _row(row, columns, y)
            y += ROW
    if any(column.capability for column in columns):
        y += SECTION
        shapes.append(
            Text(x=PAD, y=y - 8, text="Security level carried (IEC 62443)", kind="head", size=12)
        )
        shapes += _levels(columns, y)
        y += ROW * 7
    return Drawing(
        width=width,
        height=y + PAD,
        title=f"Isolation tiers compared for {estate}",
        alt=_alt(columns),
        shapes=tuple(shapes),
    )


def _alt(columns: Sequence[Column]) -> str:
    said = []
    for column in columns:
        if column.figures is None:
            said.append(f"{column.name}: cannot hold this estate")
            continue
        said.append(
            f"{column.name}: {column.figures.across} of {column.figures.pairs_across} pairs "
            f"across tenants, about {column.cost:.0f} USD and {column.work:.0f} hours a month"
        )
    return "; ".join(said)


def _heads(columns: Sequence[Column]) -> Iterator[Shape]:
    for number, column in enumerate(columns):
        x = LEFT + CELL * number
        yield Rect(
            x=x + 3,
            y=8,
            width=CELL - 6,
            height=TOP - 14,
            kind="frame",
            id=column.name,
            title=column.summary,
        )
        yield Text(x=x + 12, y=28, text=fit(column.name, CELL - 24, 14), kind="title", size=14)
        state = _state(column)
        yield Text(
            x=x + 12, y=45, text=fit(state, CELL - 24, 10), kind=_mood(column), size=10, title=state
        )


def _state(column: Column) -> str:
    if column.refused:
        return f"cannot hold it: {column.refused[0]}"
    if column.short:
        return f"{len(column.short)} targets not carried"
    return "carries every target" if column.capability else "no level stated"


def _mood(column: Column) -> str:
    return "found" if column.refused or column.short else "small"


def _sections(columns: Sequence[Column]) -> Iterator[tuple[str, list[_Row]]]:
    yield (
        "Who reaches whom (ordered pairs of hosts)",
        [
            _Row("across tenants", _counted("across", "pairs_across"), "bar harm"),
            _Row("within a tenant", _counted("within", "pairs_within")),
        ],
    )
    roles = [
        role
        for role in FOOTHOLDS
        if any(blast.role == role for c in columns if c.figures for blast in c.figures.blasts)
    ]
    yield (
        "Hosts lost in the end, and whose data, if one falls",
        [_Row(role, _lost(role), "bar harm") for role in roles],
    )
    counts = ("hosts", "networks", "rules", "acl_entries", "routes")
    names = ("hosts", "networks", "rules of groups", "network ACL entries", "routes")
    yield (
        "What it is made of",
        [_Row(name, _count(key)) for key, name in zip(counts, names, strict=True)],
    )
    yield (
        "What it takes in a month, estimated",
        [
            _Row("USD, list prices", lambda c: (c.cost, f"{c.cost:,.0f}") if c.figures else None),
            _Row("hours of people", lambda c: (c.work, f"{c.work:,.0f}") if c.figures else None),
        ],
    )


def _count(key: str) -> _Value:
    def value(column: Column) -> tuple[float, str] | None:
        found = getattr(column.figures, key) if column.figures else None
        return None if found is None else (found, str(found))

    return value


def _counted(key: str, whole: str) -> _Value:
    def value(column: Column) -> tuple[float, str] | None:
        if column.figures is None:
            return None
        found, of = getattr(column.figures, key), getattr(column.figures, whole)
        return found, f"{found} of {of}"

    return value


def _lost(role: str) -> _Value:
    def value(column: Column) -> tuple[float, str] | None:
        blasts = column.figures.blasts if column.figures else ()
        found: Blast | None = next((row for row in blasts if row.role == role), None)
        if found is None:
            return None
        data = {0: "no data", 1: "1 tenant's data"}.get(
            len(found.data), f"{len(found.data)} tenants' data"
        )
        return found.hosts, f"{found.hosts}, {data}"

    return value


def _row(row: _Row, columns: Sequence[Column], y: float) -> Iterator[Shape]:
    yield Text(x=PAD + 8, y=y + 19, text=fit(row.name, LEFT - 30, 11), kind="label")
    values = [row.value(column) for column in columns]
    most = max((found[0] for found in values if found), default=0.0) or 1.0
    for number, found in enumerate(values):
        x = LEFT + CELL * number + 8
        if found is None:
            yield Text(x=x, y=y + 19, text="-", kind="small")
            continue
        amount, said = found
        wide = max((CELL - 16) * amount / most, 1.0 if amount else 0.0)
        where = f"{columns[number].name}: {row.name}: {said}"
        yield Rect(x=x, y=y + 21, width=CELL - 16, height=5, kind="bar back", radius=2)
        if wide:
            yield Rect(x=x, y=y + 21, width=wide, height=5, kind=row.kind, radius=2, title=where)
        yield Text(x=x, y=y + 16, text=fit(said, CELL - 16, 11), kind="name", title=where)


def _levels(columns: Sequence[Column], y: float) -> Iterator[Shape]:
    """A square for each level up to four: filled as far as the tier carries it."""
    names = (
        "FR1 identification",
        "FR2 use control",
        "FR3 integrity",
        "FR4 confidentiality",
        "FR5 restricted data flow",
        "FR6 response to events",
        "FR7 availability",
    )
    for number, name in enumerate(names):
        top = y + ROW * number
        yield Text(x=PAD + 8, y=top + 19, text=name, kind="label")
        for at, column in enumerate(columns):
            if column.capability:
                yield from _squares(column, number, LEFT + CELL * at + 8, top)


def _squares(column: Column, number: int, x: float, y: float) -> Iterator[Shape]:
    level = column.capability[number]
    for square in range(4):
        yield Rect(
            x=x + square * 15,
            y=y + 10,
            width=11,
            height=11,
            kind="square filled" if square < level else "square",
            radius=2,
            title=f"{column.name}: FR{number + 1} level {level}",
        )
    yield Text(x=x + 66, y=y + 19, text=str(level), kind="name")
