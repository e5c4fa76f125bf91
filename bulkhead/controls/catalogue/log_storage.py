"""Logs lie where nobody can change or end them early: every attempt to is made, and refused."""

from collections.abc import Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts, Unknown
from bulkhead.controls.looking import first, judged, unseen
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.controls.stored import Held, LogStore
from bulkhead.plan import Plan, logs

ID = "log-storage"
EXPECTED = "every attempt of the WORM probe ends as S3 documents it, on every bucket"
ON_HOST = "PYTHONPATH=/opt/bulkhead/lib python3 -BsP"
FILE = "/etc/bulkhead/objectstore.toml"


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each store, and one for each tenant's retention."""
    found = facts.log_store()
    stores = [host.id for host in facts.hosts if host.role == "logstore"] or [facts.plan.estate]
    if isinstance(found, Unknown):
        yield unseen(stores[0], EXPECTED, found)
        for tenant in facts.plan.tenants:
            yield unseen(tenant.id, _wanted(tenant.retention), found)
        return
    yield _store(stores[0], facts.plan, found)
    for tenant in facts.plan.tenants:
        yield _retention(tenant.id, tenant.retention, facts.plan, found)


def _store(subject: str, plan: Plan, found: LogStore) -> Observation:
    there = {row.bucket.name: row for row in found.buckets}
    missing = [name for name in logs.buckets(plan) if name not in there]
    faults = [f"{name} is not there" for name in missing]
    unsaid = []
    for row in found.buckets:
        for one in row.outcomes:
            words = f"{row.bucket.name}: {one.name}: {one.result} ({one.answer})"
            if one.result == "not observed":
                unsaid.append(words)
            elif not one.held:
                faults.append(words)
    if unsaid and not faults:
        return unseen(subject, EXPECTED, Unknown("; ".join(unsaid[:3])))
    return judged(subject, EXPECTED, [*faults, *unsaid], told(found))


def told(found: LogStore) -> str:
    """Every attempt and what came of it, for the record; once where all buckets agree."""
    rows: dict[str, list[str]] = {}
    for row in found.buckets:
        words = ", ".join(f"{one.name}: {one.result}" for one in row.outcomes)
        rows.setdefault(words, []).append(row.bucket.name)
    return "; ".join(f"{', '.join(names)}: {words}" for words, names in rows.items())


def _wanted(days: int) -> str:
    return f"its logs are kept for {days} days by default, in COMPLIANCE mode"


def _retention(subject: str, days: int, plan: Plan, found: LogStore) -> Observation:
    name = logs.bucket(plan, days)
    row = next((each for each in found.buckets if each.bucket.name == name), None)
    if row is None:
        return judged(subject, _wanted(days), [f"{name} is not there"], "")
    if row.bucket.answer:
        return unseen(subject, _wanted(days), Unknown(f"{name}: {row.bucket.answer}"))
    return judged(subject, _wanted(days), _faults(row, days), f"{name}: {row.bucket.days} days")


def _faults(row: Held, days: int) -> Iterator[str]:
    name, there = row.bucket.name, row.bucket
    if there.mode != "COMPLIANCE":
        yield f"{name} keeps in {there.mode or 'no'} mode"
    if there.days < days:
        yield f"{name} keeps for {there.days} days"
    if not there.versioned:
        yield f"{name} keeps no versions"


def _broken(plan: Plan) -> str:
    """The tenant whose bucket is loosened: the last one with a retention of its own, if any."""
    return plan.tenants[-1].id


def _steps(plan: Plan) -> tuple[Step, ...]:
    days = next(row.retention for row in plan.tenants if row.id == _broken(plan))
    code = (
        "from pathlib import Path; from bulkhead.services.objectstore import config, settle; "
        f'c = config.load(Path(\\"{FILE}\\")); s = config.opened(c); '
        f'r = next(b for b in c.buckets if b.name == \\"{logs.bucket(plan, days)}\\"); '
        'a = settle.keep(s, r, \\"GOVERNANCE\\"); raise SystemExit(not a.ok)'
    )
    return (
        OnHost(
            host=first(plan, "logstore").id,
            do=f'{ON_HOST} -c "{code}"',
            undo=f"{ON_HOST} -m bulkhead.services.objectstore settle {FILE}",
        ),
    )


def _flips(plan: Plan) -> frozenset[Finding]:
    days = next(row.retention for row in plan.tenants if row.id == _broken(plan))
    tenants = [row.id for row in plan.tenants if row.retention == days]
    return frozenset({(ID, first(plan, "logstore").id), *((ID, row) for row in tenants)})


CONTROL = Control(
    id=ID,
    title="Logs cannot be changed or ended early, whoever asks",
    why="Whoever takes over the platform comes for its logs next, with the store's credentials.",
    owner="provider",
    remediation="Trust nothing that lies there; `settle` on the store's host sets its buckets. "
    "A store that allows an attempt is to be replaced by one that refuses it.",
    reads="the store: every attempt of the WORM probe with its admin credentials, on objects of "
    "the probe's own (in an account: with the caller's), and its buckets' configuration",
    meets=(),
    supports=("SR 3.9", "SR 2.9", "SR 6.1"),
    others=(
        *nist("AU-9", "AU-9(1)", "AU-11", "AU-4"),
        *ot("6.3.1"),
        *iso("8.15", "5.28"),
        *soc("CC7.2", "CC7.3"),
    ),
    observe=observe,
    sabotage=Sabotage(
        what="the default retention of one bucket is put into GOVERNANCE mode, which its "
        "administrator may pass by",
        steps=_steps,
        flips=_flips,
    ),
)
