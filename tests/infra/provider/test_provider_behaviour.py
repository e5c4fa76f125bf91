"""What single types, or the provider as a whole, do as the real plugin does."""

import os
import select
import subprocess
import sys

import grpc
import pytest
from provider_cases import CASES, world
from provider_stand_in import urn
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import status_pb2

from infra.lab.provider import tags, types, wire
from infra.lab.provider.catalogue import catalogue
from infra.lab.provider.install import install

VPC = "aws:ec2/vpc:Vpc"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
ROUTE = "aws:ec2/route:Route"
ENTRY = "aws:ec2/networkAclRule:NetworkAclRule"
PARAMETER = "aws:ssm/parameter:Parameter"
TAGGED = [c for c in CASES if not (types.type_of(c.token).natural or types.type_of(c.token).adopts)]
NO_TWO = (
    "Subnet",
    "SecurityGroupIngressRule",
    "SecurityGroupEgressRule",
    "FlowLog",
    "VpcEndpoint",
    "VpcAttachment",
)
"""Types of which AWS itself refuses an equal second."""
NATURAL = [c for c in CASES if types.type_of(c.token).natural]


def said(error) -> str:
    return error.value.details()


# --- names and tags


def test_a_name_is_made_of_the_logical_name_and_stays(region, engine):
    made = engine.up(GROUP, "broker", {"vpcId": world(region).vpcs[0]})
    again = engine.checked(urn(GROUP, "broker"), {"description": "new"}, made.inputs)
    assert made.state["name"].startswith("broker-")
    assert again["name"] == made.state["name"]


@pytest.mark.parametrize("logical", ["sg", "sg-broker", "SG-x"])
def test_no_name_begins_as_an_id_does(engine, logical):
    assert not engine.checked(urn(GROUP, logical), {})["name"].lower().startswith("sg-")


def test_a_name_given_that_begins_as_an_id_does_is_refused(engine):
    answer = engine.check(urn(GROUP, "one"), {"name": "sg-mine"})
    assert [failure.property for failure in answer.failures] == ["name"]


def test_default_tags_are_in_tags_all_only_and_our_marks_are_in_neither(region, engine):
    made = engine.up(VPC, "one", {"cidrBlock": "10.0.0.0/16", "tags": {"bulkhead:id": "v"}})
    assert made.state["tags"] == {"bulkhead:id": "v"}
    assert made.state["tagsAll"] == {"bulkhead:id": "v", "estate": "example"}
    vpc = region.client("ec2").describe_vpcs(VpcIds=[made.id])["Vpcs"][0]
    there = {tag["Key"]: tag["Value"] for tag in vpc["Tags"]}
    assert there[tags.URN] == tags.urn_tag(urn(VPC, "one"))


def test_other_default_tags_are_a_change_of_tags_all(region, start):
    engine = start()
    props = {"cidrBlock": "10.0.0.0/16"}
    made = engine.up(VPC, "one", props)
    other = start(defaultTags={"tags": {"estate": "renamed"}})
    other.held = engine.held
    assert other.up(VPC, "one", props).state["tagsAll"] == {"estate": "renamed"}
    assert other.steps == ["update"]
    assert other.held[urn(VPC, "one")].id == made.id


def test_a_tag_changed_around_the_engine_is_found_and_put_right(region, engine):
    props = {"cidrBlock": "10.0.0.0/16", "tags": {"bulkhead:id": "v"}}
    made = engine.up(VPC, "one", props)
    ec2 = region.client("ec2")
    ec2.create_tags(Resources=[made.id], Tags=[{"Key": "bulkhead:id", "Value": "forged"}])
    assert engine.refresh(VPC, "one").inputs["tags"] == {"bulkhead:id": "forged"}
    assert engine.up(VPC, "one", props).state["tags"] == {"bulkhead:id": "v"}


@pytest.mark.parametrize("long", ["n" * 300, "naïve$name", "a\tb"])
def test_a_urn_becomes_a_tag_that_aws_takes_and_stays_distinct(long):
    one, other = tags.urn_tag(urn(VPC, long)), tags.urn_tag(urn(VPC, long + "2"))
    assert len(one) <= 256
    assert one != other
    assert "$" not in one
    assert "\t" not in one


# --- the security defaults of the real plugin


def test_a_new_group_lets_nothing_out(region, engine):
    made = engine.up(GROUP, "one", {"vpcId": world(region).vpcs[0]})
    found = region.client("ec2").describe_security_groups(GroupIds=[made.id])["SecurityGroups"]
    assert found[0]["IpPermissionsEgress"] == []


