"""The tiny topology as a deployment in which everything is open: what stops is a host's own."""

from bulkhead.network.deployed import (
    ALL,
    Acl,
    AclEntry,
    Deployed,
    Group,
    GroupRule,
    Interface,
    Route,
    RouteTable,
    Subnet,
    Vpc,
)

ADDRESSES = {f"h{number}": f"10.77.0.{number}" for number in (1, 2, 3)}
OPEN = tuple(
    AclEntry(
        number=100, egress=egress, allow=True, protocol=ALL, cidr="0.0.0.0/0", first=0, last=65535
    )
    for egress in (False, True)
)
DEPLOYED = Deployed(
    vpcs=(Vpc(id="vpc", name="vpc", account="1", cidrs=("10.77.0.0/16",)),),
    subnets=(
        Subnet(id="net", name="net", vpc="vpc", cidr="10.77.0.0/24", route_table="rt", acl="acl"),
    ),
    route_tables=(
        RouteTable(
            id="rt",
            name="rt",
            vpc="vpc",
            main=True,
            routes=(Route(cidr="10.77.0.0/16", target="local", active=True),),
        ),
    ),
    acls=(Acl(id="acl", name="acl", vpc="vpc", default=True, entries=OPEN),),
    groups=(
        Group(
            id="sg",
            name="sg",
            vpc="vpc",
            default=True,
            rules=tuple(
                GroupRule(
                    id=f"r{egress}",
                    egress=egress,
                    protocol=ALL,
                    first=0,
                    last=65535,
                    cidr="0.0.0.0/0",
                )
                for egress in (False, True)
            ),
        ),
    ),
    interfaces=tuple(
        Interface(
            id=f"eni-{host}",
            instance=f"i-{host}",
            host=host,
            account="1",
            vpc="vpc",
            subnet="net",
            address=address,
            groups=("sg",),
            public=None,
            running=True,
        )
        for host, address in ADDRESSES.items()
    ),
)
