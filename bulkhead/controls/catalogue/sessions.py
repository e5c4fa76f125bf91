"""What people do on the bastion is recorded, where they can neither stop nor change it."""

from collections.abc import Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts, Unknown
from bulkhead.controls.looking import first, judged, unseen
from bulkhead.controls.machine import Account, Machine
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.plan import Plan

ID = "sessions"
EXPECTED = "each person's session is forced through the recorder, both ways, into root's own room"
PEOPLE = "bulkhead-people"
FILE = "/etc/sudoers.d/99-sabotage"
RECORDED = ("log_output", "log_input")


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each bastion."""
    for host in facts.hosts:
        if host.role == "bastion":
            found = facts.machine(host.id)
            why = found if isinstance(found, Unknown) else _missing(found)
            if why is not None:
                yield unseen(host.id, EXPECTED, why)
            else:
                assert isinstance(found, Machine)  # noqa: S101 (else there is a why)
                people = _people(found)
                seen = f"sessions of {', '.join(row.name for row in people)} are recorded"
                yield judged(host.id, EXPECTED, _faults(found, people), seen)


def _missing(found: Machine) -> Unknown | None:
    parts = (found.accounts, found.sshd, found.room)
    return next((row for row in parts if isinstance(row, Unknown)), None)


def _people(found: Machine) -> list[Account]:
    assert not isinstance(found.accounts, Unknown)  # noqa: S101 (seen by _missing)
    return [row for row in found.accounts if PEOPLE in row.groups]


def _faults(found: Machine, people: list[Account]) -> Iterator[str]:
    assert not isinstance(found.room, Unknown)  # noqa: S101 (seen by _missing)
    assert not isinstance(found.sshd, Unknown)  # noqa: S101
    for row in people:
        for setting in RECORDED:
            if not _on(setting, row.defaults):
                yield f"sudo does not keep {setting.removeprefix('log_')} of {row.name}"
        forced = found.sshd.get(row.name, {}).get("forcecommand", "none")
        if not forced.endswith("/bulkhead/session"):
            yield f"{row.name}'s session is not forced through the recorder ({forced})"
    if found.room.mode & 0o077 or found.room.uid:
        yield f"the room of recordings is {found.room.mode:04o} of uid {found.room.uid}"
    if not found.room.mode:
        yield "there is no room for recordings"


def _on(setting: str, defaults: tuple[str, ...]) -> bool:
    """sudo takes the last word."""
    words = [row for row in defaults if row.lstrip("!") == setting]
    return bool(words) and not words[-1].startswith("!")


def _steps(plan: Plan) -> tuple[Step, ...]:
    line = f"Defaults:%{PEOPLE} !log_output, !log_input"
    do = f"umask 0337; echo '{line}' > {FILE} && visudo -cqf {FILE}"
    return (OnHost(host=first(plan, "bastion").id, do=do, undo=f"rm -f {FILE}"),)


def _flips(plan: Plan) -> frozenset[Finding]:
    return frozenset({(ID, first(plan, "bastion").id)})


CONTROL = Control(
    id=ID,
    title="Sessions on the bastion are recorded",
    why="Who worked on a host, and what was done, must be known without asking them.",
    owner="provider",
    remediation="Remove what overrides /etc/sudoers.d/70-sessions; configure the bastion again.",
    reads="hosts: sudo's and sshd's settings for each person, mode of the recordings' directory",
    meets=("SR 2.12",),
    supports=("SR 2.8", "SR 6.2", "SR 2.1"),
    others=(*nist("AU-14", "AC-17(1)", "AU-10"), *ot("6.2.1"), *iso("8.15", "8.18"), *soc("CC7.2")),
    observe=observe,
    sabotage=Sabotage(
        what="sudo is told to record nobody's session on the bastion", steps=_steps, flips=_flips
    ),
)
