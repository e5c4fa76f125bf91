"""Each gap of moto that we mend, shown closed."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from region_in_process import InProcess

from infra.accounts import ACCOUNTS


def _refused(code: str, call: Callable[[], Any]) -> None:
    with pytest.raises(ClientError) as refused:
        call()
    assert refused.value.response["Error"]["Code"] == code, refused.value


class Place:
    """A VPC with a subnet and a group, and short names for calls."""

    def __init__(self, client: Any, base: str = "10.0") -> None:
        self.client = client
        self.vpc = client.create_vpc(CidrBlock=f"{base}.0.0/16")["Vpc"]["VpcId"]
        subnet = client.create_subnet(VpcId=self.vpc, CidrBlock=f"{base}.1.0/28")["Subnet"]
        assert not subnet["MapPublicIpOnLaunch"]
        assert not subnet["DefaultForAz"]
        self.subnet = subnet["SubnetId"]
        self.group = self.new_group("one")

    def new_group(self, name: str) -> str:
        made = self.client.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)
        return str(made["GroupId"])

    def run(self, **wish: Any) -> dict[str, Any]:
        said = {"SubnetId": self.subnet, "SecurityGroupIds": [self.group], **wish}
        made = self.client.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, **said)
        found: dict[str, Any] = made["Instances"][0]
        return found

    def instance(self, instance: str) -> dict[str, Any]:
        seen = self.client.describe_instances(InstanceIds=[instance])["Reservations"]
        found: dict[str, Any] = seen[0]["Instances"][0]
        return found

    def gateway(self) -> str:
        made = self.client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.client.attach_internet_gateway(InternetGatewayId=made, VpcId=self.vpc)
        return str(made)

    def table(self) -> str:
        found = self.client.describe_route_tables(
            Filters=[{"Name": "vpc-id", "Values": [self.vpc]}]
        )["RouteTables"][0]
        return str(found["RouteTableId"])


@pytest.fixture
def place(lab: InProcess) -> Place:
    return Place(lab.client())


def _reference(group: str, **more: str) -> list[dict[str, Any]]:
    pair = {"GroupId": group, **more}
    return [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [pair]}]


def test_an_account_starts_empty(lab: InProcess) -> None:
    for alias in ACCOUNTS:
        client = lab.client(alias)
        assert client.describe_vpcs()["Vpcs"] == []
        assert client.describe_subnets()["Subnets"] == []
        assert client.describe_security_groups()["SecurityGroups"] == []
        assert client.describe_network_acls()["NetworkAcls"] == []
        assert client.describe_route_tables()["RouteTables"] == []
        assert client.describe_internet_gateways()["InternetGateways"] == []
        _refused(
            "VPCIdNotSpecified",
            lambda c=client: c.create_security_group(GroupName="x", Description="x"),
        )


def test_private_addresses_are_the_lowest_free_ones_and_never_awss_own(place: Place) -> None:
    given = [place.run()["PrivateIpAddress"] for _ in range(11)]
    assert given == [f"10.0.1.{host}" for host in range(4, 15)]
    _refused("InsufficientFreeAddressesInSubnet", place.run)
    seen = place.client.describe_instances()["Reservations"]
    assert len(seen) == 11, "a refused instance left a reservation"


def test_a_wished_private_address_must_be_free_and_inside(place: Place) -> None:
    first = place.run(PrivateIpAddress="10.0.1.9")
    assert first["PrivateIpAddress"] == "10.0.1.9"
    _refused("InvalidIPAddress.InUse", lambda: place.run(PrivateIpAddress="10.0.1.9"))
    _refused("InvalidParameterValue", lambda: place.run(PrivateIpAddress="10.0.2.9"))
    _refused("InvalidParameterValue", lambda: place.run(PrivateIpAddress="10.0.1.1"))
    _refused("InvalidParameterValue", lambda: place.run(PrivateIpAddress="10.0.1.15"))
    _refused(
        "InvalidIPAddress.InUse",
        lambda: place.client.create_network_interface(
            SubnetId=place.subnet, PrivateIpAddress="10.0.1.9"
        ),
    )
    place.client.terminate_instances(InstanceIds=[first["InstanceId"]])
    assert place.run(PrivateIpAddress="10.0.1.9")["PrivateIpAddress"] == "10.0.1.9"


def test_public_addresses_come_from_the_pool_until_it_is_empty(lab: InProcess) -> None:
    clients = [lab.client("platform"), lab.client("plant")]
    given = [clients[n % 2].allocate_address(Domain="vpc")["PublicIp"] for n in range(254)]
    assert given == [f"203.0.113.{host}" for host in range(1, 255)]
    _refused("AddressLimitExceeded", lambda: clients[0].allocate_address(Domain="vpc"))


def test_a_wished_public_address_is_given_once_and_only_from_the_labs_ranges(
    lab: InProcess,
) -> None:
    platform, plant = lab.client("platform"), lab.client("plant")
    made = plant.allocate_address(Domain="vpc", Address="198.51.100.7")
    assert made["PublicIp"] == "198.51.100.7"
    _refused(
        "InvalidAddress.InUse",
        lambda: platform.allocate_address(Domain="vpc", Address="198.51.100.7"),
    )
    for other in ("192.0.2.1", "198.51.100.250", "198.51.100.255"):
        _refused(
            "InvalidAddress.NotFound",
            lambda o=other: plant.allocate_address(Domain="vpc", Address=o),
        )
    plant.release_address(AllocationId=made["AllocationId"])
    platform.allocate_address(Domain="vpc", Address="198.51.100.7")


def test_an_instance_without_a_public_address_has_none(place: Place) -> None:
    assert "PublicIpAddress" not in place.instance(place.run()["InstanceId"])


def test_an_address_moves_and_leaves_nothing_behind(place: Place) -> None:
    one, two = place.run()["InstanceId"], place.run()["InstanceId"]
    made = place.client.allocate_address(Domain="vpc")
    place.client.associate_address(AllocationId=made["AllocationId"], InstanceId=one)
    _refused(
        "Resource.AlreadyAssociated",
        lambda: place.client.associate_address(AllocationId=made["AllocationId"], InstanceId=two),
    )
    place.client.associate_address(
        AllocationId=made["AllocationId"], InstanceId=two, AllowReassociation=True
    )
    assert "PublicIpAddress" not in place.instance(one)
    assert place.instance(two)["PublicIpAddress"] == made["PublicIp"]
    _refused(
        "InvalidIPAddress.InUse",
        lambda: place.client.release_address(AllocationId=made["AllocationId"]),
    )


def test_a_terminated_instance_gives_everything_back(place: Place) -> None:
    instance = place.run()["InstanceId"]
    made = place.client.allocate_address(Domain="vpc")
    place.client.associate_address(AllocationId=made["AllocationId"], InstanceId=instance)
    place.client.terminate_instances(InstanceIds=[instance])
    assert place.instance(instance)["State"]["Name"] == "terminated"
    assert place.client.describe_network_interfaces()["NetworkInterfaces"] == []
    assert not place.client.describe_addresses()["Addresses"][0].get("InstanceId")
    place.client.release_address(AllocationId=made["AllocationId"])
    _refused("IncorrectInstanceState", lambda: place.client.start_instances(InstanceIds=[instance]))
    place.client.delete_subnet(SubnetId=place.subnet)


def test_an_instance_leaves_the_group_it_is_moved_from(place: Place) -> None:
    made = place.run()
    other = place.new_group("other")
    place.client.modify_instance_attribute(InstanceId=made["InstanceId"], Groups=[other])
    seen = place.instance(made["InstanceId"])
    assert [g["GroupId"] for g in seen["SecurityGroups"]] == [other]
    assert [g["GroupId"] for g in seen["NetworkInterfaces"][0]["Groups"]] == [other]
    interface = seen["NetworkInterfaces"][0]["NetworkInterfaceId"]
    place.client.modify_network_interface_attribute(
        NetworkInterfaceId=interface, Groups=[place.group]
    )
    seen = place.instance(made["InstanceId"])
    assert [g["GroupId"] for g in seen["SecurityGroups"]] == [place.group]
    assert [g["GroupId"] for g in seen["NetworkInterfaces"][0]["Groups"]] == [place.group]


def test_groups_must_exist_and_be_of_the_same_network(place: Place) -> None:
    elsewhere = Place(place.client, "10.1")
    _refused("InvalidParameter", lambda: place.run(SecurityGroupIds=[elsewhere.group]))
    _refused("InvalidGroup.NotFound", lambda: place.run(SecurityGroupIds=["sg-0123456789abcdef0"]))
    instance = place.run()["InstanceId"]
    _refused(
        "InvalidParameter",
        lambda: place.client.modify_instance_attribute(
            InstanceId=instance, Groups=[elsewhere.group]
        ),
    )


def test_rules_are_added_all_or_none(place: Place) -> None:
    def rules(*ports: int) -> list[dict[str, Any]]:
        ranges = [{"CidrIp": "10.0.0.0/8"}]
        return [
            {"IpProtocol": "tcp", "FromPort": p, "ToPort": p, "IpRanges": ranges} for p in ports
        ]

    place.client.authorize_security_group_ingress(GroupId=place.group, IpPermissions=rules(2))
    _refused(
        "InvalidPermission.Duplicate",
        lambda: place.client.authorize_security_group_ingress(
            GroupId=place.group, IpPermissions=rules(1, 2)
        ),
    )
    wanted = [{"Name": "group-id", "Values": [place.group]}]
    seen = place.client.describe_security_group_rules(Filters=wanted)["SecurityGroupRules"]
    assert sorted(r["FromPort"] for r in seen if not r["IsEgress"]) == [2]
    assert {r["GroupId"] for r in seen} == {place.group}


def test_a_group_of_a_peered_network_can_be_named_also_across_accounts(lab: InProcess) -> None:
    here, there = Place(lab.client(), "10.0"), Place(lab.client("audit"), "10.1")

    def authorize() -> None:
        here.client.authorize_security_group_ingress(
            GroupId=here.group, IpPermissions=_reference(there.group, UserId=ACCOUNTS["audit"])
        )

    _refused("InvalidGroup.NotFound", authorize)
    peering = here.client.create_vpc_peering_connection(
        VpcId=here.vpc, PeerVpcId=there.vpc, PeerOwnerId=ACCOUNTS["audit"]
    )["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    _refused("InvalidGroup.NotFound", authorize)
    there.client.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    authorize()
    wanted = [{"Name": "group-id", "Values": [here.group]}]
    seen = here.client.describe_security_group_rules(Filters=wanted)["SecurityGroupRules"]
    named = [r["ReferencedGroupInfo"] for r in seen if not r["IsEgress"]]
    assert named[0]["GroupId"] == there.group
    here.client.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)
    here.client.revoke_security_group_ingress(
        GroupId=here.group, IpPermissions=_reference(there.group, UserId=ACCOUNTS["audit"])
    )


def test_a_group_of_an_unpeered_network_of_the_same_account_is_refused(place: Place) -> None:
    other = Place(place.client, "10.1")
    _refused(
        "InvalidGroup.NotFound",
        lambda: place.client.authorize_security_group_egress(
            GroupId=place.group, IpPermissions=_reference(other.group)
        ),
    )


def test_a_route_whose_next_hop_is_gone_is_a_black_hole(place: Place) -> None:
    gateway, table, other = place.gateway(), place.table(), Place(place.client, "10.1")
    place.client.create_route(
        RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway
    )
    peering = place.client.create_vpc_peering_connection(VpcId=place.vpc, PeerVpcId=other.vpc)[
        "VpcPeeringConnection"
    ]["VpcPeeringConnectionId"]
    place.client.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    place.client.create_route(
        RouteTableId=table, DestinationCidrBlock="10.1.0.0/16", VpcPeeringConnectionId=peering
    )

    def states() -> dict[str, str]:
        seen = place.client.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
        return {r["DestinationCidrBlock"]: r["State"] for r in seen["Routes"]}

    assert set(states().values()) == {"active"}
    place.client.detach_internet_gateway(InternetGatewayId=gateway, VpcId=place.vpc)
    place.client.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)
    assert states() == {
        "10.0.0.0/16": "active",
        "0.0.0.0/0": "blackhole",
        "10.1.0.0/16": "blackhole",
    }


def test_routes_that_aws_refuses_are_refused(place: Place) -> None:
    other, table = Place(place.client, "10.1"), place.table()
    foreign = other.gateway()
    _refused(
        "InvalidParameterValue",
        lambda: place.client.create_route(
            RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=foreign
        ),
    )
    own = place.gateway()
    _refused(
        "RouteAlreadyExists",
        lambda: place.client.create_route(
            RouteTableId=table, DestinationCidrBlock="10.0.0.0/16", GatewayId=own
        ),
    )
    _refused(
        "InvalidParameterValue",
        lambda: place.client.delete_route(RouteTableId=table, DestinationCidrBlock="10.0.0.0/16"),
    )
    assert place.client.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]


def test_a_subnet_has_one_route_table_of_its_own_network(place: Place) -> None:
    create = place.client.create_route_table
    one, two = (create(VpcId=place.vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    place.client.associate_route_table(RouteTableId=one, SubnetId=place.subnet)
    _refused(
        "Resource.AlreadyAssociated",
        lambda: place.client.associate_route_table(RouteTableId=two, SubnetId=place.subnet),
    )
    other = Place(place.client, "10.1")
    _refused(
        "InvalidParameterValue",
        lambda: place.client.associate_route_table(RouteTableId=two, SubnetId=other.subnet),
    )


def test_what_is_needed_cannot_be_deleted(place: Place) -> None:
    client, gateway, other = place.client, place.gateway(), place.new_group("other")
    instance = place.run()["InstanceId"]
    client.authorize_security_group_ingress(GroupId=place.group, IpPermissions=_reference(other))
    _refused("DependencyViolation", lambda: client.delete_security_group(GroupId=place.group))
    _refused("DependencyViolation", lambda: client.delete_security_group(GroupId=other))
    _refused("DependencyViolation", lambda: client.delete_subnet(SubnetId=place.subnet))
    _refused("DependencyViolation", lambda: client.delete_vpc(VpcId=place.vpc))
    _refused("DependencyViolation", lambda: client.delete_route_table(RouteTableId=place.table()))
    acl = client.describe_network_acls()["NetworkAcls"][0]["NetworkAclId"]
    _refused("InvalidParameterValue", lambda: client.delete_network_acl(NetworkAclId=acl))
    address = client.allocate_address(Domain="vpc")["AllocationId"]
    client.associate_address(AllocationId=address, InstanceId=instance)
    _refused(
        "DependencyViolation",
        lambda: client.detach_internet_gateway(InternetGatewayId=gateway, VpcId=place.vpc),
    )
    client.terminate_instances(InstanceIds=[instance])
    client.delete_security_group(GroupId=place.group)
    client.delete_security_group(GroupId=other)
    client.delete_subnet(SubnetId=place.subnet)
    _refused("DependencyViolation", lambda: client.delete_vpc(VpcId=place.vpc))
    client.detach_internet_gateway(InternetGatewayId=gateway, VpcId=place.vpc)
    default = client.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    _refused("CannotDelete", lambda: client.delete_security_group(GroupId=default))
    client.delete_vpc(VpcId=place.vpc)
    assert client.describe_network_acls()["NetworkAcls"] == []
    assert client.describe_security_groups()["SecurityGroups"] == []
    assert client.describe_route_tables()["RouteTables"] == []


def test_a_second_gateway_for_a_network_is_refused(place: Place) -> None:
    place.gateway()
    _refused("InvalidParameterValue", place.gateway)


def test_an_acl_entry_that_is_not_there_is_an_error_of_aws(place: Place) -> None:
    acl = place.client.describe_network_acls()["NetworkAcls"][0]["NetworkAclId"]
    _refused(
        "InvalidNetworkAclEntry.NotFound",
        lambda: place.client.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=7, Egress=False),
    )


def test_a_refused_acl_association_leaves_the_one_before(place: Place) -> None:
    found = place.client.describe_network_acls()["NetworkAcls"][0]
    association = found["Associations"][0]["NetworkAclAssociationId"]
    _refused(
        "InvalidNetworkAclID.NotFound",
        lambda: place.client.replace_network_acl_association(
            AssociationId=association, NetworkAclId="acl-0123456789abcdef0"
        ),
    )
    assert place.client.describe_network_acls()["NetworkAcls"][0]["Associations"]


def test_overlapping_and_outlying_subnets_are_refused(place: Place) -> None:
    for cidr, code in (
        ("10.0.1.0/26", "InvalidSubnet.Conflict"),
        ("10.9.0.0/24", "InvalidSubnet.Range"),
    ):
        _refused(code, lambda c=cidr: place.client.create_subnet(VpcId=place.vpc, CidrBlock=c))


def test_an_instance_runs_at_once(place: Place) -> None:
    assert place.instance(place.run()["InstanceId"])["State"]["Name"] == "running"


def test_a_nat_gateway_gets_an_address_of_its_subnet(place: Place) -> None:
    made = place.client.create_nat_gateway(SubnetId=place.subnet, ConnectivityType="private")
    address = made["NatGateway"]["NatGatewayAddresses"][0]["PrivateIp"]
    assert address.startswith("10.0.1.")


def test_a_group_lies_in_a_network_of_its_own_account(lab: InProcess, place: Place) -> None:
    plant = lab.client("plant")

    def wish(**more: str) -> Callable[[], Any]:
        return lambda: plant.create_security_group(GroupName="g", Description="d", **more)

    _refused("InvalidVpcID.NotFound", wish(VpcId=place.vpc))
    _refused("VPCIdNotSpecified", wish())
