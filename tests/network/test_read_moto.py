"""`read` against moto's EC2 API: what boto3 made is what the tables say."""

import pytest
from moto_estate import (
    AUDIT,
    PLATFORM,
    account_switch,
    api_of,
    make_group,
    make_host,
    make_subnet,
    make_vpc,
    tags,
)

from bulkhead.errors import BulkheadError
from bulkhead.network.boto import BotoApi
from bulkhead.network.deployed import AclEntry, Flow, Route
from bulkhead.network.names import canonical
from bulkhead.network.parse.shape import NotModelled
from bulkhead.network.ports import Ports
from bulkhead.network.reach import reach
from bulkhead.network.read import read, read_one


def by_name(items):
    return {item.name: item for item in items}


@pytest.fixture
def accounts():
    with account_switch() as client_of:
        yield client_of(PLATFORM), client_of(AUDIT)


@pytest.fixture
def estate(accounts):
    """Two peered VPCs of two accounts, a host in each; the first with a gateway and an EIP."""
    ours, theirs = accounts
    made = {"ours": ours, "theirs": theirs}
    for side, ec2, number in (("a", ours, 0), ("b", theirs, 1)):
        vpc = made[f"vpc-{side}"] = make_vpc(ec2, f"net/{side}", f"10.{number}.0.0/16")
        subnet = make_subnet(ec2, f"subnet/{side}", vpc, f"10.{number}.1.0/24")
        group = make_group(ec2, f"group/{side}", vpc)
        made |= {f"subnet-{side}": subnet, f"group-{side}": group}
        made[f"host-{side}"] = make_host(ec2, f"host/{side}", subnet, group, f"10.{number}.1.9")
    link = ours.create_vpc_peering_connection(
        VpcId=made["vpc-a"],
        PeerVpcId=made["vpc-b"],
        PeerOwnerId=AUDIT,
        TagSpecifications=tags("vpc-peering-connection", "a--b"),
    )["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    theirs.accept_vpc_peering_connection(VpcPeeringConnectionId=link)
    made["peering"] = link
    for side, ec2, other in (("a", ours, 1), ("b", theirs, 0)):
        table = ec2.create_route_table(
            VpcId=made[f"vpc-{side}"], TagSpecifications=tags("route-table", f"table/{side}")
        )["RouteTable"]["RouteTableId"]
        made[f"table-{side}"] = table
        ec2.associate_route_table(RouteTableId=table, SubnetId=made[f"subnet-{side}"])
        ec2.create_route(
            RouteTableId=table,
            DestinationCidrBlock=f"10.{other}.0.0/16",
            VpcPeeringConnectionId=link,
        )
    return made


def deployed():
    return read([api_of(PLATFORM), api_of(AUDIT)])


def admit(ec2, group, **permission):
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    return made["SecurityGroupRules"][0]["SecurityGroupRuleId"]


def test_hosts_networks_and_names_are_read_over_both_accounts(estate):
    found = deployed()
    vpcs, subnets = by_name(found.vpcs), by_name(found.subnets)
    assert vpcs["net/a"].account == PLATFORM
    assert vpcs["net/b"].cidrs == ("10.1.0.0/16",)
    assert subnets["subnet/a"].route_table == estate["table-a"]
    acls = {acl.id: acl for acl in found.acls}
    assert acls[subnets["subnet/a"].acl].vpc == estate["vpc-a"]
    hosts = {item.host: item for item in found.interfaces}
    assert set(hosts) == {"host/a", "host/b"}
    assert hosts["host/b"].account == AUDIT
    assert hosts["host/a"].address == "10.0.1.9"
    assert hosts["host/a"].groups == (estate["group-a"],)
    assert hosts["host/a"].public is None
    assert hosts["host/a"].running


def test_every_table_is_sorted_by_id(estate):
    found = deployed()
    for items in (found.vpcs, found.subnets, found.groups, found.acls, found.interfaces):
        assert [item.id for item in items] == sorted(item.id for item in items)


def test_a_peering_that_both_accounts_see_is_one_peering(estate):
    (found,) = deployed().peerings
    assert (found.id, found.name, found.active) == (estate["peering"], "a--b", True)
    assert (found.requester, found.accepter) == (estate["vpc-a"], estate["vpc-b"])


def test_a_deleted_peering_is_gone_and_its_route_leads_nowhere(estate):
    estate["ours"].delete_vpc_peering_connection(VpcPeeringConnectionId=estate["peering"])
    found = deployed()
    assert found.peerings == ()
    stop = reach(found).explain(Flow("host/a", "host/b", "private", "tcp", 22))
    assert (stop.outcome, stop.layer) == ("refused", "route")


def test_routes_and_the_main_table_are_read(estate):
    tables = by_name(deployed().route_tables)
    assert tables["table/a"].routes == (
        Route(cidr="10.0.0.0/16", target="local", active=True),
        Route(cidr="10.1.0.0/16", target=estate["peering"], active=True),
    )
    assert not tables["table/a"].main
    assert [t.main for t in tables.values() if t.vpc == estate["vpc-a"]].count(True) == 1


def test_a_subnet_without_its_own_table_has_the_main_one(estate):
    make_subnet(estate["ours"], "subnet/more", estate["vpc-a"], "10.0.2.0/24")
    found = deployed()
    (main,) = [t.id for t in found.route_tables if t.main and t.vpc == estate["vpc-a"]]
    assert by_name(found.subnets)["subnet/more"].route_table == main


def test_a_rule_opened_through_the_api_is_read_with_the_id_that_the_api_gave(estate):
    made = admit(
        estate["theirs"],
        estate["group-b"],
        IpProtocol="tcp",
        FromPort=22,
        ToPort=23,
        IpRanges=[{"CidrIp": "10.0.1.9/32"}],
    )
    found = deployed()
    (rule,) = [r for r in by_name(found.groups)["group/b"].rules if not r.egress]
    assert (rule.id, rule.protocol, rule.first, rule.last) == (made, 6, 22, 23)
    assert rule.cidr == "10.0.1.9/32"
    assert reach(found).answered("host/a", "host/b", "private") == Ports.of(6, 22, 23)
    assert deployed() == found


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        ({"IpProtocol": "-1"}, (-1, 0, 65535)),
        ({"IpProtocol": "udp", "FromPort": 53, "ToPort": 53}, (17, 53, 53)),
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}, (1, 0, 65535)),
        ({"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1}, (1, 2048, 2303)),
        ({"IpProtocol": "icmp", "FromPort": 8, "ToPort": 0}, (1, 2048, 2048)),
        ({"IpProtocol": "47", "FromPort": -1, "ToPort": -1}, (47, 0, 65535)),
    ],
)
def test_protocols_and_their_ranges_are_read(estate, permission, expected):
    admit(estate["ours"], estate["group-a"], **permission, IpRanges=[{"CidrIp": "10.0.0.0/8"}])
    (rule,) = [r for r in by_name(deployed().groups)["group/a"].rules if not r.egress]
    assert (rule.protocol, rule.first, rule.last) == expected


