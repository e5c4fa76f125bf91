"""The register of accepted findings: a YAML file beside the blueprint.

    accepted:
      - control: listening
        subject: borealis/ingest/ingest-1
        owner: shared/olga              # who lives with the risk and works on it
        risk: an old exporter listens on tcp 9100
        measure: the host's own filter lets nobody in   # what compensates meanwhile
        approver: borealis/ingrid       # a person of the plan, and never the owner
        expires: 2027-01-31             # the last day on which it holds

An accepted finding stays visible. Once it has expired, it fails again and says so.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from bulkhead.blueprint.document import compose, read
from bulkhead.blueprint.faults import Fault, Node, problems, too_many
from bulkhead.controls.catalogue import CONTROLS, zone_boundaries
from bulkhead.controls.results import Observation, Result
from bulkhead.plan import Plan

FIELDS = ("control", "subject", "owner", "risk", "measure", "approver", "expires")
EXAMPLE = "accepted: [{control: …, subject: …, owner: …, risk: …, measure: …, approver: …, "
EXAMPLE += "expires: YYYY-MM-DD}]"
NAME = "accepted.yaml"
"""The register's name beside the blueprint."""
SEGMENTATION = "FR5"
"""What an exception must cover to accept that zones share a network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One finding that somebody accepted. expires: the last day on which it holds.

    measure: what compensates meanwhile; only the blueprint's own exceptions may have none.
    """

    control: str
    subject: str
    owner: str
    risk: str
    measure: str
    approver: str
    expires: date

    def __str__(self) -> str:
        """As it is told beside the finding."""
        measure = f"; meanwhile: {self.measure}" if self.measure else ""
        return (
            f"accepted by {self.approver} until {self.expires} ({self.owner} owns the risk: "
            f"{self.risk}{measure})"
        )


def load(path: Path, plan: Plan) -> tuple[Accepted, ...]:
    """The entries of a register; WrongInput with every problem, as file:line:column."""
    root = compose(read(path), str(path))
    faults = list(_faults(root, plan))
    if faults:
        raise too_many(problems(root, str(path), faults))
    rows = (root.plain() or {}).get("accepted") or []
    return tuple(
        Accepted(**{**row, "expires": date.fromisoformat(str(row["expires"]))}) for row in rows
    )


def accepted_by_plan(plan: Plan) -> tuple[Accepted, ...]:
    """What the blueprint's own exceptions accept: that a tier separates zones less than targeted.

    They say no compensating measure: what they accept stays unmet.
    """
    return tuple(
        Accepted(
            control=zone_boundaries.ID,
            subject=zone.id,
            owner=zone.exception.owner,
            risk=zone.exception.reason,
            measure="",
            approver=zone.exception.approver,
            expires=date.fromisoformat(zone.exception.expires),
        )
        for zone in plan.zones
        if zone.exception and SEGMENTATION in zone.exception.reason
    )


def applied(
    entries: Iterable[Accepted], results: tuple[Result, ...], today: date
) -> tuple[tuple[Result, ...], tuple[str, ...]]:
    """The results with what is accepted, and notes on entries that changed nothing."""
    by_finding = {(row.control, row.subject): row for row in entries}
    used: set[tuple[str, str]] = set()

    def one(control: str, row: Observation) -> Observation:
        entry = by_finding.get((control, row.subject))
        if entry is None or row.verdict != "fail":
            return row
        used.add((control, row.subject))
        if entry.expires < today:
            words = f"was accepted by {entry.approver} until {entry.expires}, which is over"
            return replace(row, because=f"{row.because} ({words})")
        return replace(
            row,
            verdict="accepted",
            because=f"{row.because}; {entry}",
            compensated=bool(entry.measure),
        )

    found = tuple(
        replace(result, observations=tuple(one(result.control, row) for row in result.observations))
        for result in results
    )
    asked = {row.control for row in results}
    idle = [key for key in by_finding if key not in used and key[0] in asked]
    notes = [
        f"{control} at {subject} is accepted and does not fail: the entry can go"
        for control, subject in sorted(idle)
        if by_finding[control, subject].expires >= today
    ]
    return found, tuple(notes)


def _faults(root: Node, plan: Plan) -> Iterator[Fault]:
    if not isinstance(root.value, dict) or set(root.value) != {"accepted"}:
        yield Fault((), "it is no register of accepted findings", EXAMPLE)
        return
    rows = root.value["accepted"].value
    if rows is None:
        return
    if not isinstance(rows, list):
        yield Fault(("accepted",), "it is no list", EXAMPLE)
        return
    seen: dict[tuple[object, object], int] = {}
    for number, node in enumerate(rows):
        yield from _entry(number, node, plan)
        if isinstance(node.value, dict):
            row = node.plain()
            finding = (str(row.get("control")), str(row.get("subject")))
            if finding in seen:
                yield Fault(("accepted", number), f"{' at '.join(finding)} is accepted twice")
            seen[finding] = number


def _entry(number: int, node: Node, plan: Plan) -> Iterator[Fault]:
    at = ("accepted", number)
    if not isinstance(node.value, dict):
        yield Fault(at, "it is no mapping", EXAMPLE)
        return
    row = node.plain()
    for name in FIELDS:
        if not isinstance(row.get(name), str) or not row[name].strip():
            yield Fault((*at, name), f"`{name}` is missing or empty", ", ".join(FIELDS))
    for name in row:
        if name not in FIELDS:
            yield Fault((*at, name), f"`{name}` means nothing here", ", ".join(FIELDS), key=True)
    known = [control.id for control in CONTROLS]
    if row.get("control") and row["control"] not in known:
        yield Fault((*at, "control"), f"there is no control {row['control']}", ", ".join(known))
    yield from _people(at, row, plan)
    try:
        date.fromisoformat(str(row.get("expires")))
    except ValueError:
        if row.get("expires"):
            yield Fault((*at, "expires"), f"{row['expires']} is no day", "YYYY-MM-DD")


def _people(at: tuple[str | int, ...], row: dict[str, object], plan: Plan) -> Iterator[Fault]:
    people = [person.id for person in plan.people]
    for name in ("owner", "approver"):
        if row.get(name) and row[name] not in people:
            yield Fault((*at, name), f"{row[name]} is nobody of the plan", ", ".join(people))
    if row.get("approver") and row.get("approver") == row.get("owner"):
        yield Fault(
            (*at, "approver"),
            f"{row['approver']} owns the risk, and cannot accept it alone",
            "another person",
        )
