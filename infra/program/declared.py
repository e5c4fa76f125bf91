"""The deployment that follows from declared resources: what the API would say, without an API.

Reads the resources that `evaluate` recorded, never the plan. A contract test holds it to the
deployment that the lab's API describes for the same program.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from typing import Any

from bulkhead.network.deployed import (
    ALL,
    Acl,
    AclEntry,
    Attachment,
    Deployed,
    Endpoint,
    Gateway,
    Group,
    GroupRule,
    Interface,
    Peering,
    Route,
    RouteTable,
    Subnet,
    TransitGateway,
    TransitTable,
    Vpc,
)
from infra.accounts import account_id
from infra.components.context import ID_TAG
from infra.program.evaluate import Declared

NUMBERS = {"-1": ALL, "icmp": 1, "tcp": 6, "udp": 17}


class Resources:
    """Declared resources by type, and the account of each VPC."""

    def __init__(self, rows: Iterable[Declared]) -> None:
        self.by_type: dict[str, list[Declared]] = {}
        for row in rows:
            self.by_type.setdefault(_short(row.type), []).append(row)

    def of(self, kind: str) -> list[Declared]:
        """All resources of a type, by its short name, sorted by id."""
        return sorted(self.by_type.get(kind, []), key=lambda row: row.id)

    def of_vpc(self, kind: str, vpc: str) -> list[Declared]:
        """The resources of a type in one VPC."""
        return [row for row in self.of(kind) if row.state.get("vpcId") == vpc]


def _short(token: str) -> str:
    """`Route` for a VPC's, `TransitRoute` for a transit gateway's: both are called `Route`."""
    name = token.rsplit(":", 1)[-1]
    transit = token.startswith("aws:ec2transitgateway/") and name != "TransitGateway"
    return f"Transit{name}" if transit else name


def deployed(rows: Iterable[Declared]) -> Deployed:
    """The network of these resources, in the tables that `read` fills from an API."""
    own = Resources(rows)
    return Deployed(
        vpcs=tuple(
            Vpc(
                id=row.id,
                name=_name(row),
                account=account_id(row.account),
                cidrs=(row.state["cidrBlock"],),
            )
            for row in own.of("Vpc")
        ),
        subnets=tuple(_subnet(own, row) for row in own.of("Subnet")),
        route_tables=_sorted(
            [_table(own, row) for row in own.of("RouteTable")]
            + [_default_table(own, row) for row in own.of("DefaultRouteTable")]
        ),
        acls=_sorted(
            [_acl(own, row) for row in own.of("NetworkAcl")]
            + [_default_acl(row) for row in own.of("DefaultNetworkAcl")]
        ),
        groups=_sorted(
            [_group(own, row) for row in own.of("SecurityGroup")]
            + [_default_group(row) for row in own.of("DefaultSecurityGroup")]
        ),
        peerings=tuple(_peering(own, row) for row in own.of("VpcPeeringConnection")),
        gateways=tuple(
            Gateway(id=row.id, name=_name(row), vpc=row.state["vpcId"])
            for row in own.of("InternetGateway")
        ),
        interfaces=tuple(_interface(own, row) for row in own.of("Instance")),
        endpoints=tuple(_endpoint(row) for row in own.of("VpcEndpoint")),
        transits=tuple(
            TransitGateway(id=row.id, name=_name(row), account=account_id(row.account))
            for row in own.of("TransitGateway")
        ),
        attachments=tuple(_attachment(own, row) for row in own.of("TransitVpcAttachment")),
        transit_tables=tuple(_transit_table(own, row) for row in own.of("TransitRouteTable")),
    )


def _name(row: Declared) -> str:
    return str(row.state["tags"][ID_TAG])


def _sorted(rows: list[Any]) -> tuple[Any, ...]:
    return tuple(sorted(rows, key=lambda row: row.id))


def _subnet(own: Resources, row: Declared) -> Subnet:
    vpc = str(row.state["vpcId"])
    tables = [r for r in own.of("RouteTableAssociation") if r.state["subnetId"] == row.id]
    acls = [r for r in own.of("NetworkAclAssociation") if r.state["subnetId"] == row.id]
    return Subnet(
        id=row.id,
        name=_name(row),
        vpc=vpc,
        cidr=row.state["cidrBlock"],
        route_table=tables[0].state["routeTableId"] if tables else f"rtb:{vpc}",
        acl=acls[0].state["networkAclId"] if acls else f"acl:{vpc}",
    )


def _local(own: Resources, vpc: str) -> Route:
    cidr = next(row.state["cidrBlock"] for row in own.of("Vpc") if row.id == vpc)
    return Route(cidr=cidr, target="local", active=True)


def _table(own: Resources, row: Declared) -> RouteTable:
    routes = [
        Route(
            cidr=route.state["destinationCidrBlock"],
            target=_hop(route.state),
            active=True,
        )
        for route in own.of("Route")
        if route.state["routeTableId"] == row.id
    ]
    vpc = str(row.state["vpcId"])
    ordered = tuple(sorted([_local(own, vpc), *routes], key=lambda route: route.cidr))
    return RouteTable(id=row.id, name=_name(row), vpc=vpc, main=False, routes=ordered)


def _hop(state: Mapping[str, Any]) -> str:
    hops = ("gatewayId", "vpcPeeringConnectionId", "transitGatewayId")
    return next(str(state[hop]) for hop in hops if state.get(hop))


def _default_table(own: Resources, row: Declared) -> RouteTable:
    made = str(row.state["defaultRouteTableId"])
    vpc = made.removeprefix("rtb:")
    return RouteTable(id=made, name=_name(row), vpc=vpc, main=True, routes=(_local(own, vpc),))


def _acl(own: Resources, row: Declared) -> Acl:
    rules = [r for r in own.of("NetworkAclRule") if r.state["networkAclId"] == row.id]
    entries = sorted(
        (_entry(rule.state) for rule in rules), key=lambda rule: (rule.egress, rule.number)
    )
    return Acl(
        id=row.id, name=_name(row), vpc=row.state["vpcId"], default=False, entries=tuple(entries)
    )


def _default_acl(row: Declared) -> Acl:
    made = str(row.state["defaultNetworkAclId"])
    return Acl(id=made, name=_name(row), vpc=made.removeprefix("acl:"), default=True, entries=())


def _entry(state: Mapping[str, Any]) -> AclEntry:
    protocol = NUMBERS[state["protocol"]]
    ported = protocol in (6, 17)
    return AclEntry(
        number=int(state["ruleNumber"]),
        egress=bool(state["egress"]),
        allow=state["ruleAction"] == "allow",
        protocol=protocol,
        cidr=state["cidrBlock"],
        first=int(state["fromPort"]) if ported else 0,
        last=int(state["toPort"]) if ported else 65535,
    )


def _group(own: Resources, row: Declared) -> Group:
    rules = [
        _rule(rule, egress)
        for kind, egress in (("SecurityGroupIngressRule", False), ("SecurityGroupEgressRule", True))
        for rule in own.of(kind)
        if rule.state["securityGroupId"] == row.id
    ]
    return Group(
        id=row.id, name=_name(row), vpc=row.state["vpcId"], default=False, rules=_sorted(rules)
    )


def _default_group(row: Declared) -> Group:
    vpc = str(row.state["vpcId"])
    return Group(id=f"sg:{vpc}", name=_name(row), vpc=vpc, default=True, rules=())


def _rule(row: Declared, egress: bool) -> GroupRule:
    protocol = NUMBERS[row.state["ipProtocol"]]
    ported = protocol in (6, 17)
    return GroupRule(
        id=row.id,
        egress=egress,
        protocol=protocol,
        first=int(row.state["fromPort"]) if ported else 0,
        last=int(row.state["toPort"]) if ported else 65535,
        cidr=row.state.get("cidrIpv4"),
        group=row.state.get("referencedSecurityGroupId"),
    )


def _peering(own: Resources, row: Declared) -> Peering:
    accepted = row.state.get("autoAccept") or any(
        other.state["vpcPeeringConnectionId"] == row.id and other.state.get("autoAccept")
        for other in own.of("VpcPeeringConnectionAccepter")
    )
    return Peering(
        id=row.id,
        name=_name(row),
        requester=row.state["vpcId"],
        accepter=row.state["peerVpcId"],
        active=bool(accepted),
    )


def _interface(own: Resources, row: Declared) -> Interface:
    subnet = next(r for r in own.of("Subnet") if r.id == row.state["subnetId"])
    bound = {r.state["instanceId"]: r.state["allocationId"] for r in own.of("EipAssociation")}
    public = {r.id: r.state["publicIp"] for r in own.of("Eip")}
    allocated = bound.get(row.id)
    return Interface(
        id=f"eni:{row.id}",
        instance=row.id,
        host=_name(row),
        account=account_id(row.account),
        vpc=subnet.state["vpcId"],
        subnet=subnet.id,
        address=row.state["privateIp"],
        groups=tuple(sorted(row.state["vpcSecurityGroupIds"])),
        public=public[allocated] if allocated else None,
        running=True,
    )


def _endpoint(row: Declared) -> Endpoint:
    """AWS's own services accept whoever asks."""
    (place,) = row.state["subnetConfigurations"]
    return Endpoint(
        id=row.id,
        name=_name(row),
        account=account_id(row.account),
        vpc=row.state["vpcId"],
        subnet=place["subnetId"],
        interface=f"eni:{row.id}",
        address=place["ipv4"],
        groups=tuple(sorted(row.state["securityGroupIds"])),
        service=row.state["serviceName"],
        accepted=True,
    )


def _attachment(own: Resources, row: Declared) -> Attachment:
    links = own.of("TransitRouteTableAssociation")
    tables = [
        link.state["transitGatewayRouteTableId"]
        for link in links
        if link.state["transitGatewayAttachmentId"] == row.id
    ]
    return Attachment(
        id=row.id,
        name=_name(row),
        gateway=row.state["transitGatewayId"],
        vpc=row.state["vpcId"],
        table=tables[0] if tables else "",
        available=True,
    )


def _transit_table(own: Resources, row: Declared) -> TransitTable:
    routes = [
        Route(
            cidr=route.state["destinationCidrBlock"],
            target=route.state["transitGatewayAttachmentId"],
            active=True,
        )
        for route in own.of("TransitRoute")
        if route.state["transitGatewayRouteTableId"] == row.id
    ]
    return TransitTable(
        id=row.id,
        name=_name(row),
        gateway=row.state["transitGatewayId"],
        routes=tuple(sorted(routes, key=lambda route: IPv4Network(route.cidr))),
    )
