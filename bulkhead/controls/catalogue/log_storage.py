"""Logs lie where nobody can change or end them early: every attempt to is made, and refused."""

from collections.abc import Iterable, Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts, Unknown
from bulkhead.controls.looking import first, judged, unseen
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.controls.stored import Held, LogStore
from bulkhead.plan import SHARED, Host, Plan, Tenant, logs

ID = "log-storage"
EXPECTED = "every attempt of the WORM probe ends as S3 documents it, on every bucket"
ON_HOST = "PYTHONPATH=/opt/bulkhead/lib python3 -BsP"
FILE = "/etc/bulkhead/objectstore.toml"
NOWHERE = Unknown("the estate has no host that stores logs", absent=True)


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each store, and one for each tenant's retention."""
    plan = facts.plan
    found = {host: facts.log_store(host.id) for host in facts.hosts if host.role == "logstore"}
    for host, store in found.items():
        if isinstance(store, Unknown):
            yield unseen(host.id, EXPECTED, store)
        else:
            yield _store(host.id, logs.buckets(plan, logs.stored(plan, host)), store)
    for tenant in plan.tenants:
        stores = [row for host, row in found.items() if host.tenant == tenant.id]
        stores += [row for host, row in found.items() if host.tenant == SHARED]
        yield _retention(tenant, plan, stores[0] if stores else NOWHERE)


def _store(subject: str, wanted: Iterable[str], found: LogStore) -> Observation:
    there = {row.bucket.name: row for row in found.buckets}
    faults = [f"{name} is not there" for name in wanted if name not in there]
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


def _retention(tenant: Tenant, plan: Plan, store: LogStore | Unknown) -> Observation:
    wanted, name = _wanted(tenant.retention), logs.bucket(plan, tenant.retention)
    if isinstance(store, Unknown):
        return unseen(tenant.id, wanted, store)
    row = next((each for each in store.buckets if each.bucket.name == name), None)
    if row is None:
        return judged(tenant.id, wanted, [f"{name} is not there"], "")
    if row.bucket.answer:
        return unseen(tenant.id, wanted, Unknown(f"{name}: {row.bucket.answer}"))
    faults = _faults(row, tenant.retention)
    return judged(tenant.id, wanted, faults, f"{name}: {row.bucket.days} days")


def _faults(row: Held, days: int) -> Iterator[str]:
    name, there = row.bucket.name, row.bucket
    if there.mode != "COMPLIANCE":
        yield f"{name} keeps in {there.mode or 'no'} mode"
    if there.days < days:
        yield f"{name} keeps for {there.days} days"
    if not there.versioned:
        yield f"{name} keeps no versions"


def _broken(plan: Plan) -> tuple[Host, int]:
    """The store that is loosened, and the days of its bucket."""
    host = first(plan, "logstore")
    return host, max(logs.buckets(plan, logs.stored(plan, host)).values())


def _steps(plan: Plan) -> tuple[Step, ...]:
    host, days = _broken(plan)
    code = (
        "from pathlib import Path; from bulkhead.services.objectstore import config, settle; "
        f'c = config.load(Path(\\"{FILE}\\")); s = config.opened(c); '
        f'r = next(b for b in c.buckets if b.name == \\"{logs.bucket(plan, days)}\\"); '
        'a = settle.keep(s, r, \\"GOVERNANCE\\"); raise SystemExit(not a.ok)'
    )
    do = f'{ON_HOST} -c "{code}"'
    undo = f"{ON_HOST} -m bulkhead.services.objectstore settle {FILE}"
    return (OnHost(host=host.id, do=do, undo=undo),)


def _flips(plan: Plan) -> frozenset[Finding]:
    host, days = _broken(plan)
    own = {row.tenant for row in plan.hosts if row.role == "logstore"}
    here = [host.tenant] if host.tenant != SHARED else logs.stored(plan, host)
    tenants = [row.id for row in plan.tenants if row.retention == days and row.id in here]
    elsewhere = own - {host.tenant}
    return frozenset({(ID, host.id), *((ID, row) for row in tenants if row not in elsewhere)})


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