def test_an_update_of_a_group_leaves_rules_of_others_alone(region, engine):
    vpc, ec2 = world(region).vpcs[0], region.client("ec2")
    made = engine.up(GROUP, "one", {"vpcId": vpc})
    everyone = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.authorize_security_group_egress(GroupId=made.id, IpPermissions=everyone)
    engine.up(GROUP, "one", {"vpcId": vpc, "tags": {"a": "b"}})
    found = ec2.describe_security_groups(GroupIds=[made.id])["SecurityGroups"][0]
    assert len(found["IpPermissionsEgress"]) == 1


def test_the_default_group_is_emptied_and_stays_so(region, engine):
    vpc, ec2 = world(region).vpcs[0], region.client("ec2")
    made = engine.up(DEFAULT_GROUP, "one", {"vpcId": vpc})

    def rules():
        found = ec2.describe_security_groups(GroupIds=[made.id])["SecurityGroups"][0]
        return found["IpPermissions"] + found["IpPermissionsEgress"]

    assert rules() == []
    everyone = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.authorize_security_group_ingress(GroupId=made.id, IpPermissions=everyone)
    engine.refresh(DEFAULT_GROUP, "one")
    engine.up(DEFAULT_GROUP, "one", {"vpcId": vpc})
    assert engine.steps == ["create", "update"]
    assert rules() == []


def test_the_accepters_end_lies_in_another_account(region, start):
    ours, far = region.client("ec2"), region.assumed("222222222222")
    one = ours.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    other = far.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    asked = start().up(
        "aws:ec2/vpcPeeringConnection:VpcPeeringConnection",
        "asked",
        {"vpcId": one, "peerVpcId": other, "peerOwnerId": "222222222222"},
    )
    assert asked.state["acceptStatus"] == "pending-acceptance"
    audit = start(assumeRoles=[{"roleArn": "arn:aws:iam::222222222222:role/audit"}])
    granted = audit.up(
        "aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter",
        "granted",
        {"vpcPeeringConnectionId": asked.id, "autoAccept": True},
    )
    assert granted.state["acceptStatus"] == "active"
    assert (granted.state["vpcId"], granted.state["peerVpcId"]) == (other, one)


# --- adoption: only what is ours, never what is being replaced


@pytest.mark.parametrize("point", ["begun", "made", "settled"])
@pytest.mark.parametrize("token", [VPC, ROUTE])
def test_wherever_it_is_killed_the_next_creation_ends_with_one(region, start, token, point):
    case = next(case for case in CASES if case.token == token)
    w = world(region)
    with pytest.raises(grpc.RpcError):
        start(f"{token}@{point}").up(token, "one", case.props(w))
    start().up(token, "one", case.props(w))
    ec2 = region.client("ec2")
    assert len(ec2.describe_vpcs()["Vpcs"]) == 2 + (token == VPC)
    table = ec2.describe_route_tables(RouteTableIds=[w.tables[0]])["RouteTables"][0]
    assert len(table["Routes"]) == 1 + (token == ROUTE)


def test_what_an_interrupted_creation_left_and_no_longer_fits_is_removed(region, start):
    with pytest.raises(grpc.RpcError):
        start(f"{VPC}@made").up(VPC, "one", {"cidrBlock": "10.5.0.0/16"})
    start().up(VPC, "one", {"cidrBlock": "10.6.0.0/16"})
    found = region.client("ec2").describe_vpcs()["Vpcs"]
    assert [vpc["CidrBlock"] for vpc in found] == ["10.6.0.0/16"]


def test_a_group_in_use_that_the_engine_forgot_is_found_again_under_the_name_it_has(region, start):
    """A full disk loses more than one step: by then a host is in the group, and it cannot go."""
    w = world(region)
    props = {"vpcId": w.vpcs[0], "description": "d"}
    group = start().up(GROUP, "one", props)
    ec2 = region.client("ec2")
    ec2.modify_instance_attribute(InstanceId=w.instances[0], Groups=[group.id])
    again = start().up(GROUP, "one", props)
    assert again.id == group.id
    assert again.state["name"] == group.state["name"]
    named = start().up(GROUP, "two", props | {"name": "mine"})
    assert named.id != group.id


@pytest.mark.parametrize("case", [c for c in TAGGED if str(c) not in NO_TWO], ids=str)
def test_a_replacement_with_equal_inputs_is_not_taken_for_its_predecessor(region, start, case):
    w = world(region)
    first = start()
    props = {k: v for k, v in case.props(w).items() if k not in ("privateIp", "address")}
    old = first.up(case.token, "one", props)
    engine = start()
    engine.held = first.held
    engine.up(case.token, "one", props)  # the engine checks with the old inputs first
    new = engine.replace(urn(case.token, "one"), props, delete_first=False)
    assert new.id != old.id
    assert engine.refresh(case.token, "one").id == new.id


