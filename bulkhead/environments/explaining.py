"""`explain` in each environment: where network, filters, sidecars and names are read."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulkhead.environments.hostwords import absent, let_in, names_of, sidecar_of
from bulkhead.environments.unknown import unknown_host
from bulkhead.errors import BulkheadError, Problem, WrongInput
from bulkhead.network.deployed import Deployed, Flow
from bulkhead.network.explain import Asked, Explained, Sources, Word, explain
from bulkhead.network.filters import Filters, Unread
from bulkhead.network.intent import intent
from bulkhead.network.mesh import Inbound, Sidecar
from bulkhead.network.reach import reach
from bulkhead.plan import Plan
from bulkhead.plan.tables import INTERNET
from bulkhead.wire.certificates import dotted

if TYPE_CHECKING:
    from infra.inventory.addresses import Book
    from infra.inventory.roles import Roles

    Configured = tuple[Roles, Book]

DECLARED = "what the program declares"


def explained(
    sources: Sources, source: str, target: str, protocol: str, port: int
) -> tuple[Explained, ...]:
    """Every layer's word, by each address at which the target could be asked: private, public.

    protocol: tcp, udp or icmp. WrongInput for a host that is not deployed, or the same twice.
    """
    for name in (source, target):
        if name not in sources.reach.hosts:
            hosts = sources.reach.hosts
            raise unknown_host(name, "no such host is deployed", hosts, hosts)
    paths = sources.reach.paths(source, target)
    if not paths:
        raise WrongInput(Problem(target, f"{source} has no address by which to ask it"))
    flows = (Flow(source, target, path, protocol, port) for path in paths)  # type: ignore[arg-type]
    return tuple(explain(sources, flow) for flow in flows)


def in_sim(plan: Plan) -> Sources:
    """As the program declares it, and hosts as they would be configured."""
    from bulkhead.environments import sim

    deployed = sim.deployed(plan)
    filters = sim.filters(plan, deployed)
    told = configured(plan, deployed)
    mesh, names = declared_mesh(plan, told), declared_names(plan, told)
    return Sources(reach(deployed, filters), mesh, names, DECLARED, DECLARED)


@contextmanager
def in_lab(state: Path) -> Iterator[Sources]:
    """As the lab's API and its hosts say. Bare hosts run neither a sidecar nor a resolver."""
    from bulkhead.environments.filters import over_ssh
    from bulkhead.environments.lab import Lab

    lab = Lab(state)
    standing = lab.standing()
    deployed = standing.deployed()
    if lab.kind != "machines":
        filters = standing.filters(_nobody, deployed)
        yield Sources(reach(deployed, filters), _bare, _bare)
        return
    with lab.entry().shells() as shells:

        def ask(host: str, program: str) -> str:
            ran = shells.run(host, ("sudo", "-n", "python3", "-c", program))
            if ran.code != 0:
                raise BulkheadError(Problem(host, ran.err.strip()[-300:] or f"code {ran.code}"))
            return ran.out

        filters = standing.filters(over_ssh(shells.run), deployed)
        where = {row.host: row.address for row in deployed.interfaces}
        places = {row.host: (row.address, row.public) for row in deployed.interfaces}
        yield Sources(reach(deployed, filters), sidecar_of(ask, places), names_of(ask, where))


def in_aws(plan: Plan) -> Sources:
    """As the accounts' APIs say; hosts are not asked, so their layers are not observed."""
    from bulkhead.environments import aws

    deployed = aws.deployed(plan)
    unread = Unread("hosts are not asked in an account")
    filters: Filters = {row.host: unread for row in deployed.interfaces}
    word = Word("not observed", (unread.because,), "")
    return Sources(reach(deployed, filters), lambda _: word, lambda _: word)


def configured(plan: Plan, deployed: Deployed) -> "Configured":
    """What hosts' roles are told, and where each host is."""
    from infra.inventory.addresses import book
    from infra.inventory.roles import Roles

    places = book(plan, deployed)
    return Roles(plan, intent(plan), places, steers_clock=False), places


def declared_names(plan: Plan, told: "Configured") -> Asked:
    """What resolvers would answer, out of the lists that the role `proxy` is told."""
    roles, _ = told
    hosts = {host.id: host for host in plan.hosts}
    proxies = [roles.of(host) for host in plan.hosts if host.role == "proxy"]
    lists = {row["name"]: row["targets"] for told in proxies for row in told["proxy_clients"]}

    def asked(flow: Flow) -> Word:
        if INTERNET in (flow.source, flow.target):
            return Word("does not apply", ("the internet has no name here",), "")
        source = hosts.get(flow.source)
        if source is None or not roles.of(source)["baseline_resolvers"]:
            words = f"{flow.source} has no resolver: it knows others by address alone"
            return Word("does not apply", (words,), DECLARED)
        name = dotted(flow.target)
        address = lists.get(dotted(flow.source), {}).get(name)
        if address is None:
            words = f"no conduit leads {flow.source} to {flow.target}, so its list lacks {name}"
            return Word("stops", (words,), DECLARED)
        words = f"the list of {flow.source} has {name} at {address}"
        return Word("lets through", (words,), DECLARED)

    return asked


def declared_mesh(plan: Plan, told: "Configured") -> Asked:
    """What sidecars would do, out of the identities that the role `sidecar` is told."""
    from infra.inventory.mesh import identity

    roles, places = told
    hosts = {host.id: host for host in plan.hosts}

    def asked(flow: Flow) -> Word:
        target, source = hosts.get(flow.target), hosts.get(flow.source)
        rows = roles.of(target).get("sidecar_inbound", ()) if target else ()
        row = next((one for one in rows if one["port"] == flow.port), None)
        if row is None or flow.protocol != "tcp":
            return Word("does not apply", (f"not present: {absent(flow)}",), DECLARED)
        way = Sidecar({flow.port: _declared(row)})
        known = identity(plan, source) if source is not None and source.sidecar else None
        place = places.get(flow.source)
        came = (place.public if flow.path == "public" else place.address) if place else ""
        return let_in(way, known, flow.port, came or "", DECLARED)

    return asked


def _declared(row: Mapping[str, Any]) -> Inbound:
    """One port of a sidecar as the role would configure it."""
    return Inbound(
        port=row["port"],
        address="",
        asked=True,
        verified=True,
        listed=frozenset(row["allowed"]),
        denied=frozenset(),
        devices=tuple(row["devices"]),
    )


def _bare(_flow: Flow) -> Word:
    return Word("does not apply", ("not present: bare hosts run nothing",), "")


def _nobody(host: str, _command: object) -> str:
    raise OSError(f"{host} is no machine")