def test_references_to_groups_and_ipv6_peers_are_read_as_such(estate):
    admit(
        estate["ours"],
        estate["group-a"],
        IpProtocol="-1",
        UserIdGroupPairs=[{"GroupId": estate["group-a"]}],
    )
    admit(estate["ours"], estate["group-a"], IpProtocol="-1", Ipv6Ranges=[{"CidrIpv6": "::/0"}])
    rules = [r for r in by_name(deployed().groups)["group/a"].rules if not r.egress]
    peers = {(r.cidr, r.group) for r in rules}
    assert peers == {("::/0", None), (None, estate["group-a"])}


@pytest.mark.parametrize("kind", ["groups", "acls", "route_tables"])
def test_one_row_is_read_alone_and_equals_the_one_in_the_whole(estate, kind):
    rows = [row for row in getattr(deployed(), kind) if row.vpc == estate["vpc-a"]]
    assert rows
    for row in rows:
        assert read_one(api_of(PLATFORM), kind, row.id) == row


def test_acl_entries_are_read_without_the_implicit_deny(estate):
    acl = estate["ours"].create_network_acl(
        VpcId=estate["vpc-a"], TagSpecifications=tags("network-acl", "acl/a")
    )["NetworkAcl"]["NetworkAclId"]
    estate["ours"].create_network_acl_entry(
        NetworkAclId=acl,
        RuleNumber=100,
        Protocol="6",
        RuleAction="deny",
        Egress=True,
        CidrBlock="10.0.0.0/8",
        PortRange={"From": 1, "To": 1024},
    )
    entry = AclEntry(
        number=100, egress=True, allow=False, protocol=6, cidr="10.0.0.0/8", first=1, last=1024
    )
    assert by_name(deployed().acls)["acl/a"].entries == (entry,)