@pytest.mark.parametrize("case", [c for c in TAGGED if str(c) in NO_TWO], ids=str)
def test_an_equal_second_is_refused_where_aws_refuses_it(region, start, case):
    w = world(region)
    engine = start()
    old = engine.up(case.token, "one", case.props(w))
    engine.up(case.token, "one", case.props(w))
    with pytest.raises(grpc.RpcError, match="was refused"):
        engine.replace(urn(case.token, "one"), case.props(w), delete_first=False)
    assert engine.refresh(case.token, "one").id == old.id


@pytest.mark.parametrize("case", NATURAL, ids=str)
def test_what_another_made_is_refused_and_left_alone(region, engine, case):
    w = world(region)
    first = engine.up(case.token, "first", case.props(w))
    with pytest.raises(grpc.RpcError) as error:
        engine.up(case.token, "second", case.props(w))
    assert "exists already and was not made by this resource" in said(error)
    assert engine.refresh(case.token, "first").state == first.state
    with pytest.raises(grpc.RpcError):
        engine.up(case.token, "second", case.props(w))


# --- errors and secrets


def test_an_aws_error_is_one_sentence_with_type_name_operation_and_code(engine):
    with pytest.raises(grpc.RpcError) as error:
        engine.up("aws:ec2/subnet:Subnet", "a", {"vpcId": "vpc-0", "cidrBlock": "10.0.0.0/24"})
    text = said(error)
    assert text.startswith('creating aws:ec2/subnet:Subnet "a": CreateSubnet was refused: InvalidV')
    assert "Traceback" not in text
    assert "\n" not in text


def test_what_is_made_but_not_completed_is_handed_to_the_engine_with_its_id(region, engine):
    token = "aws:ec2/internetGateway:InternetGateway"
    with pytest.raises(grpc.RpcError) as error:
        engine.up(token, "one", {"vpcId": "vpc-0"})
    metadata = dict(error.value.trailing_metadata())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    detail = pb.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    there = region.client("ec2").describe_internet_gateways()["InternetGateways"]
    assert [detail.id] == [gateway["InternetGatewayId"] for gateway in there]
    assert "AttachInternetGateway was refused" in detail.reasons[0]


def test_a_secret_stays_marked_and_its_value_is_in_no_error(region, engine):
    name, props = urn(PARAMETER, "one"), {"type": "Nonsense", "value": "hunter2", "name": "/x"}
    checked = engine.check(name, props, secrets=["value"])
    assert wire.load(checked.inputs)[1] == {"value"}
    with pytest.raises(grpc.RpcError) as error:
        engine.create(name, wire.load(checked.inputs)[0], secrets=["value"])
    assert "hunter2" not in said(error)
    made = engine.create(name, {**props, "type": "String"}, secrets=["type"])
    assert wire.load(made.properties)[1] == {"type", "value"}


def test_secret_tags_make_all_tags_secret(engine):
    inputs = {"cidrBlock": "10.0.0.0/16", "tags": {"a": "b"}}
    checked = engine.checked(urn(VPC, "one"), inputs)
    made = engine.create(urn(VPC, "one"), checked, secrets=["tags"])
    assert wire.load(made.properties)[1] == {"tags", "tagsAll"}


def test_a_type_that_is_not_there_is_refused_by_name(engine):
    with pytest.raises(grpc.RpcError) as error:
        engine.up("aws:lambda/function:Function", "one", {})
    assert "does not implement the type aws:lambda/function:Function" in said(error)


def test_an_unknown_property_and_a_wrong_type_are_named(engine):
    answer = engine.check(urn(VPC, "one"), {"cidrBlock": ["x"], "colour": "blue"})
    reasons = {failure.property: failure.reason for failure in answer.failures}
    assert "must be text" in reasons["cidrBlock"]
    assert "there is no such property" in reasons["colour"]


