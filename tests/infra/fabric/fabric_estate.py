"""A deployment that tests build by hand, one fact at a time."""

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network

from bulkhead.network.deployed import (
    ALL,
    Acl,
    AclEntry,
    Deployed,
    Gateway,
    Group,
    GroupRule,
    Interface,
    Peering,
    Route,
    RouteTable,
    Subnet,
    Vpc,
)

ANYWHERE = "0.0.0.0/0"
PROTOCOLS = {"all": ALL, "icmp": 1, "tcp": 6, "udp": 17}
OPEN = (
    AclEntry(number=100, egress=True, allow=True, protocol=ALL, cidr=ANYWHERE, first=0, last=65535),
    AclEntry(
        number=100, egress=False, allow=True, protocol=ALL, cidr=ANYWHERE, first=0, last=65535
    ),
)


@dataclass
class Estate:
    """Rows by id; `deployed()` freezes them. Ids are made from the names given."""

    vpcs: dict[str, Vpc] = field(default_factory=dict)
    subnets: dict[str, Subnet] = field(default_factory=dict)
    tables: dict[str, RouteTable] = field(default_factory=dict)
    acls: dict[str, Acl] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    peerings: dict[str, Peering] = field(default_factory=dict)
    gateways: dict[str, Gateway] = field(default_factory=dict)
    interfaces: dict[str, Interface] = field(default_factory=dict)
    count: int = 0

    def vpc(self, name, cidr):
        self.vpcs[name] = Vpc(id=f"vpc-{name}", name=name, account="1", cidrs=(cidr,))

    def subnet(self, name, vpc, cidr):
        """With a route table of its own (the local route alone) and a network ACL that is open."""
        local = tuple(
            Route(cidr=each, target="local", active=True) for each in self.vpcs[vpc].cidrs
        )
        self.tables[name] = RouteTable(
            id=f"rtb-{name}", name=name, vpc=f"vpc-{vpc}", main=False, routes=local
        )
        self.acls[name] = Acl(
            id=f"acl-{name}", name=name, vpc=f"vpc-{vpc}", default=False, entries=OPEN
        )
        self.subnets[name] = Subnet(
            id=f"subnet-{name}",
            name=name,
            vpc=f"vpc-{vpc}",
            cidr=cidr,
            route_table=f"rtb-{name}",
            acl=f"acl-{name}",
        )

    def group(self, name, vpc="a"):
        self.groups[name] = Group(
            id=f"sg-{name}", name=name, vpc=f"vpc-{vpc}", default=False, rules=()
        )

    def host(self, name, subnet, *groups, public=None):
        """With the subnet's next free address, from .10 on."""
        row = self.subnets[subnet]
        taken = sum(one.subnet == row.id for one in self.interfaces.values())
        self.interfaces[name] = Interface(
            id=f"eni-{name}",
            instance=f"i-{name}",
            host=name,
            account="1",
            vpc=row.vpc,
            subnet=row.id,
            address=str(IPv4Network(row.cidr)[10 + taken]),
            groups=tuple(f"sg-{one}" for one in groups),
            public=public,
            running=True,
        )

    def change(self, name, **fields):
        self.interfaces[name] = replace(self.interfaces[name], **fields)

    def _rule(self, group, egress, protocol, ports, *, cidr, peer):
        self.count += 1
        first, last = ports if isinstance(ports, tuple) else (ports, ports)
        rule = GroupRule(
            id=f"sgr-{self.count}",
            egress=egress,
            protocol=PROTOCOLS.get(protocol, protocol),
            first=first,
            last=last,
            cidr=cidr,
            group=f"sg-{peer}" if peer else None,
        )
        row = self.groups[group]
        self.groups[group] = replace(row, rules=(*row.rules, rule))
        return rule.id

    def egress(self, group, protocol="all", ports=(0, 65535), *, cidr=None, peer=None):
        return self._rule(group, True, protocol, ports, cidr=cidr, peer=peer)

    def ingress(self, group, protocol="all", ports=(0, 65535), *, cidr=None, peer=None):
        return self._rule(group, False, protocol, ports, cidr=cidr, peer=peer)

    def revoke(self, rule):
        for name, row in self.groups.items():
            kept = tuple(one for one in row.rules if one.id != rule)
            self.groups[name] = replace(row, rules=kept)

    def acl(self, subnet, *entries):
        """entries: (number, `in` or `out`, `allow` or `deny`, protocol, ports, CIDR)."""
        rows = [
            AclEntry(
                number=number,
                egress=side == "out",
                allow=action == "allow",
                protocol=PROTOCOLS.get(protocol, protocol),
                cidr=cidr,
                first=ports[0],
                last=ports[1],
            )
            for number, side, action, protocol, ports, cidr in entries
        ]
        self.acls[subnet] = replace(self.acls[subnet], entries=tuple(rows))

    def route(self, subnet, cidr, target, active=True):
        row = self.tables[subnet]
        routes = (*row.routes, Route(cidr=cidr, target=target, active=active))
        self.tables[subnet] = replace(row, routes=routes)

    def unroute(self, subnet, cidr):
        row = self.tables[subnet]
        kept = tuple(one for one in row.routes if one.cidr != cidr)
        self.tables[subnet] = replace(row, routes=kept)

    def peer(self, name, one, other, active=True):
        self.peerings[name] = Peering(
            id=f"pcx-{name}",
            name=name,
            requester=f"vpc-{one}",
            accepter=f"vpc-{other}",
            active=active,
        )

    def gateway(self, name, vpc):
        self.gateways[name] = Gateway(id=f"igw-{name}", name=name, vpc=f"vpc-{vpc}")

    def address(self, name):
        return self.interfaces[name].address

    def deployed(self):
        return Deployed(
            vpcs=tuple(self.vpcs.values()),
            subnets=tuple(self.subnets.values()),
            route_tables=tuple(self.tables.values()),
            acls=tuple(self.acls.values()),
            groups=tuple(self.groups.values()),
            peerings=tuple(self.peerings.values()),
            gateways=tuple(self.gateways.values()),
            interfaces=tuple(self.interfaces.values()),
        )


def two_hosts(public=False):
    """`one` and `two` in subnets `x` and `y` of VPC `a`, in groups `client` and `server`."""
    estate = Estate()
    estate.vpc("a", "10.1.0.0/16")
    estate.subnet("x", "a", "10.1.1.0/24")
    estate.subnet("y", "a", "10.1.2.0/24")
    estate.group("client")
    estate.group("server")
    estate.host("one", "x", "client", public="203.0.113.11" if public else None)
    estate.host("two", "y", "server", public="203.0.113.12" if public else None)
    return estate


def peered():
    """`one` in VPC `a` and `two` in VPC `b`, all open; peered as `ab`, but without routes."""
    estate = Estate()
    for vpc, subnet, cidr in (("a", "x", "10.1"), ("b", "y", "10.2"), ("c", "z", "10.3")):
        estate.vpc(vpc, f"{cidr}.0.0/16")
        estate.subnet(subnet, vpc, f"{cidr}.1.0/24")
        estate.group(vpc, vpc)
        estate.egress(vpc, cidr=ANYWHERE)
        estate.ingress(vpc, cidr=ANYWHERE)
    for host, subnet, group in (("one", "x", "a"), ("two", "y", "b"), ("three", "z", "c")):
        estate.host(host, subnet, group)
    estate.peer("ab", "a", "b")
    estate.peer("bc", "b", "c")
    return estate
