"""The world of `sim`: the program's network, hosts' own filters, services as models."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bulkhead.drill.actions import Action, Publish, Query
from bulkhead.drill.outcomes import Done, NotObserved, Outcome, Refused
from bulkhead.environments.actions.asking import LAYERS, SERVICE_LAYERS, flow_of
from bulkhead.environments.actions.sim_services import Stop, broker_stops, historian_stops
from bulkhead.network import reach
from bulkhead.network.deployed import Deployed, Flow
from bulkhead.network.filters import PREFIXES, FilterChain, FilterRule, Filters, HostFilter
from bulkhead.network.lifting import MARK, AddHostRule, Change, lift, with_changes
from bulkhead.network.ports import NUMBERS, Ports
from bulkhead.plan import Host, Plan

ROWS = "row-security"
NO_ROWS = NotObserved(reason="no row of that tenant is there to be seen")


@dataclass(slots=True)
class World:
    """What stands in the simulation now.

    services: whether hosts run theirs. planted: (historian, tenant) that hold a marked row.
    lifted: what is open, by attempt and layer; the changes are those of the network.
    """

    plan: Plan
    deployed: Deployed
    filters: Filters
    services: bool = True
    planted: set[tuple[str, str]] = field(default_factory=set)
    lifted: dict[tuple[Action, str], tuple[Change, ...]] = field(default_factory=dict)
    _computed: reach.Reach | None = None

    def attempt(self, action: Action) -> Outcome:
        """What becomes of an attempt on another host: the network, then the service."""
        flow = flow_of(action)
        if flow is None:
            return NotObserved(reason=f"{action} is no attempt on another host")
        met = self.met(flow)
        if not isinstance(met, Done) or not isinstance(action, Publish | Query):
            return met
        for layer, reason in self._service(action):
            if layer == ROWS and not self._planted(action):
                return NO_ROWS
            if (action, layer) not in self.lifted:
                return Refused(layer=layer, reason=reason)
        return Done() if self._planted(action) else NO_ROWS

    def lift(self, attempt: Action, layer: str) -> Outcome:
        """Open one layer for one attempt."""
        if SERVICE_LAYERS.get(layer) is type(attempt):
            return self._lifted(attempt, layer, ())
        flow = flow_of(attempt)
        if flow is None or layer not in LAYERS:
            return Refused(layer="lift", reason=f"nothing opens {layer} alone")
        changes = lift(self.deployed, flow, LAYERS[layer])
        if isinstance(changes, str):
            return Refused(layer="lift", reason=changes)
        return self._lifted(attempt, layer, changes)

    def put_back(self, attempt: Action, layer: str) -> Outcome:
        """Close it again; harmless where it is not open."""
        self.lifted.pop((attempt, layer), None)
        self._computed = None
        return Done()

    def _lifted(self, attempt: Action, layer: str, changes: tuple[Change, ...]) -> Outcome:
        self.lifted[attempt, layer] = changes
        self._computed = None
        return Done()

    def met(self, flow: Flow) -> Outcome:
        """What the network and hosts' own filters make of a flow."""
        if flow.path == "public" and flow.target in self._unknown_outside():
            return Refused(layer="route", reason=f"{flow.target} has no public address")
        verdict = self._reach().explain(flow)
        because = "; ".join(verdict.because)
        if verdict.outcome == "answered":
            return Done()
        if verdict.outcome == "not observed" or verdict.layer is None:
            return NotObserved(reason=because)
        return Refused(layer=verdict.layer, reason=because)

    def _service(self, action: Publish | Query) -> list[Stop]:
        source = self._host(action.source)
        if isinstance(action, Publish):
            return broker_stops(source, self._host(action.broker), action.topic)
        return historian_stops(source, self._host(action.historian), action.tenant)

    def _planted(self, action: Publish | Query) -> bool:
        """Whether a query has anything to see; a message needs nothing."""
        return isinstance(action, Publish) or (action.historian, action.tenant) in self.planted

    def _unknown_outside(self) -> set[str]:
        return {row.host for row in self.deployed.interfaces if row.public is None}

    def _host(self, name: str) -> Host:
        return next(host for host in self.plan.hosts if host.id == name)

    def _reach(self) -> reach.Reach:
        if self._computed is None:
            changes = tuple(change for found in self.lifted.values() for change in found)
            deployed = with_changes(self.deployed, changes)
            self._computed = reach.reach(deployed, _opened(self.filters, changes))
        return self._computed


def _opened(filters: Filters, changes: tuple[Change, ...]) -> Filters:
    """Hosts' own filters with what was opened in them."""
    found = dict(filters)
    for change in changes:
        known = found.get(change.host) if isinstance(change, AddHostRule) else None
        if isinstance(change, AddHostRule) and isinstance(known, HostFilter):
            found[change.host] = HostFilter(tuple(_with_accept(known, change)))
    return found


def _with_accept(filters: HostFilter, change: AddHostRule) -> Iterator[FilterChain]:
    accept = FilterRule(
        verdict="accept",
        services=Ports.of(NUMBERS[change.protocol], change.port, change.port),
        peers=(f"{change.peer}/32",),
        comment=MARK,
    )
    for chain in filters.chains:
        here = PREFIXES[chain.hook] == change.layer
        yield replace(chain, rules=(accept, *chain.rules)) if here else chain