@pytest.mark.parametrize(
    ("props", "named"),
    [
        ({"fromPort": 1, "toPort": 2}, "cidrIpv4"),
        ({"fromPort": 1, "toPort": 2, "cidrIpv4": "a", "referencedSecurityGroupId": "b"}, "cidrI"),
        ({"cidrIpv4": "10.0.0.0/8"}, "fromPort"),
        ({"ipProtocol": "-1", "fromPort": 1, "toPort": 2, "cidrIpv4": "a"}, "fromPort"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(engine, props, named):
    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    whole = {"securityGroupId": "sg-1", "ipProtocol": "tcp", **props}
    answer = engine.check(urn(token, "one"), whole)
    assert answer.failures[0].property.startswith(named)


# --- the provider itself


def test_an_endpoint_that_is_not_of_this_machine_is_refused(region, engine):
    arguments = {**region.arguments, "endpoints": [{"ec2": "https://ec2.amazonaws.com"}]}
    answer = engine.stub.CheckConfig(pb.CheckRequest(news=wire.dump(arguments)))
    assert "on loopback only" in answer.failures[0].reason
    with pytest.raises(grpc.RpcError, match="on loopback only"):
        engine.stub.Configure(pb.ConfigureRequest(args=wire.dump(arguments)))


def test_a_service_without_an_endpoint_is_never_asked(region, start):
    engine = start(endpoints=[{"ec2": region.url}])
    with pytest.raises(grpc.RpcError, match="names none for ssm"):
        engine.up(PARAMETER, "one", {"type": "String", "value": "x"})


@pytest.mark.parametrize("name", ["profile", "assumeRoleWithWebIdentity", "ignoreTags"])
def test_a_provider_argument_that_is_not_implemented_is_refused(region, engine, name):
    arguments = wire.dump({**region.arguments, name: "x"})
    answer = engine.stub.CheckConfig(pb.CheckRequest(news=arguments))
    assert [failure.property for failure in answer.failures] == [name]


def test_the_real_plugins_arguments_for_a_lab_are_accepted(region, engine):
    answer = engine.stub.CheckConfig(pb.CheckRequest(news=wire.dump(region.arguments)))
    assert not answer.failures


def test_another_account_than_allowed_is_refused(start):
    engine = start(allowedAccountIds=["999999999999"])
    with pytest.raises(grpc.RpcError, match="is not one of `allowedAccountIds`"):
        engine.up(VPC, "one", {"cidrBlock": "10.0.0.0/16"})


def test_another_port_of_the_region_is_no_reason_to_replace_anything(region, engine):
    moved = {**region.arguments, "endpoints": [{"ec2": "http://127.0.0.1:1"}]}
    old, new = wire.dump(region.arguments), wire.dump(moved)
    answer = engine.stub.DiffConfig(pb.DiffRequest(olds=old, old_inputs=old, news=new))
    assert list(answer.diffs) == ["endpoints"]
    assert not answer.replaces


def test_once_cancelled_nothing_begins(region, engine):
    engine.stub.Cancel(pb.google_dot_protobuf_dot_empty__pb2.Empty())
    with pytest.raises(grpc.RpcError, match="cancelled before it began"):
        engine.up(VPC, "one", {"cidrBlock": "10.0.0.0/16"})
    assert region.client("ec2").describe_vpcs()["Vpcs"] == []


def test_who_am_i_is_answered_and_no_other_function(engine):
    ask = pb.InvokeRequest(tok="aws:index/getCallerIdentity:getCallerIdentity")
    answer = wire.load(getattr(engine.stub.Invoke(ask), "return"))[0]
    assert answer["accountId"] == "123456789012"
    with pytest.raises(grpc.RpcError, match="does not implement this function"):
        engine.stub.Invoke(pb.InvokeRequest(tok="aws:ec2/getAmi:getAmi"))


def test_the_table_of_properties_is_pulumi_awss_own():
    from infra.lab.provider.derive import derive

    assert catalogue() == derive()


def test_what_a_type_implements_is_in_the_table():
    for token in types.tokens():
        type_, known = types.type_of(token), catalogue()[token]
        assert set(type_.props) <= set(known["inputs"])
        assert set(type_.outputs) <= set(known["outputs"])
        assert {n for n, p in type_.props.items() if p.required} >= set(known["required"])


def test_the_provider_ends_when_the_engine_is_killed(tmp_path):
    launcher = install(tmp_path)
    # A stand-in for the engine: it starts the plugin, hands on its port and pid, and waits.
    program = (
        "import subprocess, sys, time\n"
        "p = subprocess.Popen([sys.argv[1], '127.0.0.1:1'], stdout=subprocess.PIPE, text=True)\n"
        "print(p.pid, p.stdout.readline(), flush=True)\n"
        "p.wait()\n"
    )
    engine = subprocess.Popen(
        [sys.executable, "-c", program, str(launcher)], stdout=subprocess.PIPE, text=True
    )
    pid, port = engine.stdout.readline().split()
    assert int(port)
    handle = os.pidfd_open(int(pid))
    engine.kill()
    engine.communicate()
    assert select.select([handle], [], [], 20)[0]
    os.close(handle)


def test_values_survive_the_wire():
    props = {"a": 1, "b": 1.5, "c": [True, None, "x"], "d": {"e": wire.UNKNOWN}, "f": {}, "g": []}
    back, secrets = wire.load(wire.dump(props, ["d"]))
    assert back == props
    assert secrets == {"d"}
    assert isinstance(back["a"], int)
