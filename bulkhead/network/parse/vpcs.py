"""VPCs, internet gateways and peerings."""

from bulkhead.network.deployed import Gateway, Peering, Vpc
from bulkhead.network.parse.shape import Item, Shape, accept, name_of, prefix, words

_BLOCK = Shape(
    name="BlockPublicAccessStates",
    operation="describe_vpcs",
    reads=frozenset(),
    only={"InternetGatewayBlockMode": ("off",)},
)
_VPC = Shape(
    name="Vpc",
    operation="describe_vpcs",
    reads=words("VpcId OwnerId CidrBlock CidrBlockAssociationSet Tags BlockPublicAccessStates"),
    ignores=words("InstanceTenancy IsDefault State DhcpOptionsId"),
    empty=words("Ipv6CidrBlockAssociationSet EncryptionControl"),
)
_BLOCK_OF_VPC = Shape(
    name="VpcCidrBlockAssociation",
    operation="describe_vpcs",
    reads=words("CidrBlock CidrBlockState"),
    ignores=words("AssociationId"),
)
_GATEWAY = Shape(
    name="InternetGateway",
    operation="describe_internet_gateways",
    reads=words("InternetGatewayId Attachments Tags"),
    ignores=words("OwnerId"),
)
_ATTACHMENT = Shape(
    name="InternetGatewayAttachment",
    operation="describe_internet_gateways",
    reads=words("State VpcId"),
)
_PEERING = Shape(
    name="VpcPeeringConnection",
    operation="describe_vpc_peering_connections",
    reads=words("VpcPeeringConnectionId RequesterVpcInfo AccepterVpcInfo Status Tags"),
    ignores=words("ExpirationTime MultipathResilienceStatus"),
)
_PEERED = Shape(
    name="VpcPeeringConnectionVpcInfo",
    operation="describe_vpc_peering_connections",
    reads=words("VpcId"),
    ignores=words("CidrBlock CidrBlockSet OwnerId Region PeeringOptions"),
    empty=words("Ipv6CidrBlockSet"),
)
SHAPES = (_VPC, _BLOCK, _BLOCK_OF_VPC, _GATEWAY, _ATTACHMENT, _PEERING, _PEERED)
_GONE = frozenset({"deleted", "deleting", "rejected", "failed", "expired"})


def accept_block(item: Item, where: str) -> None:
    """Refuse a VPC or subnet whose internet gateway is blocked (Block Public Access)."""
    accept(_BLOCK, item.get("BlockPublicAccessStates") or {}, where)


def vpc(item: Item, account: str) -> Vpc:
    """One VPC with the CIDRs that are associated with it."""
    identity = item["VpcId"]
    accept(_VPC, item, identity)
    accept_block(item, identity)
    blocks = [accept(_BLOCK_OF_VPC, block, identity) for block in item["CidrBlockAssociationSet"]]
    cidrs = {b["CidrBlock"] for b in blocks if b["CidrBlockState"]["State"] == "associated"}
    return Vpc(
        id=identity,
        name=name_of(item, identity),
        account=item.get("OwnerId") or account,
        cidrs=tuple(sorted(prefix(cidr) for cidr in cidrs | {item["CidrBlock"]})),
    )


def gateway(item: Item, _account: str) -> Gateway:
    """One internet gateway; `available` and `attached` both mean attached."""
    identity = item["InternetGatewayId"]
    accept(_GATEWAY, item, identity)
    held = [accept(_ATTACHMENT, each, identity) for each in item.get("Attachments") or ()]
    vpcs = [each["VpcId"] for each in held if each["State"] in ("available", "attached")]
    return Gateway(id=identity, name=name_of(item, identity), vpc=vpcs[0] if vpcs else None)


def peering(item: Item, _account: str) -> Peering | None:
    """One peering; None when it is gone (the API shows deleted ones for a while)."""
    identity = item["VpcPeeringConnectionId"]
    accept(_PEERING, item, identity)
    ends = [
        accept(_PEERED, item[end], identity)["VpcId"]
        for end in ("RequesterVpcInfo", "AccepterVpcInfo")
    ]
    code = item["Status"]["Code"]
    if code in _GONE:
        return None
    return Peering(
        id=identity,
        name=name_of(item, identity),
        requester=ends[0],
        accepter=ends[1],
        active=code == "active",
    )
