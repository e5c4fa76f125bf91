"""Interface endpoints: one address of the consumer's each. Gateway endpoints are refused."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bulkhead.network.deployed import Endpoint
from bulkhead.network.parse.shape import Item, Shape, accept, name_of, needed, refusal, words

_ENDPOINT = Shape(
    name="VpcEndpoint",
    operation="describe_vpc_endpoints",
    reads=words("VpcEndpointId VpcId ServiceName State SubnetIds Groups NetworkInterfaceIds Tags"),
    # A policy says what may be asked of the service, not who may send it packets.
    ignores=words(
        "PolicyDocument DnsOptions DnsEntries PrivateDnsEnabled CreationTimestamp OwnerId "
        "RequesterManaged LastError FailureReason PayerResponsibilities ServiceRegion"
    ),
    empty=words(
        "RouteTableIds Ipv4Prefixes Ipv6Prefixes ServiceNetworkArn ResourceConfigurationArn"
    ),
    only={"VpcEndpointType": ("Interface",), "IpAddressType": ("ipv4",)},
)
_GONE = frozenset({"deleted", "deleting", "failed", "expired"})
SHAPES = (_ENDPOINT,)


def endpoint(item: Item, addresses: Mapping[str, str], account: str) -> Endpoint | None:
    """One endpoint; None when it is gone. addresses: the address of each network interface."""
    identity = item["VpcEndpointId"]
    if str(item.get("State")).lower() in _GONE:
        return None
    accept(_ENDPOINT, item, identity)
    interface = _one(item, "NetworkInterfaceIds", identity)
    return Endpoint(
        id=identity,
        name=name_of(item, identity),
        account=item.get("OwnerId") or account,
        vpc=item["VpcId"],
        subnet=_one(item, "SubnetIds", identity),
        interface=interface,
        address=str(
            needed(
                _ENDPOINT,
                {"NetworkInterfaceIds": addresses.get(interface)},
                "NetworkInterfaceIds",
                identity,
            )
        ),
        groups=tuple(sorted(group["GroupId"] for group in item.get("Groups") or ())),
        service=item["ServiceName"],
        accepted=str(item.get("State")).lower() == "available",
    )


def told_apart(found: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    """Sorted by id, each name borne once: a second bearer is `NAME (vpce-…)`."""
    seen: set[str] = set()
    done = []
    for item in sorted(found, key=lambda each: each.id):
        taken = item.name in seen
        seen.add(item.name)
        done.append(replace(item, name=f"{item.name} ({item.id})") if taken else item)
    return tuple(done)


def _one(item: Item, field: str, identity: str) -> str:
    found = item.get(field) or []
    if len(found) != 1:
        raise refusal(_ENDPOINT, field, found, identity, "exactly one")
    return str(found[0])
