"""A sabotage's steps done and undone: in a lab through its API and its hosts, in sim on the facts.

What is made bears MARK, or is known by its exact place and content, so that it can be taken back by
anybody who knows the step: also by the next run, after a kill -9. Undoing twice does no harm.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bulkhead.controls.steps import AcceptOnHost, OnHost, OpenAcl, OpenGroup, Step, StrayRoute
from bulkhead.errors import BulkheadError, MissingHere, Problem
from bulkhead.network.deployed import ALL, AclEntry, Deployed, GroupRule, Route
from bulkhead.network.filters import FilterRule, Filters, HostFilter
from bulkhead.network.ports import TCP, Ports

MARK = "bulkhead-sabotage"
FIRST = 1
"""The number of an ACL's entry before all others; the program's own begin higher."""
EVERYWHERE = "0.0.0.0/0"
CHAIN = "inet bulkhead input"
HANDLES = f"nft -a list chain {CHAIN} | awk '/{MARK}/ {{print $NF}}'"
PATIENCE = 60.0
"""Seconds that a step has on a host."""


@dataclass(frozen=True, slots=True)
class Breaking:
    """Breaks and mends a lab. clients: EC2 by account. shells: sessions on its hosts."""

    clients: Mapping[str, Any]
    found: Deployed
    shells: Any

    def break_(self, steps: Iterable[Step]) -> None:
        """Do all steps, in order. BulkheadError where one does not work."""
        for step in steps:
            self._do(step)

    def mend(self, steps: Iterable[Step]) -> None:
        """Take all steps back, the last first; BulkheadError, after all were tried."""
        problems: list[Problem] = []
        for step in reversed(tuple(steps)):
            try:
                self._undo(step)
            except BulkheadError as error:
                problems += error.problems
        if problems:
            raise BulkheadError(*problems)

    def _do(self, step: Step) -> None:
        match step:
            case OpenGroup():
                client, group = self._of(self.found.groups, step.group)
                entry = {"CidrIp": step.cidr, "Description": MARK}
                rule = {"IpProtocol": "tcp", "FromPort": step.port, "ToPort": step.port}
                client.authorize_security_group_ingress(
                    GroupId=group, IpPermissions=[rule | {"IpRanges": [entry]}]
                )
            case OpenAcl():
                client, acl = self._of(self.found.acls, step.acl)
                client.create_network_acl_entry(
                    NetworkAclId=acl,
                    RuleNumber=FIRST,
                    Egress=False,
                    Protocol="-1",
                    RuleAction="allow",
                    CidrBlock=EVERYWHERE,
                )
            case StrayRoute():
                client, table = self._of(self.found.route_tables, step.table)
                _, peering = self._of(self.found.peerings, step.peering)
                client.create_route(
                    RouteTableId=table,
                    DestinationCidrBlock=step.cidr,
                    VpcPeeringConnectionId=peering,
                )
            case AcceptOnHost():
                text = f"tcp dport {step.port} accept comment '\"{MARK}\"'"
                self._sh(step.host, f"nft add rule {CHAIN} {text}")
            case OnHost():
                self._sh(step.host, step.do)

    def _undo(self, step: Step) -> None:
        match step:
            case OpenGroup():
                self._revoke(step)
            case OpenAcl():
                client, acl = self._of(self.found.acls, step.acl)
                [there] = client.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"]
                if any(_ours(row) for row in there["Entries"]):
                    client.delete_network_acl_entry(
                        NetworkAclId=acl, RuleNumber=FIRST, Egress=False
                    )
            case StrayRoute():
                client, table = self._of(self.found.route_tables, step.table)
                [there] = client.describe_route_tables(RouteTableIds=[table])["RouteTables"]
                if any(row.get("DestinationCidrBlock") == step.cidr for row in there["Routes"]):
                    client.delete_route(RouteTableId=table, DestinationCidrBlock=step.cidr)
            case AcceptOnHost():
                delete = f"nft delete rule {CHAIN} handle $handle"
                self._sh(step.host, f"for handle in $({HANDLES}); do {delete}; done")
            case OnHost():
                self._sh(step.host, step.undo)

    def _revoke(self, step: OpenGroup) -> None:
        client, group = self._of(self.found.groups, step.group)
        wanted = [{"Name": "group-id", "Values": [group]}]
        rows = client.describe_security_group_rules(Filters=wanted)["SecurityGroupRules"]
        ids = [row["SecurityGroupRuleId"] for row in rows if row.get("Description") == MARK]
        if ids:
            client.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=ids)

    def _of(self, rows: Iterable[Any], name: str) -> tuple[Any, str]:
        """The client of the account in which a thing of that name is, and the thing's id."""
        row = _named(rows, name)
        accounts = {vpc.id: vpc.account for vpc in self.found.vpcs}
        return self.clients[accounts[getattr(row, "vpc", getattr(row, "requester", ""))]], row.id

    def _sh(self, host: str, text: str) -> None:
        ran = self.shells.run(host, ("sudo", "-n", "sh", "-c", text), PATIENCE)
        if ran.code != 0:
            said = ran.err.strip()[-300:] or f"exit code {ran.code}"
            raise BulkheadError(Problem(host, f"a step of the sabotage failed: {said}"))


