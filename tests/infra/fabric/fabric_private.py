"""Endpoints and a transit gateway in a deployment that tests build by hand."""

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network

from fabric_estate import ANYWHERE, Estate

from bulkhead.network.deployed import (
    Attachment,
    Deployed,
    Endpoint,
    Route,
    TransitGateway,
    TransitTable,
)


@dataclass
class Private(Estate):
    """An Estate with private paths."""

    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    judges: dict[str, TransitTable] = field(default_factory=dict)

    def endpoint(self, name, subnet, group, service="s3"):
        row = self.subnets[subnet]
        self.endpoints[name] = Endpoint(
            id=f"vpce-{name}",
            name=name,
            account="1",
            vpc=row.vpc,
            subnet=row.id,
            interface=f"eni-{name}",
            address=str(IPv4Network(row.cidr)[200 + len(self.endpoints)]),
            groups=(f"sg-{group}",),
            service=f"com.amazonaws.eu-central-1.{service}",
            accepted=True,
        )

    def accept(self, name, accepted):
        self.endpoints[name] = replace(self.endpoints[name], accepted=accepted)

    def attach(self, vpc, table, available=True):
        self.attachments[vpc] = Attachment(
            id=f"tgw-attach-{vpc}",
            name=vpc,
            gateway="tgw-0",
            vpc=f"vpc-{vpc}",
            table=f"tgw-rtb-{table}" if table else "",
            available=available,
        )

    def judge(self, table, **ways):
        """A transit table: prefixes, each by the VPC that they lead to (None: a black hole)."""
        self.judges[table] = TransitTable(
            id=f"tgw-rtb-{table}",
            name=table,
            gateway="tgw-0",
            routes=tuple(
                Route(cidr=cidr, target=f"tgw-attach-{vpc}", active=not vpc.startswith("hole"))
                for vpc, cidr in ways.items()
            ),
        )

    def address(self, name):
        return (self.endpoints.get(name) or self.interfaces[name]).address

    def deployed(self) -> Deployed:
        return replace(
            super().deployed(),
            endpoints=tuple(self.endpoints.values()),
            transits=(TransitGateway(id="tgw-0", name="tgw-0", account="1"),),
            attachments=tuple(self.attachments.values()),
            transit_tables=tuple(self.judges.values()),
        )


def served():
    """`one` may ask the endpoint `door` in its VPC; `logstore-1`, which stands for S3, is in
    another VPC that nothing joins to it."""
    estate = Private()
    for vpc, subnet, cidr in (("a", "x", "10.1"), ("b", "y", "10.2")):
        estate.vpc(vpc, f"{cidr}.0.0/16")
        estate.subnet(subnet, vpc, f"{cidr}.1.0/24")
    for group, vpc in (("client", "a"), ("door", "a"), ("store", "b")):
        estate.group(group, vpc)
    estate.egress("client", "tcp", 443, peer="door")
    estate.ingress("door", "tcp", 443, peer="client")
    estate.host("one", "x", "client")
    estate.host("logstore-1", "y", "store")
    estate.endpoint("door", "x", "door")
    return estate


def spokes():
    """`hub` in VPC `a` and the spokes `one` and `two` in `b` and `c`, all open but for the two
    tables of the transit gateway: the hub meets both spokes, and they do not meet."""
    estate = Private()
    for vpc, subnet, host, cidr in (
        ("a", "x", "hub", "10.1"),
        ("b", "y", "one", "10.2"),
        ("c", "z", "two", "10.3"),
    ):
        estate.vpc(vpc, f"{cidr}.0.0/16")
        estate.subnet(subnet, vpc, f"{cidr}.1.0/24")
        estate.group(vpc, vpc)
        estate.egress(vpc, cidr=ANYWHERE)
        estate.ingress(vpc, cidr=ANYWHERE)
        estate.host(host, subnet, vpc)
        estate.attach(vpc, "plane" if vpc == "a" else "spokes")
        estate.route(subnet, "10.0.0.0/8", "tgw-0")
    estate.judge("plane", b="10.2.0.0/16", c="10.3.0.0/16")
    estate.judge("spokes", a="10.1.0.0/16")
    return estate
