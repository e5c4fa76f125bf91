"""Who can be somebody on a host: listed people, the provisioning account, and nobody else."""

import re
from collections.abc import Iterator
from datetime import date

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts, Machine, Unknown
from bulkhead.controls.looking import first, on_hosts
from bulkhead.controls.machine import Account
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.plan import SHARED, Host, Plan

ID = "named-accounts"
EXPECTED = "accounts of the plan's people alone, without passwords, with their role's rights"
OURS = "bulkhead"
"""The provisioning account."""
PEOPLE = 1000
"""The first uid that is a person's."""
SHELLS = ("nologin", "false", "sync")
"""Programs that are no shell."""
ENTITLED = {
    "provider": ("operator", "support"),
    "customer": ("admin", "engineer", "operator", "auditor"),
}
"""Roles with an account, on the provider's hosts and on a plant's own; a vendor's has none."""
ALL_RIGHTS = {"provider": ("operator",), "customer": ("admin", "engineer")}
"""Of these, the roles that may do everything."""
EVERYTHING = re.compile(r"\((ALL|root)\b[^)]*\)[^\n]*[\s,:]ALL\b")
"""sudo's word for a right to anything, as root or as everybody."""
INTRUDER = "mallory"


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each host."""
    plan = facts.plan

    def judge(host: Host, told: tuple[date, tuple[Account, ...]]) -> tuple[list[str], str]:
        day, found = told
        known, mighty = _people(plan, host, day)
        people = [row for row in found if _person(row)]
        faults = [fault for row in people for fault in _faults(row, known, mighty)]
        faults += [
            f"{row.name} is root by another name"
            for row in found
            if row.uid == 0 and row.name != "root"
        ]
        faults += [f"{row.name} has an empty password" for row in found if row.password == "none"]  # noqa: S105
        names = ", ".join(sorted(row.name for row in people))
        return faults, f"{names}; no passwords"

    return on_hosts(facts, EXPECTED, _told, judge)


def _told(found: Machine) -> tuple[date, tuple[Account, ...]] | Unknown:
    """The accounts, and the day on which the host told of them, by our clock."""
    if isinstance(found.accounts, Unknown):
        return found.accounts
    return date.fromtimestamp(found.asked), found.accounts


def _person(row: Account) -> bool:
    """Whether somebody could have a shell as this account (root's is judged by its password)."""
    return not row.shell.rpartition("/")[2].startswith(SHELLS) and (
        row.uid >= PEOPLE or row.password == "set" or bool(row.sudo)  # noqa: S105
    )


def _people(plan: Plan, host: Host, day: date) -> tuple[set[str], set[str]]:
    """Names of those that the plan gives an account there, and of those that may do everything."""
    if any(zone.id == host.zone and zone.sealed for zone in plan.zones):
        return set(), set()
    standins = {row.id for row in plan.networks if row.standin}
    subnet = next(row for row in plan.subnets if row.id == host.subnet)
    on_site = subnet.network in standins
    tenant = host.tenant if on_site else SHARED
    side = "customer" if on_site else "provider"

    known = [row for row in plan.people if row.tenant == tenant]
    if not on_site and host.tenant != SHARED:
        granted = [row for row in plan.entries if row.tenant == host.tenant]
        welcome = {name for row in granted if row.holds(day.isoformat()) for name in row.people}
        known = [row for row in known if row.id in welcome]

    def names(roles: tuple[str, ...]) -> set[str]:
        people = (row for row in known if set(row.roles) & {*roles})
        return {row.id.rpartition("/")[2] for row in people}

    return names(ENTITLED[side]), names(ALL_RIGHTS[side])


def _faults(row: Account, known: set[str], mighty: set[str]) -> Iterator[str]:
    if row.name not in {"root", OURS} | known:
        yield f"{row.name} has a shell, and the plan gives nobody of that name an account here"
    if row.password != "locked":  # noqa: S105
        yield f"{row.name} has a password ({row.password})"
    if EVERYTHING.search(row.sudo) and row.name not in {"root", OURS} | mighty:
        yield f"{row.name} may do everything by sudo, which none of its roles says"


def _steps(plan: Plan) -> tuple[Step, ...]:
    do = f"useradd --create-home --shell /bin/bash {INTRUDER}"
    undo = f"userdel --remove {INTRUDER} 2>/dev/null; ! id {INTRUDER} 2>/dev/null"
    return (OnHost(host=first(plan, "historian").id, do=do, undo=undo),)


def _flips(plan: Plan) -> frozenset[Finding]:
    return frozenset({(ID, first(plan, "historian").id)})


CONTROL = Control(
    id=ID,
    title="Accounts are people's, and their rights their role's",
    why="An account that nobody answers for is a way in that nobody misses.",
    owner="shared",
    remediation="Remove the account or its right on the host, or list the person in the blueprint; "
    "then configure the host again.",
    reads="hosts: accounts, whether each has a password (never the hash), sudo's own answer",
    meets=("SR 1.1", "SR 1.1 RE 1", "SR 1.3", "SR 1.4", "SR 2.1", "SR 2.1 RE 2"),
    supports=("SR 1.5", "SR 2.1 RE 1", "SR 2.12"),
    others=(
        *nist("AC-2", "AC-3", "AC-6", "IA-2", "IA-4"),
        *ot("6.2.1"),
        *iso("5.15", "5.16", "5.18", "8.2"),
        *soc("CC6.1", "CC6.2", "CC6.3"),
    ),
    observe=observe,
    sabotage=Sabotage(
        what=f"an account {INTRUDER} with a shell is made on the historian",
        steps=_steps,
        flips=_flips,
    ),
)