def _ours(row: Mapping[str, Any]) -> bool:
    said = (row["RuleNumber"], row["Egress"], row["Protocol"], row.get("CidrBlock"))
    return said == (FIRST, False, "-1", EVERYWHERE)


def _named(rows: Iterable[Any], name: str) -> Any:
    for row in rows:
        if row.name == name:
            return row
    raise MissingHere(Problem(name, "nothing of this name is deployed, so it cannot be broken"))


def broken(deployed: Deployed, steps: Iterable[Step]) -> Deployed:
    """What the API would say after the steps; those that hosts would take are left out."""
    for step in steps:
        match step:
            case OpenGroup():
                rule = GroupRule(
                    id=MARK,
                    egress=False,
                    protocol=TCP,
                    first=step.port,
                    last=step.port,
                    cidr=step.cidr,
                )
                group = _named(deployed.groups, step.group)
                opened = replace(group, rules=(*group.rules, rule))
                deployed = replace(deployed, groups=_swapped(deployed.groups, group, opened))
            case OpenAcl():
                entry = AclEntry(
                    number=FIRST,
                    egress=False,
                    allow=True,
                    protocol=ALL,
                    cidr=EVERYWHERE,
                    first=0,
                    last=65535,
                )
                acl = _named(deployed.acls, step.acl)
                loose = replace(acl, entries=(entry, *acl.entries))
                deployed = replace(deployed, acls=_swapped(deployed.acls, acl, loose))
            case StrayRoute():
                table = _named(deployed.route_tables, step.table)
                peering = _named(deployed.peerings, step.peering)
                route = Route(cidr=step.cidr, target=peering.id, active=True)
                stray = replace(table, routes=(*table.routes, route))
                tables = _swapped(deployed.route_tables, table, stray)
                deployed = replace(deployed, route_tables=tables)
    return deployed


def loosened(filters: Filters, steps: Iterable[Step]) -> Filters:
    """What hosts would tell of their own filters after the steps."""
    found = dict(filters)
    for step in steps:
        if isinstance(step, AcceptOnHost):
            host = found[step.host]
            assert isinstance(host, HostFilter)  # noqa: S101 (in sim every filter is known)
            rule = FilterRule(verdict="accept", services=Ports.of(TCP, step.port, step.port))
            into, *rest = host.chains
            found[step.host] = HostFilter((replace(into, rules=(*into.rules, rule)), *rest))
    return found


def _swapped(rows: tuple[Any, ...], old: Any, new: Any) -> tuple[Any, ...]:
    return tuple(new if row.id == old.id else row for row in rows)
