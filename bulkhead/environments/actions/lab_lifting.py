"""One layer of a lab's network opened through its API, or of a host's own filter by its root.

What is opened carries MARK, or is known by its exact place and content, so that it is found and
closed again by anybody who knows the attempt: also by the next run, after a kill -9.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bulkhead.network.deployed import ALL, AclEntry, Deployed, Flow, GroupRule, Layer
from bulkhead.network.filters import TABLE
from bulkhead.network.lifting import (
    MARK,
    AddEntry,
    AddHostRule,
    AddPeering,
    AddRoute,
    AddRule,
    Change,
    lift,
)

Clients = Mapping[str, Any]
"""A boto3 EC2 client by 12-digit account."""
Root = Callable[[str, list[str]], str]
"""Runs a command as root on a host; its output."""


@dataclass(frozen=True, slots=True)
class Lifting:
    """Opens and closes layers of what was deployed when this was made, `found`.

    Whatever is taken away is looked at first: it goes only if it is what was opened.
    """

    clients: Clients
    found: Deployed
    as_root: Root

    def open(self, flow: Flow, layer: Layer) -> str:
        """Open it for the flow alone; empty, or a sentence that says why it cannot be."""
        changes = lift(self.found, flow, layer)
        if isinstance(changes, str):
            return changes
        link = ""
        for change in changes:
            match change:
                case AddPeering():
                    link = self._peer(change)
                case AddRoute(_, route) if route.target == MARK:
                    self._add(replace(change, route=replace(route, target=link)))
                case _:
                    self._add(change)
        return ""

    def close(self, flow: Flow, layer: Layer) -> None:
        """Take away whatever of it is there."""
        changes = lift(_unmarked(self.found), flow, layer)
        for change in reversed(changes) if not isinstance(changes, str) else ():
            self._remove(change)

    def _add(self, change: Change) -> None:
        match change:
            case AddRule(group, rule):
                call = self._of_group(group)
                verb = call.authorize_security_group_egress
                if not rule.egress:
                    verb = call.authorize_security_group_ingress
                verb(GroupId=group, IpPermissions=[_permission(rule)])
            case AddEntry(acl, entry):
                self._of_acl(acl).create_network_acl_entry(NetworkAclId=acl, **_entry(entry))
            case AddRoute(table, route):
                self._of_table(table).create_route(
                    RouteTableId=table,
                    DestinationCidrBlock=route.cidr,
                    VpcPeeringConnectionId=route.target,
                )
            case AddHostRule():
                chain = _chain(change.layer)
                said = ["insert", "rule", *TABLE.split(), chain, *_match(change), "accept"]
                self.as_root(change.host, ["nft", *said, "comment", f'"{MARK}"'])

    def _remove(self, change: Change) -> None:
        match change:
            case AddRule(group, rule):
                self._revoke(group, egress=rule.egress)
            case AddEntry(acl, entry):
                self._delete_entry(acl, entry)
            case AddRoute(table, route):
                self._delete_route(table, route.cidr)
            case AddPeering():
                self._unpeer()
            case AddHostRule():
                self._close_host(change)

    def _revoke(self, group: str, *, egress: bool) -> None:
        """Revoke the group's rules that bear MARK."""
        client = self._of_group(group)
        wanted = [{"Name": "group-id", "Values": [group]}]
        rows = client.describe_security_group_rules(Filters=wanted)["SecurityGroupRules"]
        ids = [
            row["SecurityGroupRuleId"]
            for row in rows
            if (row["GroupId"], row.get("Description"), row["IsEgress"]) == (group, MARK, egress)
        ]
        way = "egress" if egress else "ingress"
        if ids:
            revoke = getattr(client, f"revoke_security_group_{way}")
            revoke(GroupId=group, SecurityGroupRuleIds=ids)

    def _delete_entry(self, acl: str, entry: AclEntry) -> None:
        client, ours = self._of_acl(acl), _entry(entry)
        [there] = client.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"]
        for row in there["Entries"]:
            if {name: row.get(name) for name in ours} == ours:
                client.delete_network_acl_entry(
                    NetworkAclId=acl, RuleNumber=entry.number, Egress=entry.egress
                )

    def _delete_route(self, table: str, cidr: str) -> None:
        """Delete the route over a peering to this one address: no subnet of a plan is so small."""
        client = self._of_table(table)
        [there] = client.describe_route_tables(RouteTableIds=[table])["RouteTables"]
        for row in there["Routes"]:
            if row.get("DestinationCidrBlock") == cidr and row.get("VpcPeeringConnectionId"):
                client.delete_route(RouteTableId=table, DestinationCidrBlock=cidr)

    def _peer(self, change: AddPeering) -> str:
        """Make and accept a peering that bears MARK; its id."""
        accounts = {row.id: row.account for row in self.found.vpcs}
        ends = (change.peering.requester, change.peering.accepter)
        tags = [{"Key": "bulkhead:id", "Value": MARK}]
        made = self.clients[accounts[ends[0]]].create_vpc_peering_connection(
            VpcId=ends[0],
            PeerVpcId=ends[1],
            PeerOwnerId=accounts[ends[1]],
            TagSpecifications=[{"ResourceType": "vpc-peering-connection", "Tags": tags}],
        )
        link = str(made["VpcPeeringConnection"]["VpcPeeringConnectionId"])
        self.clients[accounts[ends[1]]].accept_vpc_peering_connection(VpcPeeringConnectionId=link)
        return link

    def _unpeer(self) -> None:
        """Delete the peerings that bear MARK, as their own tags say: an API may ignore a filter."""
        tag = {"Key": "bulkhead:id", "Value": MARK}
        for client in self.clients.values():
            found = client.describe_vpc_peering_connections()
            for row in found["VpcPeeringConnections"]:
                stands = row["Status"]["Code"] in ("active", "pending-acceptance")
                if stands and tag in row.get("Tags", []):
                    link = row["VpcPeeringConnectionId"]
                    client.delete_vpc_peering_connection(VpcPeeringConnectionId=link)

    def _close_host(self, change: AddHostRule) -> None:
        chain = _chain(change.layer)
        listed = self.as_root(change.host, ["nft", "--json", "--handle", "list", "ruleset"])
        for row in json.loads(listed)["nftables"]:
            rule = row.get("rule", {})
            if rule.get("comment") == MARK and rule["chain"] == chain:
                where = [rule["family"], rule["table"], rule["chain"]]
                command = ["nft", "delete", "rule", *where, "handle", str(rule["handle"])]
                self.as_root(change.host, command)

    def _of_group(self, group: str) -> Any:
        return self._of_vpc(next(row.vpc for row in self.found.groups if row.id == group))

    def _of_acl(self, acl: str) -> Any:
        return self._of_vpc(next(row.vpc for row in self.found.acls if row.id == acl))

    def _of_table(self, table: str) -> Any:
        return self._of_vpc(next(row.vpc for row in self.found.route_tables if row.id == table))

    def _of_vpc(self, vpc: str) -> Any:
        return self.clients[next(row.account for row in self.found.vpcs if row.id == vpc)]


