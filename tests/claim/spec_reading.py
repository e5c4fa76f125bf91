"""Specs read straight into a deployment: quick enough for hundreds of random estates.

A contract test holds it to what the program declares under the SDK's mocks.
"""

from ipaddress import ip_network

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

NUMBERS = {"-1": ALL, "icmp": 1, "tcp": 6, "udp": 17}


def read_specs(specs) -> Deployed:
    """What the stacks' specs say is deployed, with names for ids."""
    stacks = list(specs.values())
    networks = [row for stack in stacks for row in stack.networks]
    peerings = [row for stack in stacks for row in stack.peerings]
    attachments = [row for stack in stacks for row in stack.attachments]
    hosts = [row for stack in stacks for row in stack.hosts]
    rules = [rule for stack in stacks for row in stack.conduits for rule in row.rules]
    allocated = sorted(row.id for row in hosts if row.public == "allocate")
    public = {host: f"203.0.113.{number}" for number, host in enumerate(allocated, start=1)}
    public |= {row.id: row.public for row in hosts if row.public not in (None, "allocate")}
    home = {subnet.id: network.id for network in networks for subnet in network.subnets}
    return Deployed(
        vpcs=by_id(
            Vpc(id=row.id, name=row.id, account=account_id(row.account), cidrs=(row.cidr,))
            for row in networks
        ),
        subnets=by_id(
            Subnet(
                id=row.id,
                name=row.id,
                vpc=network.id,
                cidr=row.cidr,
                route_table=row.id,
                acl=row.id,
            )
            for network in networks
            for row in network.subnets
        ),
        route_tables=by_id(_tables(networks, peerings, attachments)),
        acls=by_id(_acls(networks)),
        groups=by_id(_groups(stacks, networks, rules, public)),
        peerings=by_id(
            Peering(
                id=row.id,
                name=row.id,
                requester=row.requester,
                accepter=row.accepter,
                active=True,
            )
            for row in peerings
        ),
        gateways=by_id(
            Gateway(id=f"{row.id}/internet", name=f"{row.id}/internet", vpc=row.id)
            for row in networks
            if row.public
        ),
        interfaces=by_id(
            Interface(
                id=row.id,
                instance=row.id,
                host=row.id,
                account=account_id(row.account),
                vpc=home[row.subnet],
                subnet=row.subnet,
                address=row.address,
                groups=(row.group,),
                public=public.get(row.id),
                running=True,
            )
            for row in hosts
        ),
        endpoints=by_id(
            Endpoint(
                id=row.id,
                name=row.id,
                account=account_id(row.account),
                vpc=row.network,
                subnet=row.subnet,
                interface=f"eni:{row.id}",
                address=row.address,
                groups=(row.group,),
                service=row.service,
                accepted=True,
            )
            for stack in stacks
            for row in stack.endpoints
        ),
        transits=by_id(
            TransitGateway(id=row.id, name=row.id, account=account_id(row.account))
            for stack in stacks
            for row in stack.transits
        ),
        attachments=by_id(
            Attachment(
                id=row.id,
                name=row.id,
                gateway=row.gateway,
                vpc=row.network,
                table=row.table,
                available=True,
            )
            for row in attachments
        ),
        transit_tables=by_id(
            TransitTable(
                id=table,
                name=table,
                gateway=row.id,
                routes=tuple(
                    sorted(
                        (
                            Route(cidr=each.cidr, target=each.id, active=True)
                            for each in attachments
                            if each.known_to == table
                        ),
                        key=lambda route: ip_network(route.cidr),
                    )
                ),
            )
            for stack in stacks
            for row in stack.transits
            for table in (row.plane, row.spokes)
        ),
    )


def by_id(rows):
    return tuple(sorted(rows, key=lambda row: row.id))


def _tables(networks, peerings, attachments):
    for network in networks:
        local = Route(cidr=network.cidr, target="local", active=True)
        default = f"{network.id}/default"
        yield RouteTable(
            id=f"rtb:{default}", name=default, vpc=network.id, main=True, routes=(local,)
        )
        for subnet in network.subnets:
            routes = [
                Route(cidr=route.cidr, target=peering.id, active=True)
                for peering in peerings
                for route in peering.routes
                if route.subnet == subnet.id
            ]
            routes += [
                Route(cidr=route.cidr, target=row.gateway, active=True)
                for row in attachments
                for route in row.routes
                if route.subnet == subnet.id
            ]
            if network.public and subnet.outward:
                outward = Route(cidr="0.0.0.0/0", target=f"{network.id}/internet", active=True)
                routes.append(outward)
            ordered = tuple(sorted([local, *routes], key=lambda route: route.cidr))
            yield RouteTable(
                id=subnet.id, name=subnet.id, vpc=network.id, main=False, routes=ordered
            )


def _acls(networks):
    for network in networks:
        default = f"{network.id}/default"
        yield Acl(id=f"acl:{default}", name=default, vpc=network.id, default=True, entries=())
        for subnet in network.subnets:
            entries = [
                AclEntry(
                    number=row.number,
                    egress=row.egress,
                    allow=True,
                    protocol=NUMBERS[row.protocol],
                    cidr=row.cidr,
                    first=row.first if row.protocol in ("tcp", "udp") else 0,
                    last=row.last if row.protocol in ("tcp", "udp") else 65535,
                )
                for row in subnet.acl
            ]
            ordered = tuple(sorted(entries, key=lambda row: (row.egress, row.number)))
            yield Acl(id=subnet.id, name=subnet.id, vpc=network.id, default=False, entries=ordered)


def _groups(stacks, networks, rules, public):
    for network in networks:
        default = f"{network.id}/default"
        yield Group(id=f"sg:{default}", name=default, vpc=network.id, default=True, rules=())
    for stack in stacks:
        for row in stack.groups:
            own = [_rule(rule, public) for rule in rules if rule.group == row.id]
            yield Group(id=row.id, name=row.id, vpc=row.network, default=False, rules=by_id(own))


def _rule(rule, public):
    ported = rule.protocol in ("tcp", "udp")
    cidr = {
        "cidr": rule.peer.value,
        "group": None,
        "public": f"{public.get(rule.peer.value)}/32",
    }[rule.peer.kind]
    return GroupRule(
        id=rule.id,
        egress=rule.egress,
        protocol=NUMBERS[rule.protocol],
        first=rule.first if ported else 0,
        last=rule.last if ported else 65535,
        cidr=cidr,
        group=rule.peer.value if rule.peer.kind == "group" else None,
    )