def test_public_addresses_and_gateways_are_read(estate):
    ours = estate["ours"]
    gateway = ours.create_internet_gateway(TagSpecifications=tags("internet-gateway", "way-out"))
    identity = gateway["InternetGateway"]["InternetGatewayId"]
    assert by_name(deployed().gateways)["way-out"].vpc is None
    ours.attach_internet_gateway(InternetGatewayId=identity, VpcId=estate["vpc-a"])
    made = ours.allocate_address(Domain="vpc", Address="198.51.100.7")
    ours.associate_address(AllocationId=made["AllocationId"], InstanceId=estate["host-a"])
    found = deployed()
    assert by_name(found.gateways)["way-out"].vpc == estate["vpc-a"]
    assert {i.host: i.public for i in found.interfaces}["host/a"] == made["PublicIp"]


def test_stopped_hosts_stay_and_terminated_ones_are_gone(estate):
    estate["ours"].stop_instances(InstanceIds=[estate["host-a"]])
    estate["theirs"].terminate_instances(InstanceIds=[estate["host-b"]])
    assert [(i.host, i.running) for i in deployed().interfaces] == [("host/a", False)]


def test_two_hosts_of_one_name_are_told_apart(estate):
    twin = make_host(estate["ours"], "host/a", estate["subnet-a"], estate["group-a"], "10.0.1.10")
    names = {i.host: i.instance for i in deployed().interfaces}
    assert set(names.values()) == {estate["host-a"], estate["host-b"], twin}
    (second,) = [name for name in names if name not in ("host/a", "host/b")]
    assert second == f"host/a ({names[second]})"


class Counting:
    """An Api that notes what is asked of it."""

    def __init__(self, api):
        self.account, self.api, self.asked = api.account, api, []

    def describe(self, operation, **filters):
        self.asked.append(operation)
        return self.api.describe(operation, **filters)


def test_only_the_kinds_asked_for_are_read_again(estate):
    apis = [Counting(api_of(PLATFORM)), Counting(api_of(AUDIT))]
    before = read(apis)
    admit(estate["ours"], estate["group-a"], IpProtocol="-1", IpRanges=[{"CidrIp": "0.0.0.0/0"}])
    apis[0].asked.clear()
    after = read(apis, {"groups"}, before)
    assert set(apis[0].asked) == {"describe_security_groups", "describe_security_group_rules"}
    assert after == deployed() != before


def test_what_depends_on_a_kind_is_read_with_it(estate):
    api = Counting(api_of(PLATFORM))
    apis = [api, api_of(AUDIT)]
    before = read(apis)
    make_subnet(estate["ours"], "subnet/more", estate["vpc-a"], "10.0.2.0/24")
    api.asked.clear()
    assert read(apis, {"subnets"}, before) == deployed()
    assert set(api.asked) == {
        "describe_subnets",
        "describe_route_tables",
        "describe_network_acls",
    }
    make_vpc(estate["ours"], "net/more", "10.9.0.0/16")
    assert read(apis, {"vpcs"}, read(apis, {"subnets"}, before)) == deployed()


def test_a_kind_that_is_none_is_refused(estate):
    with pytest.raises(ValueError, match="no such kinds"):
        read([api_of(PLATFORM)], {"group"}, deployed())


