"""Who asks for a name that nobody listed gets no way out, and the asking is logged; by asking."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts, Unknown
from bulkhead.controls.looking import first, judged, led_to, on_hosts, unseen
from bulkhead.controls.machine import Listed
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.network.intent import Intent
from bulkhead.network.ports import TCP
from bulkhead.plan import SHARED, Host, Plan

ID = "egress-allowlist"
EXPECTED = "the proxy refuses a name that nobody listed (403), and its log tells who asked"
LISTS = "the proxy's list is the plan's, without entries whose last day is over"
PORT = 3128
LIST = "/etc/bulkhead/proxy/allow.json"
WILDCARD = "*.web.invalid"


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each host that a conduit leads to a proxy, and for each proxy."""
    for host in facts.hosts:
        if proxy_of(facts.plan, host, facts.intended):
            yield _asked(facts, host)
    today = datetime.now(UTC).date().isoformat()
    proxies = [host for host in facts.hosts if host.role == "proxy"]
    yield from on_hosts(
        facts,
        LISTS,
        lambda machine: machine.listed,
        lambda host, found: _lists(found, _planned(facts, host), today),
        proxies,
    )


def _planned(facts: Facts, proxy: Host) -> set[tuple[str, str, str]]:
    """(name, tenant, last day) of what the proxy should list: of the tenants that it serves."""
    served = {row.tenant or SHARED for row in _served(facts.plan, proxy, facts.intended)}
    return {
        (row.value, row.tenant, row.expires)
        for row in facts.plan.allowances
        if row.kind == "egress" and row.tenant in served
    }


def _served(plan: Plan, proxy: Host, intended: Intent) -> Iterator[Host]:
    for host in plan.hosts:
        if intended.allowed(host.id, proxy.id, "private").contains(TCP, PORT):
            yield host


def _asked(facts: Facts, host: Host) -> Observation:
    found = facts.machine(host.id)
    said = found if isinstance(found, Unknown) else found.outward
    if isinstance(said, Unknown):
        return unseen(host.id, EXPECTED, said)
    logged = facts.arrived(label(host.id, "web"))
    faults = [] if said.web == "403" else [f"the proxy answers {said.web or 'nothing'}, not 403"]
    if logged is None:
        faults.append("the proxy's refusal did not arrive in the log store")
    if not faults and isinstance(logged, Unknown):
        return unseen(host.id, EXPECTED, logged)
    return judged(host.id, EXPECTED, faults, "refused with 403, and logged")


def _lists(found: Listed, planned: set[tuple[str, str, str]], today: str) -> tuple[list[str], str]:
    faults = [f"{row[0]} is listed, which nobody planned" for row in {*found.entries} - planned]
    faults += [f"{row[0]} is planned, and not listed" for row in planned - {*found.entries}]
    over = sorted({name for name, _, last in found.entries if last < today})
    held = {name for name, _, last in found.entries if last >= today}
    passed = {pattern(name) for name in over if name not in held} & set(found.passed)
    faults += [f"an entry that is over still passes: {row}" for row in sorted(passed)]
    seen = f"{len(found.entries)} entries as planned"
    return sorted(faults), seen + (f"; expired and stopped: {', '.join(over)}" if over else "")


def pattern(name: str) -> str:
    """How squid's list writes a name."""
    if not name.startswith("*."):
        return name
    return r"^.+\." + name.removeprefix("*.").replace(".", r"\.").replace("-", r"\-") + "$"


def proxy_of(plan: Plan, host: Host, intended: Intent) -> Host | None:
    """The proxy that a conduit leads the host to, if any."""
    return led_to(plan, host, intended, "proxy", (TCP, PORT))


def label(host: str, kind: str) -> str:
    """Under which a host's refusal by proxy (`web`) or resolver (`names`) is awaited."""
    return f"{host} {kind}"


def _broken(plan: Plan) -> tuple[str, Host]:
    """The tenant whose list is widened, and the proxy on which that is done."""
    from bulkhead.network.intent import intent

    asks = first(plan, "ingest")
    return asks.tenant, proxy_of(plan, asks, intent(plan)) or first(plan, "proxy")


def _steps(plan: Plan) -> tuple[Step, ...]:
    tenant, proxy = _broken(plan)
    row = {
        "id": "sabotage",
        "tenant": tenant,
        "value": WILDCARD,
        "owner": "x",
        "expires": "9999-12-31",
    }
    code = f"import json; p = '{LIST}'; d = json.load(open(p)); d['entries'].append({row!r}); "
    code += "json.dump(d, open(p, 'w'))"
    do = f"cp -n {LIST} {LIST}.kept && python3 -c {json.dumps(code)}"
    do += " && systemctl start bulkhead-proxy-lists.service"
    undo = f"if [ -e {LIST}.kept ]; then mv {LIST}.kept {LIST}; fi"
    undo += " && systemctl start bulkhead-proxy-lists.service"
    return (OnHost(host=proxy.id, do=do, undo=undo),)


def _flips(plan: Plan) -> frozenset[Finding]:
    from bulkhead.network.intent import intent

    intended, (tenant, proxy) = intent(plan), _broken(plan)
    hosts = [row for row in plan.hosts if row.tenant == tenant and proxy_of(plan, row, intended)]
    return frozenset({(ID, row.id) for row in (*hosts, proxy)})


CONTROL = Control(
    id=ID,
    title="Nothing leaves but to listed names",
    why="A way out that takes any name is the way that stolen data and commands take.",
    owner="provider",
    remediation="Configure the proxy again (role proxy); renew or remove entries that are over.",
    reads="hosts: the proxy's answer to a name that nobody listed, and its list; logs: the refusal",
    meets=(),
    supports=("SR 5.2", "SR 5.1", "SR 6.1", "SR 4.1"),
    others=(*nist("SC-7(5)", "SC-7(8)", "AC-4"), *ot("6.2.1"), *iso("8.20", "8.23"), *soc("CC6.6")),
    observe=observe,
    sabotage=Sabotage(
        what="a wildcard is added to a tenant's names on the proxy", steps=_steps, flips=_flips
    ),
)
