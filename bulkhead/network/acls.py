"""What network ACLs let pass: stateless, numbered, the first entry that matches decides."""

from dataclasses import dataclass, field
from typing import NamedTuple

from bulkhead.network.deployed import Acl, AclEntry
from bulkhead.network.lookup import Lookup, holds, label
from bulkhead.network.ports import EVERYTHING, NOTHING, Ports, Span


class Decided(NamedTuple):
    """What an ACL lets pass for one address, and which entry decides which services."""

    passes: Ports
    entries: tuple[tuple[AclEntry, Ports], ...]


@dataclass(frozen=True, slots=True)
class Acls:
    """Answers about one deployment's network ACLs; what was answered once is remembered."""

    lookup: Lookup
    _decided: dict[tuple[str, bool, str], Decided] = field(default_factory=dict)

    def passes(self, acl: str, egress: bool, address: str) -> Ports:
        """The services that pass to (egress) or from (ingress) an address."""
        return self._decide(acl, egress, address).passes

    def why(self, acl: str, egress: bool, address: str, query: Ports) -> tuple[str, ...]:
        """A sentence for each entry that decides about some of the queried services."""
        found = self.lookup.acls.get(acl)
        if found is None:
            return (f"there is no network ACL {acl}",)
        entries = self._decide(acl, egress, address).entries
        said = [_said(found, entry) for entry, ports in entries if ports & query]
        if query - Ports.union(ports for _, ports in entries):
            towards = "to" if egress else "from"
            said.append(f"no entry of {label(found)} matches {query} {towards} {address}")
        return tuple(said)

    def _decide(self, acl: str, egress: bool, address: str) -> Decided:
        key = (acl, egress, address)
        if key not in self._decided:
            found = self.lookup.acls.get(acl)
            self._decided[key] = (
                decide(found.entries, egress, address) if found else Decided(NOTHING, ())
            )
        return self._decided[key]


def decide(entries: tuple[AclEntry, ...], egress: bool, address: str) -> Decided:
    """Evaluate entries in number order: each decides what no lower number decided."""
    left, passes, decided = EVERYTHING, NOTHING, []
    for entry in sorted(entries, key=lambda item: item.number):
        if entry.egress != egress or not holds(entry.cidr, address):
            continue
        ports = Ports.of(entry.protocol, entry.first, entry.last) & left
        left -= ports
        decided.append((entry, ports))
        passes = passes | ports if entry.allow else passes
    return Decided(passes, tuple(decided))


def _said(acl: Acl, entry: AclEntry) -> str:
    verb = "allows" if entry.allow else "denies"
    span = Span(entry.protocol, entry.first, entry.last)
    towards = "to" if entry.egress else "from"
    return f"{label(acl)} entry {entry.number} {verb} {span} {towards} {entry.cidr}"
