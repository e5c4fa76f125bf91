"""Random deployments, and random plans with the deployment that they mean.

One generator serves both: hypothesis (which shrinks) hands in its own `random.Random`, and a
seed makes a plain one. `lifelike` deployments are such as AWS and one fabric accept (addresses
differ everywhere, peerings do not overlap, references are to groups in sight, all hosts run);
the others are whatever the tables can hold.
"""

from dataclasses import dataclass, replace
from ipaddress import ip_network
from random import Random

from hypothesis import strategies as st

from bulkhead.network.deployed import (
    ALL,
    EPHEMERAL,
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

ACCOUNT = "111111111111"
PORTS = (0, 21, 22, 23, 53, 79, 80, 81, 443, 1000, 8883, 32767)
"""Edges of port ranges. None lies inside the ephemeral range, so an ACL lets all of it or none."""
ICMP_RANGES = ((0, 65535), (2048, 2303), (2048, 2048), (0, 255), (0, 0), (768, 1023))
"""All, type 8, type 8 code 0, type 0, type 0 code 0, type 3."""


def random_deployed(seed, *, hosts=6, lifelike=True):
    """A deployment from a seed: the same one for the same arguments."""
    return _Maker(Random(seed), hosts, lifelike).deployed()


def deployments(*, hosts=6, lifelike=False):
    """A hypothesis strategy of deployments."""
    return st.randoms(use_true_random=False).map(
        lambda random: _Maker(random, hosts, lifelike).deployed()
    )


@dataclass
class _Maker:
    random: Random
    hosts: int
    lifelike: bool

    def deployed(self):
        vpcs = self._vpcs()
        peerings, gateways = self._peerings(vpcs), self._gateways(vpcs)
        tables = tuple(
            self._table(f"rtb-{vpc.id}-{index}", vpc, vpcs, peerings, gateways)
            for vpc in vpcs
            for index in range(2)
        )
        acls = tuple(
            self._acl(f"acl-{vpc.id}-{index}", vpc, vpcs, index) for vpc in vpcs for index in (0, 1)
        )
        subnets = self._subnets(vpcs)
        names = [(f"sg-{vpc.id}-{index}", vpc.id) for vpc in vpcs for index in range(2)]
        interfaces = self._interfaces(subnets, names, gateways)
        groups = tuple(self._group(*name, names, peerings, vpcs, interfaces) for name in names)
        made = Deployed(
            vpcs=vpcs,
            subnets=subnets,
            route_tables=tables,
            acls=acls,
            groups=groups,
            peerings=peerings,
            gateways=gateways,
            interfaces=interfaces,
        )
        return self._with_transit(self._with_endpoints(made))

    def _with_endpoints(self, made):
        subnets = [self.random.choice(made.subnets) for _ in range(self.random.randint(0, 2))]
        return replace(
            made,
            endpoints=tuple(
                Endpoint(
                    id=f"vpce-{number}",
                    name=f"endpoint-{number}",
                    account=ACCOUNT,
                    vpc=subnet.vpc,
                    subnet=subnet.id,
                    interface=f"eni-e{number}",
                    address=str(ip_network(subnet.cidr).network_address + 200 + number),
                    groups=(
                        self.random.choice([g.id for g in made.groups if g.vpc == subnet.vpc]),
                    ),
                    service="com.amazonaws.eu-central-1.s3",
                    accepted=self._often(75),
                )
                for number, subnet in enumerate(subnets)
            ),
        )

    def _with_transit(self, made):
        """A transit gateway to which most VPCs are attached, and routes that lead to it."""
        if len(made.vpcs) < 2 or self._often(40):
            return made
        names = ("tgw-rtb-0", "tgw-rtb-1")
        attachments = tuple(
            Attachment(
                id=f"tgw-attach-{vpc.id}",
                name=f"tgw-attach-{vpc.id}",
                gateway="tgw-0",
                vpc=vpc.id,
                table=self.random.choice((*names, *names, *names, "")),
                available=self._often(90),
            )
            for vpc in made.vpcs
            if self._often(85)
        )
        return replace(
            made,
            transits=(TransitGateway(id="tgw-0", name="tgw-0", account=ACCOUNT),),
            attachments=attachments,
            transit_tables=tuple(self._judge(name, made.vpcs, attachments) for name in names),
            route_tables=tuple(self._to_transit(row, made.vpcs) for row in made.route_tables),
        )

    def _judge(self, name, vpcs, attachments):
        routes = {}
        for attachment in attachments:
            cidr = self._near(next(v.cidrs[0] for v in vpcs if v.id == attachment.vpc))
            if self._often(75):
                routes[cidr] = Route(cidr=cidr, target=attachment.id, active=True)
        if self._often(25):
            cidr = self._near(self.random.choice(vpcs).cidrs[0])
            routes[cidr] = Route(cidr=cidr, target="nowhere", active=False)
        ordered = sorted(routes.values(), key=lambda route: ip_network(route.cidr))
        return TransitTable(id=name, name=name, gateway="tgw-0", routes=tuple(ordered))

    def _to_transit(self, table, vpcs):
        """The table with routes to the transit gateway, in the place of others at times."""
        routes = {route.cidr: route for route in table.routes}
        local = next(vpc.cidrs[0] for vpc in vpcs if vpc.id == table.vpc)
        for vpc in vpcs:
            cidr = self._near(vpc.cidrs[0])
            if vpc.id != table.vpc and cidr != local and self._often(65):
                routes[cidr] = Route(cidr=cidr, target="tgw-0", active=True)
        ordered = sorted(routes.values(), key=lambda route: ip_network(route.cidr))
        return replace(table, routes=tuple(ordered))

    def _often(self, chance):
        return self.random.randrange(100) < chance

    def _vpcs(self):
        count = self.random.randint(1, 3)
        pool = [f"10.{number}.0.0/16" for number in range(count if self.lifelike else 2)]
        return tuple(
            Vpc(
                id=f"vpc-{number}",
                name=f"vpc-{number}",
                account=ACCOUNT,
                cidrs=(pool[number] if self.lifelike else self.random.choice(pool),),
            )
            for number in range(count)
        )

    def _peerings(self, vpcs):
        pairs = [(a.id, b.id) for a in vpcs for b in vpcs if a.id < b.id]
        return tuple(
            Peering(
                id=f"pcx-{a}-{b}",
                name=f"pcx-{a}-{b}",
                requester=a,
                accepter=b,
                active=self._often(80),
            )
            for a, b in pairs
            if self._often(75)
        )

    def _gateways(self, vpcs):
        return tuple(
            Gateway(
                id=f"igw-{vpc.id}",
                name=f"igw-{vpc.id}",
                vpc=vpc.id if self.lifelike or self._often(80) else None,
            )
            for vpc in vpcs
            if self._often(85)
        )

    def _table(self, identity, vpc, vpcs, peerings, gateways):
        routes = {cidr: Route(cidr=cidr, target="local", active=True) for cidr in vpc.cidrs}
        own = {
            item.id: item.accepter if item.requester == vpc.id else item.requester
            for item in peerings
            if vpc.id in (item.requester, item.accepter)
        }
        ends = own if self.lifelike else {item.id: item.accepter for item in peerings} | own
        cidr_of = {item.id: item.cidrs[0] for item in vpcs}
        for peering, other in ends.items():
            if self._often(85):
                cidr = self._near(cidr_of[other])
                routes.setdefault(cidr, Route(cidr=cidr, target=peering, active=True))
        for gateway in gateways:
            if (gateway.vpc == vpc.id or not self.lifelike) and self._often(80):
                cidr = self.random.choice(
                    ("0.0.0.0/0",) * 4 + ("198.51.100.0/24", "203.0.113.0/24")
                )
                routes.setdefault(cidr, Route(cidr=cidr, target=gateway.id, active=True))
        if self._often(20):
            cidr = self._near(self.random.choice(vpcs).cidrs[0])
            routes.setdefault(cidr, Route(cidr=cidr, target="pcx-gone", active=False))
        ordered = sorted(routes.values(), key=lambda route: ip_network(route.cidr))
        return RouteTable(
            id=identity,
            name=identity,
            vpc=vpc.id,
            main=identity.endswith("0"),
            routes=tuple(ordered),
        )

    def _near(self, cidr):
        """A prefix about a VPC's: itself, wider, or a subnet's or a host's part of it."""
        network = ip_network(cidr)
        part = network.network_address + 256 * self.random.randint(0, 2)
        found = (cidr, cidr, cidr, cidr, cidr, "10.0.0.0/8", f"{part}/24", f"{part + 10}/32")
        return self.random.choice(found)

    def _acl(self, identity, vpc, vpcs, index):
        if index == 0 and self._often(85):
            entries = tuple(_everything(egress) for egress in (False, True))
        else:
            entries = tuple(
                self._entry(egress, number * 10, vpcs)
                for egress in (False, True)
                for number in range(1, self.random.randint(2, 5))
            )
            # Denials that stand before a general allow: what order decides, and replies meet.
            entries += tuple(_everything(egress) for egress in (False, True) if self._often(75))
            entries = tuple(sorted(entries, key=lambda entry: (entry.egress, entry.number)))
        return Acl(id=identity, name=identity, vpc=vpc.id, default=index == 0, entries=entries)

    def _entry(self, egress, number, vpcs):
        protocol, first, last = self._service()
        return AclEntry(
            number=number,
            egress=egress,
            allow=self._often(60),
            protocol=protocol,
            cidr=self._peer(vpcs),
            first=first,
            last=last,
        )

    def _service(self):
        protocol = self.random.choice((ALL, ALL, 6, 6, 6, 17, 17, 1, 1, 47))
        if protocol == 1:
            return (protocol, *self.random.choice(ICMP_RANGES))
        if protocol not in (6, 17):
            return (protocol, 0, 65535)
        first = self.random.choice(PORTS)
        lasts = [port for port in PORTS if port >= first] + [first, EPHEMERAL[1], 65535, 65535]
        return (protocol, first, self.random.choice(lasts))

    def _peer(self, vpcs):
        outside = ("0.0.0.0/0", "0.0.0.0/0", "198.51.100.0/24", "203.0.113.0/24")
        inside = self._near(self.random.choice(vpcs).cidrs[0])
        return self.random.choice((*outside, inside, inside, inside))

    def _subnets(self, vpcs):
        return tuple(
            Subnet(
                id=f"subnet-{vpc.id}-{index}",
                name=f"subnet-{vpc.id}-{index}",
                vpc=vpc.id,
                cidr=f"{ip_network(vpc.cidrs[0]).network_address + 256 * index}/24",
                route_table=f"rtb-{vpc.id}-{self.random.randint(0, 1)}",
                acl=f"acl-{vpc.id}-{int(self._often(45))}",
            )
            for vpc in vpcs
            for index in range(2)
        )

    def _interfaces(self, subnets, names, gateways):
        attached = {item.vpc for item in gateways}
        return tuple(
            self._interface(number, self.random.choice(subnets), names, attached)
            for number in range(self.hosts)
        )

    def _interface(self, number, subnet, names, attached):
        own = [identity for identity, vpc in names if vpc == subnet.vpc]
        groups = own if self._often(25) else [self.random.choice(own)]
        base = ip_network(subnet.cidr).network_address + 10
        outside = subnet.vpc in attached or not self.lifelike
        return Interface(
            id=f"eni-{number}",
            instance=f"i-{number}",
            host=f"host-{number}",
            account=ACCOUNT,
            vpc=subnet.vpc,
            subnet=subnet.id,
            # Few addresses, so that those of overlapping VPCs do meet.
            address=str(base + (number if self.lifelike or self._often(50) else 0)),
            groups=tuple(groups),
            public=f"203.0.113.{number + 10}" if outside and self._often(65) else None,
            running=self.lifelike or self._often(92),
        )

    def _group(self, identity, vpc, names, peerings, vpcs, interfaces):
        near = {vpc}
        for item in peerings:
            if item.active and vpc in (item.requester, item.accepter):
                near |= {item.requester, item.accepter}
        known = [name for name, home in names if home in near or not self.lifelike]
        rules = [
            self._rule(f"sgr-{identity}-{number}", number % 2 == 1, known, vpcs, interfaces)
            for number in range(self.random.randint(1, 8))
        ]
        if self._often(75):
            rules.append(_let_out(f"sgr-{identity}-out"))
        # AWS refuses a rule that is there already.
        told = {(r.egress, r.protocol, r.first, r.last, r.cidr, r.group): r for r in rules}
        own = tuple(sorted(told.values(), key=lambda rule: rule.id))
        return Group(id=identity, name=identity, vpc=vpc, default=False, rules=own)

    def _rule(self, identity, egress, known, vpcs, interfaces):
        protocol, first, last = self._service()
        kind = self.random.choice(("group", "group", "cidr", "cidr", "host", "ipv6"))
        host = self.random.choice(interfaces)
        cidrs = {
            "cidr": self._peer(vpcs),
            "host": f"{self.random.choice((host.address, host.public or host.address))}/32",
            "ipv6": "::/0",
        }
        return GroupRule(
            id=identity,
            egress=egress,
            protocol=protocol,
            first=first,
            last=last,
            cidr=cidrs.get(kind),
            group=self.random.choice(known) if kind == "group" else None,
        )


def _everything(egress):
    return AclEntry(
        number=100, egress=egress, allow=True, protocol=ALL, cidr="0.0.0.0/0", first=0, last=65535
    )


def _let_out(identity):
    return GroupRule(id=identity, egress=True, protocol=ALL, first=0, last=65535, cidr="0.0.0.0/0")
