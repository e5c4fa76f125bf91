"""Every field of the shapes we read has its place, as botocore knows them."""

import botocore.session
import pytest

from bulkhead.errors import BulkheadError
from bulkhead.network.boto import BotoApi
from bulkhead.network.parse import acls, endpoints, groups, instances, routing, transit, vpcs
from bulkhead.network.parse.shape import Shape, accept, icmp_range, words

SHAPES = [
    *vpcs.SHAPES,
    *routing.SHAPES,
    *acls.SHAPES,
    *groups.SHAPES,
    *instances.SHAPES,
    *endpoints.SHAPES,
    *transit.SHAPES,
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_every_field_that_botocore_knows_is_read_ignored_or_refused(shape):
    model = botocore.session.get_session().get_service_model("ec2").shape_for(shape.name)
    assert shape.fields == set(model.members)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_no_field_has_two_places(shape):
    places = [shape.reads, shape.ignores, shape.empty, frozenset(shape.only)]
    assert sum(map(len, places)) == len(shape.fields)


TRIED = Shape(
    name="Thing",
    operation="describe_things",
    reads=words("ThingId"),
    ignores=words("Colour"),
    empty=words("Wings"),
    only={"Legs": (4,)},
)


@pytest.mark.parametrize(
    "item", [{}, {"Colour": "red"}, {"Wings": []}, {"Wings": None}, {"Legs": 4}, {"Legs": None}]
)
def test_what_is_known_is_accepted(item):
    assert accept(TRIED, item, "thing-1") == item


@pytest.mark.parametrize("item", [{"Horns": 0}, {"Wings": [1]}, {"Legs": 0}])
def test_what_is_unknown_or_beyond_the_model_is_refused(item):
    (name, value) = next(iter(item.items()))
    with pytest.raises(BulkheadError) as caught:
        accept(TRIED, item, "thing-1")
    assert f"describe_things thing-1: Thing.{name} is {value!r}" in str(caught.value)


def acl_item(**entry):
    given = {"RuleNumber": 1, "Egress": False, "RuleAction": "allow", "CidrBlock": "10.0.0.0/8"}
    return {
        "NetworkAclId": "acl-1",
        "VpcId": "vpc-1",
        "IsDefault": False,
        "Associations": [],
        "Entries": [given | entry],
    }


def test_icmp_types_of_acl_entries_are_read_and_one_without_type_is_refused():
    told = acl_item(Protocol="1", IcmpTypeCode={"Type": 8, "Code": -1})
    (entry,) = acls.acl(told, "1").entries
    assert (entry.first, entry.last) == (2048, 2303)
    with pytest.raises(BulkheadError, match="IcmpTypeCode is None"):
        acls.acl(acl_item(Protocol="1"), "1")
    with pytest.raises(BulkheadError, match="PortRange is None"):
        acls.acl(acl_item(Protocol="6"), "1")


def test_ipv6_entries_and_the_implicit_deny_are_left_out():
    six = acl_item(Protocol="-1", CidrBlock=None, Ipv6CidrBlock="::/0")
    last = acl_item(Protocol="-1", RuleNumber=32767)
    assert acls.acl(six, "1").entries == acls.acl(last, "1").entries == ()


@pytest.mark.parametrize(
    ("told", "expected"),
    [((-1, -1), (0, 65535)), ((8, -1), (2048, 2303)), ((3, 4), (772, 772))],
)
def test_icmp_types_and_codes_are_one_range(told, expected):
    assert icmp_range(*told) == expected


def route_item(**route):
    return {
        "RouteTableId": "rtb-1",
        "VpcId": "vpc-1",
        "Associations": [],
        "PropagatingVgws": [],
        "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "Origin": "CreateRoute"} | route],
    }


def test_a_black_hole_may_have_led_anywhere_and_an_active_route_may_not():
    told = route_item(State="blackhole", NatGatewayId="nat-1")
    (route,) = routing.route_table(told, "1").routes
    assert (route.target, route.active) == ("nat-1", False)
    for target in ({"NatGatewayId": "nat-1"}, {"GatewayId": "vgw-1"}, {"LocalGatewayId": "lgw"}):
        with pytest.raises(BulkheadError, match="not modelled"):
            routing.route_table(route_item(State="active", **target), "1")


def test_a_prefix_list_and_a_rule_without_a_peer_are_refused():
    told = {
        "SecurityGroupRuleId": "sgr-1",
        "GroupId": "sg-1",
        "IsEgress": False,
        "IpProtocol": "-1",
        "FromPort": -1,
        "ToPort": -1,
    }
    with pytest.raises(BulkheadError, match="PrefixListId"):
        groups.rule(told | {"PrefixListId": "pl-1"})
    with pytest.raises(BulkheadError, match="one CIDR or one group"):
        groups.rule(told)


def test_pages_are_put_together_and_calls_without_pages_are_made_once():
    class Pages:
        def paginate(self, **filters):
            assert filters == {"VpcIds": ["x"]}
            return [{"Vpcs": [1, 2]}, {"Vpcs": [3]}]

    class Client:
        def can_paginate(self, operation):
            return operation == "describe_vpcs"

        def get_paginator(self, _operation):
            return Pages()

        def describe_addresses(self):
            return {"Addresses": [4]}

    api = BotoApi(Client(), "1")
    assert api.describe("describe_vpcs", VpcIds=["x"]) == [1, 2, 3]
    assert api.describe("describe_addresses") == [4]
