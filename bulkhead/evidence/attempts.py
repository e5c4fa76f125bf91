"""An attack's findings for people: attempts of the same hosts with the same end as one. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bulkhead.drill.findings import Finding, Standing

_WORST: tuple[Standing, ...] = ("deviated", "censored", "not observed", "held", "not run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """tried: subjects in one line. lifted: what became of it with that layer alone lifted."""

    source: str
    target: str
    tried: str
    seen: str
    layer: str
    lifted: str
    technique: str
    standing: Standing
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """What a lost host reaches and what stops it. stops: attempts by the layer that did."""

    host: str
    tried: int
    reached: int
    stops: tuple[tuple[str, int], ...]
    rows: tuple[Attempts, ...]


def grouped(findings: Iterable[Finding]) -> tuple[Attempts, ...]:
    """One row for attempts between the same hosts with the same end, in the order of the first."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for row in findings:
        key = (row.source, row.target, row.seen, row.layer, row.technique, row.standing)
        groups.setdefault(key, []).append(row)
    return tuple(_row(rows) for rows in groups.values())


def by_host(findings: Iterable[Finding]) -> tuple[Lost, ...]:
    """Attempts by the host from which they were made, what is worst first."""
    hosts: dict[str, list[Finding]] = {}
    for row in findings:
        hosts.setdefault(row.source, []).append(row)
    return tuple(_lost(host, rows) for host, rows in hosts.items())


def joined(subjects: Iterable[str]) -> str:
    """Subjects, those of one path together: `tcp 22, tcp 4444 private; tcp 22 public`."""
    paths: dict[str, list[str]] = {}
    for subject in subjects:
        words, _, path = subject.rpartition(" ")
        known = path in ("private", "public")
        paths.setdefault(path if known else "", []).append(words if known else subject)
    return "; ".join(f"{', '.join(words)} {path}".strip() for path, words in paths.items())


def _row(rows: list[Finding]) -> Attempts:
    first = rows[0]
    return Attempts(
        source=first.source,
        target=first.target,
        tried=joined(row.subject for row in rows),
        seen=first.seen,
        layer=first.layer,
        lifted="; ".join(dict.fromkeys(row.attributed for row in rows if row.attributed)),
        technique=first.technique,
        standing=first.standing,
        because="; ".join(dict.fromkeys(row.because for row in rows if row.because)),
    )


def _lost(host: str, rows: list[Finding]) -> Lost:
    stops = Counter(row.layer for row in rows if row.layer)
    return Lost(
        host=host,
        tried=len(rows),
        reached=sum(row.seen == "reached" for row in rows),
        stops=tuple(sorted(stops.items(), key=lambda item: (-item[1], item[0]))),
        rows=tuple(sorted(grouped(rows), key=_order)),
    )


def _order(row: Attempts) -> tuple[int, bool, str, str]:
    return (_WORST.index(row.standing), row.seen != "reached", row.target, row.layer)