def test_a_group_that_is_not_there_is_said_not_to_be():
    class Empty:
        account = PLATFORM

        def describe(self, _operation, **_filters):
            return []

    with pytest.raises(BulkheadError, match="has none in its groups"):
        read_one(Empty(), "groups", "sg-1")


def test_what_is_not_modelled_is_refused_with_its_operation_field_and_value(estate):
    ours = estate["ours"]
    ours.create_nat_gateway(SubnetId=estate["subnet-a"], ConnectivityType="private")
    (nat,) = ours.describe_nat_gateways()["NatGateways"]
    ours.create_route(
        RouteTableId=estate["table-a"],
        DestinationCidrBlock="0.0.0.0/0",
        NatGatewayId=nat["NatGatewayId"],
    )
    with pytest.raises(NotModelled) as caught:
        deployed()
    (problem,) = caught.value.problems
    assert problem.where == f"describe_route_tables {estate['table-a']}"
    assert f"Route.NatGatewayId is '{nat['NatGatewayId']}'" in problem.what
    assert problem.remedy


def test_a_second_interface_is_refused(estate):
    ours = estate["ours"]
    made = ours.create_network_interface(SubnetId=estate["subnet-a"])["NetworkInterface"]
    ours.attach_network_interface(
        NetworkInterfaceId=made["NetworkInterfaceId"],
        InstanceId=estate["host-a"],
        DeviceIndex=1,
    )
    with pytest.raises(NotModelled, match="NetworkInterfaces"):
        deployed()


def test_a_vpc_with_ipv6_is_refused(estate):
    estate["ours"].associate_vpc_cidr_block(VpcId=estate["vpc-a"], AmazonProvidedIpv6CidrBlock=True)
    with pytest.raises(NotModelled, match="Ipv6CidrBlockAssociationSet"):
        deployed()


def test_two_readings_of_the_same_estate_are_equal_in_names(estate):
    admit(
        estate["ours"],
        estate["group-a"],
        IpProtocol="tcp",
        FromPort=22,
        ToPort=22,
        UserIdGroupPairs=[{"GroupId": estate["group-a"]}],
    )
    found = canonical(deployed(), {PLATFORM: "platform", AUDIT: "audit"})
    groups = by_name(found.groups)
    (rule,) = [r for r in groups["group/a"].rules if not r.egress]
    assert (rule.id, rule.group) == ("", "group/a")
    assert groups["net/a/default-group"].vpc == "net/a"
    (link,) = found.peerings
    assert (link.id, link.requester, link.accepter) == ("a--b", "net/a", "net/b")
    hosts = {i.id: i for i in found.interfaces}
    assert (hosts["host/a"].groups, hosts["host/a"].account) == (("group/a",), "platform")
    assert hosts["host/a"].subnet == "subnet/a"
    assert by_name(found.route_tables)["table/a"].routes[1].target == "a--b"
    assert {s.acl for s in found.subnets if s.vpc == "net/a"} == {"net/a/default-acl"}


def test_names_do_not_depend_on_the_ids_that_a_cloud_happened_to_give(accounts):
    def build(ours):
        vpc = make_vpc(ours, "net/a", "10.0.0.0/16")
        subnet = make_subnet(ours, "subnet/a", vpc, "10.0.1.0/24")
        groups = [make_group(ours, f"group/{n}", vpc) for n in "xyz"]
        for group in groups:
            admit(ours, groups[0], IpProtocol="-1", UserIdGroupPairs=[{"GroupId": group}])
        make_host(ours, "host/a", subnet, groups[1], "10.0.1.9")
        found = read([BotoApi(ours, PLATFORM)])
        return canonical(found), found, vpc

    def ours_alone(told):
        return [
            [item for item in items if item.vpc == "net/a"]
            for items in (told.groups, told.interfaces, told.subnets, told.acls, told.route_tables)
        ]

    first, raw, _ = build(accounts[0])
    second, other, _ = build(accounts[1])
    assert raw.groups != other.groups
    assert ours_alone(first)[0] == ours_alone(second)[0]
    assert ours_alone(first)[2:] == ours_alone(second)[2:]
