"""What security groups admit: a union of allows over all the groups of an interface."""

from dataclasses import dataclass, field
from typing import NamedTuple

from bulkhead.network.deployed import Group, GroupRule, Interface
from bulkhead.network.lookup import Lookup, holds, label
from bulkhead.network.ports import Ports, Span


class Admitted(NamedTuple):
    """What an interface's groups admit for one peer, and by which rules."""

    passes: Ports
    rules: tuple[tuple[Group, GroupRule, Ports], ...]


@dataclass(frozen=True, slots=True)
class Groups:
    """Answers about one deployment's security groups; what was answered once is remembered."""

    lookup: Lookup
    _admitted: dict[tuple[tuple[str, ...], bool, str, bool], Admitted] = field(default_factory=dict)

    def passes(self, end: Interface, egress: bool, peer: str, private: bool) -> Ports:
        """The services admitted to (egress) or from (ingress) a peer's address.

        private: whether the packet bears private addresses; references to groups stand for
        the private addresses of their members, so they match nothing on the public path.
        """
        return self._admit(end, egress, peer, private).passes

    def why(
        self, end: Interface, egress: bool, peer: str, private: bool, query: Ports
    ) -> tuple[str, ...]:
        """A sentence for each rule that admits some of the queried services, or that none does."""
        rules = self._admit(end, egress, peer, private).rules
        said = [self._said(group, rule) for group, rule, ports in rules if ports & query]
        return tuple(said) or (self._none(end, egress, peer, query),)

    def _admit(self, end: Interface, egress: bool, peer: str, private: bool) -> Admitted:
        key = (end.groups, egress, peer, private)
        if key not in self._admitted:
            rules = tuple(
                (group, rule, Ports.of(rule.protocol, rule.first, rule.last))
                for group in map(self.lookup.groups.get, end.groups)
                if group is not None
                for rule in group.rules
                if rule.egress == egress and self._matches(group, rule, peer, private)
            )
            self._admitted[key] = Admitted(Ports.union(ports for *_, ports in rules), rules)
        return self._admitted[key]

    def _matches(self, group: Group, rule: GroupRule, peer: str, private: bool) -> bool:
        if rule.cidr is not None:
            return holds(rule.cidr, peer)
        if rule.group is None or not private:
            return False
        known = self._in_sight(group.vpc, rule.group)
        return known and peer in self.lookup.members.get(rule.group, ())

    def _in_sight(self, vpc: str, reference: str) -> bool:
        """A reference works within the VPC, and across an active peering."""
        other = self.lookup.groups.get(reference)
        return other is not None and (
            other.vpc == vpc or other.vpc in self.lookup.peers.get(vpc, frozenset())
        )

    def _said(self, group: Group, rule: GroupRule) -> str:
        verb, towards = ("lets out", "to") if rule.egress else ("admits", "from")
        other = self.lookup.groups.get(rule.group or "")
        peer = label(other) if other else rule.cidr or rule.group
        span = Span(rule.protocol, rule.first, rule.last)
        return f"{label(group)} rule {rule.id} {verb} {span} {towards} {peer}"

    def _none(self, end: Interface, egress: bool, peer: str, query: Ports) -> str:
        way, verb, towards = (
            ("egress", "lets out", "to") if egress else ("ingress", "admits", "from")
        )
        groups = [self.lookup.groups.get(group) for group in end.groups]
        names = " or ".join(label(group) for group in groups if group) or f"{end.host} (no group)"
        return f"no {way} rule of {names} {verb} {query} {towards} {peer}"