def _unmarked(deployed: Deployed) -> Deployed:
    """As before anything was opened, so that what would be opened can be computed."""
    acls = tuple(
        replace(row, entries=tuple(entry for entry in row.entries if entry.number != 1))
        for row in deployed.acls
    )
    links = tuple(row for row in deployed.peerings if row.name != MARK)
    return replace(deployed, acls=acls, peerings=links)


def _permission(rule: GroupRule) -> dict[str, Any]:
    number = "-1" if rule.protocol == ALL else {6: "tcp", 17: "udp", 1: "icmp"}[rule.protocol]
    ranges = [{"CidrIp": rule.cidr, "Description": MARK}]
    ports = {"FromPort": rule.first, "ToPort": rule.last}
    return {"IpProtocol": number, "IpRanges": ranges, **ports}


def _entry(entry: AclEntry) -> dict[str, Any]:
    return {
        "RuleNumber": entry.number,
        "Protocol": str(entry.protocol),
        "RuleAction": "allow",
        "Egress": entry.egress,
        "CidrBlock": entry.cidr,
        "PortRange": {"From": entry.first, "To": entry.last},
    }


def _chain(layer: str) -> str:
    return "output" if layer.endswith("egress") else "input"


def _match(change: AddHostRule) -> list[str]:
    """The packets of the request; those of the reply, where it is the reply that is stopped."""
    end = "daddr" if change.layer.endswith("egress") else "saddr"
    port = "sport" if change.layer.startswith("reply-") else "dport"
    return ["ip", end, change.peer, change.protocol, port, str(change.port)]
