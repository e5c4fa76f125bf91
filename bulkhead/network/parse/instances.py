"""Instances and their network interfaces: one host, one interface, one IPv4 address."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from bulkhead.network.deployed import Interface
from bulkhead.network.parse.shape import (
    COMMON_TAG,
    NAME_TAG,
    Item,
    Shape,
    accept,
    refusal,
    tags_of,
    words,
)
from bulkhead.plan.tables import INTERNET

_RESERVATION = Shape(
    name="Reservation",
    operation="describe_instances",
    reads=words("OwnerId Instances"),
    ignores=words("ReservationId RequesterId"),
    empty=words("Groups"),
)
_INSTANCE = Shape(
    name="Instance",
    operation="describe_instances",
    reads=words("InstanceId State NetworkInterfaces Tags"),
    # Addresses, groups and places of the instance are those of its one interface.
    ignores=words(
        "SecurityGroups SubnetId VpcId PrivateIpAddress PublicIpAddress PrivateDnsName "
        "PublicDnsName SourceDestCheck Architecture BlockDeviceMappings ClientToken EbsOptimized "
        "EnaSupport Hypervisor IamInstanceProfile InstanceLifecycle RootDeviceName RootDeviceType "
        "SpotInstanceRequestId SriovNetSupport StateReason VirtualizationType CpuOptions "
        "CapacityBlockId CapacityReservationId CapacityReservationSpecification HibernationOptions "
        "Licenses MetadataOptions EnclaveOptions BootMode PlatformDetails UsageOperation "
        "UsageOperationUpdateTime PrivateDnsNameOptions TpmSupport MaintenanceOptions "
        "CurrentInstanceBootMode NetworkPerformanceOptions Operator ImageId StateTransitionReason "
        "KeyName AmiLaunchIndex ProductCodes InstanceType LaunchTime Placement KernelId RamdiskId "
        "Platform Monitoring ElasticGpuAssociations ElasticInferenceAcceleratorAssociations"
    ),
    empty=words("Ipv6Address SecondaryInterfaces OutpostArn"),
)
_INTERFACE = Shape(
    name="InstanceNetworkInterface",
    operation="describe_instances",
    reads=words(
        "NetworkInterfaceId SubnetId VpcId PrivateIpAddress PrivateIpAddresses Groups Association"
    ),
    ignores=words(
        "Attachment Description MacAddress OwnerId PrivateDnsName Status Operator "
        "ConnectionTrackingConfiguration"
    ),
    empty=words("Ipv6Addresses Ipv4Prefixes Ipv6Prefixes"),
    only={"InterfaceType": ("interface",), "SourceDestCheck": (True,)},
)
_ASSOCIATION = Shape(
    name="InstanceNetworkInterfaceAssociation",
    operation="describe_instances",
    reads=words("PublicIp"),
    ignores=words("IpOwnerId PublicDnsName"),
    empty=words("CarrierIp CustomerOwnedIp"),
)
SHAPES = (_RESERVATION, _INSTANCE, _INTERFACE, _ASSOCIATION)
_GONE = frozenset({"shutting-down", "terminated"})


def interfaces(reservation: Item, account: str) -> tuple[tuple[Interface, bool], ...]:
    """The interfaces of a reservation's instances, terminated ones left out.

    With each, whether its name is Bulkhead's own (the tag `bulkhead:id`).
    """
    accept(_RESERVATION, reservation, reservation.get("ReservationId", ""))
    owner = reservation.get("OwnerId") or account
    living = [item for item in reservation["Instances"] if item["State"]["Name"] not in _GONE]
    return tuple((_interface(item, owner), NAME_TAG in tags_of(item)) for item in living)


def told_apart(found: Iterable[tuple[Interface, bool]]) -> tuple[Interface, ...]:
    """Sorted by id, each host named once: a second bearer of a name is `NAME (i-…)`.

    The tag `Name` is anybody's to choose: it takes nobody the name that Bulkhead gave, and where
    several bear one, none of them is called by it alone.
    """
    known = sorted(found, key=lambda pair: (not pair[0].running, pair[0].id))
    common = Counter(item.host for item, own in known if not own)
    seen = {name for name, count in common.items() if count > 1}
    seen |= {item.host for item, own in known if own} & common.keys()
    done = [item for item, own in known if not own and item.host not in seen]
    done += [_by_id(item) for item, own in known if not own and item.host in seen]
    seen = set()
    for item in (item for item, own in known if own):
        done.append(_by_id(item) if item.host in seen else item)
        seen.add(item.host)
    return tuple(sorted(done, key=lambda each: each.id))


def _by_id(item: Interface) -> Interface:
    return replace(item, host=f"{item.host} ({item.instance})")


def _named(item: Item, identity: str) -> str:
    """The tag `bulkhead:id`, else the tag `Name`, else the id."""
    tags = tags_of(item)
    common = " ".join(tags.get(COMMON_TAG, "").split())
    usable = common and common.isprintable() and common != INTERNET
    return tags.get(NAME_TAG) or (common if usable else identity)


def _interface(item: Item, account: str) -> Interface:
    identity = item["InstanceId"]
    accept(_INSTANCE, item, identity)
    held = item.get("NetworkInterfaces") or []
    if len(held) != 1:
        ids = [each["NetworkInterfaceId"] for each in held]
        raise refusal(_INSTANCE, "NetworkInterfaces", ids, identity, "exactly one interface")
    link = accept(_INTERFACE, held[0], identity)
    addresses = [each["PrivateIpAddress"] for each in link.get("PrivateIpAddresses") or ()]
    if addresses not in ([], [link["PrivateIpAddress"]]):
        raise refusal(_INTERFACE, "PrivateIpAddresses", addresses, identity, "one address")
    association = accept(_ASSOCIATION, link.get("Association") or {}, identity)
    return Interface(
        id=link["NetworkInterfaceId"],
        instance=identity,
        host=_named(item, identity),
        account=account,
        vpc=link["VpcId"],
        subnet=link["SubnetId"],
        address=link["PrivateIpAddress"],
        groups=tuple(sorted(each["GroupId"] for each in link["Groups"])),
        public=association.get("PublicIp"),
        running=item["State"]["Name"] == "running",
    )
