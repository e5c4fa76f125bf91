"""Instances and their network interfaces: one host, one interface, one IPv4 address."""

from collections.abc import Iterable
from dataclasses import replace

from bulkhead.network.deployed import Interface
from bulkhead.network.parse.shape import Item, Shape, accept, name_of, refusal, words

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


def interfaces(reservation: Item, account: str) -> tuple[Interface, ...]:
    """The interfaces of a reservation's instances, terminated ones left out."""
    accept(_RESERVATION, reservation, reservation.get("ReservationId", ""))
    owner = reservation.get("OwnerId") or account
    living = [item for item in reservation["Instances"] if item["State"]["Name"] not in _GONE]
    return tuple(_interface(item, owner) for item in living)


def told_apart(found: Iterable[Interface]) -> tuple[Interface, ...]:
    """Sorted by id, each host named once: a second bearer of a name is `NAME (i-…)`."""
    seen: set[str] = set()
    done = []
    for item in sorted(found, key=lambda each: (not each.running, each.id)):
        taken = item.host in seen
        seen.add(item.host)
        done.append(replace(item, host=f"{item.host} ({item.instance})") if taken else item)
    return tuple(sorted(done, key=lambda each: each.id))


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
        host=name_of(item, identity),
        account=account,
        vpc=link["VpcId"],
        subnet=link["SubnetId"],
        address=link["PrivateIpAddress"],
        groups=tuple(sorted(each["GroupId"] for each in link["Groups"])),
        public=association.get("PublicIp"),
        running=item["State"]["Name"] == "running",
    )
