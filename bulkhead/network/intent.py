"""The flows that a plan intends: everything that no conduit declares is refused."""

from collections import defaultdict
from dataclasses import dataclass

from bulkhead.network.deployed import Flow, Outcome
from bulkhead.network.ports import NOTHING, NUMBERS, Ports, point_of
from bulkhead.plan.ends import ends
from bulkhead.plan.tables import INTERNET, Conduit, Path, Plan, Service

_Way = tuple[str, str, Path]


@dataclass(frozen=True, slots=True)
class Intent:
    """What should be possible between hosts; `hosts` is sorted and includes INTERNET.

    group_of, stack_of: the group of each host, and the stack that owns it. conduits: those from
    one group to another by one path. services: what those allow, answers included. public: the
    hosts that should have an address outside. diodes: whether any conduit is one-way.
    """

    hosts: tuple[str, ...]
    group_of: dict[str, str]
    stack_of: dict[str, str]
    public: frozenset[str]
    conduits: dict[_Way, tuple[Conduit, ...]]
    services: dict[_Way, Ports]
    diodes: bool = False

    def paths(self, source: str, target: str) -> tuple[Path, ...]:
        """The addresses by which `source` could ask `target`, were everything open."""
        private = INTERNET not in (source, target)
        public = target in self.public and source != target
        return ("private",) * private + ("public",) * public  # type: ignore[return-value]

    def allowed(self, source: str, target: str, path: Path) -> Ports:
        """Exactly the services that `target` should answer to `source`; nothing if unknown."""
        way = self._way(source, target, path)
        if way and path == "public":
            return Ports.union(
                services(item.service)
                for item in self.declared(source, target, path)
                if not item.oneway
            )
        return self.services.get(way, NOTHING) if way else NOTHING

    def delivered(self, source: str, target: str, path: Path) -> Ports:
        """Exactly the services whose requests should arrive: answered ones, and one-way ones."""
        return self.allowed(source, target, path) | self.oneway(source, target, path)

    def oneway(self, source: str, target: str, path: Path) -> Ports:
        """The services that should arrive and never be answered, as over a diode."""
        declared = self.declared(source, target, path) if self.diodes else ()
        found = Ports.union(services(item.service) for item in declared if item.oneway)
        return found - self.allowed(source, target, path) if found else NOTHING

    def outcome(self, flow: Flow) -> Outcome:
        """What should become of one flow."""
        pair, point = (flow.source, flow.target, flow.path), point_of(flow)
        if self.allowed(*pair).contains(*point):
            return "answered"
        return "one-way" if self.oneway(*pair).contains(*point) else "refused"

    def why(self, flow: Flow) -> tuple[str, ...]:
        """Ids of the conduits that declare this flow, none if it should be refused."""
        point = point_of(flow)
        found = self.declared(flow.source, flow.target, flow.path)
        return tuple(item.id for item in found if services(item.service).contains(*point))

    def declared(self, source: str, target: str, path: Path) -> tuple[Conduit, ...]:
        """The conduits from the one host to the other by this path.

        A public conduit names hosts by address, and a stack knows its own addresses alone: in a
        group that several tenants share, it joins the hosts of its own stack.
        """
        way = self._way(source, target, path)
        found = self.conduits.get(way, ()) if way else ()
        if path == "private":
            return found
        stacks = {self.stack_of[host] for host in (source, target) if host != INTERNET}
        return tuple(item for item in found if stacks <= {item.stack})

    def _way(self, source: str, target: str, path: Path) -> _Way | None:
        ends = {source, target}
        if source == target or not ends <= self.group_of.keys():
            return None
        if path == "public" and not ends <= self.public:
            return None
        return (
            None if path == "private" and INTERNET in ends else self._groups(source, target, path)
        )

    def _groups(self, source: str, target: str, path: Path) -> _Way:
        return (self.group_of[source], self.group_of[target], path)


def services(service: Service) -> Ports:
    """A plan's service as a set; `any` is all protocols, `icmp` spans type * 256 + code."""
    if service.protocol == "other":
        return Ports.union(Ports.of(one) for one in range(service.first, service.last + 1))
    return Ports.of(NUMBERS[service.protocol], service.first, service.last)


def intent(plan: Plan, *, standins: bool = True) -> Intent:
    """The intended flows of a plan; without `standins`, of what an account holds (aws)."""
    left_out = {item.id for item in plan.networks if item.standin and not standins}
    subnets = {item.id for item in plan.subnets if item.network not in left_out}
    hosts = [host for host in ends(plan) if host.subnet in subnets]
    group_of = {host.id: host.group for host in hosts} | {INTERNET: INTERNET}
    conduits = _by_way(plan.conduits)
    return Intent(
        hosts=tuple(sorted(group_of)),
        group_of=group_of,
        stack_of={host.id: host.stack for host in hosts},
        public=frozenset(host.id for host in hosts if host.public) | {INTERNET},
        conduits=conduits,
        services={
            way: Ports.union(services(item.service) for item in items if not item.oneway)
            for way, items in conduits.items()
        },
        diodes=any(item.oneway for item in plan.conduits),
    )


def _by_way(conduits: tuple[Conduit, ...]) -> dict[_Way, tuple[Conduit, ...]]:
    found: defaultdict[_Way, list[Conduit]] = defaultdict(list)
    for item in conduits:
        for source in item.sources:
            for target in item.targets:
                found[source, target, item.path].append(item)
    return {way: tuple(items) for way, items in found.items()}
