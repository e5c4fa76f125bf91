"""Endpoints and transit gateways as the API tells them: read, or refused where not modelled."""

import pytest

from bulkhead.network.parse import endpoints, transit
from bulkhead.network.parse.shape import NotModelled

TOLD = {
    "VpcEndpointId": "vpce-1",
    "VpcEndpointType": "Interface",
    "VpcId": "vpc-1",
    "ServiceName": "com.amazonaws.eu-central-1.s3",
    "State": "available",
    "SubnetIds": ["subnet-1"],
    "NetworkInterfaceIds": ["eni-1"],
    "Groups": [{"GroupId": "sg-1", "GroupName": "one"}],
    "Tags": [{"Key": "bulkhead:id", "Value": "a/endpoint-s3"}],
}
ADDRESSES = {"eni-1": "10.0.0.9"}


def read(**change):
    return endpoints.endpoint(TOLD | change, ADDRESSES, "1")


@pytest.mark.parametrize(
    ("state", "accepted"),
    [("available", True), ("Available", True), ("pendingAcceptance", False), ("rejected", False)],
)
def test_an_endpoint_is_accepted_only_when_it_is_available(state, accepted):
    assert read(State=state).accepted is accepted


@pytest.mark.parametrize("state", ["deleting", "Deleted", "failed", "expired"])
def test_an_endpoint_that_is_gone_is_none(state):
    assert read(State=state) is None


@pytest.mark.parametrize(
    "change",
    [
        {"VpcEndpointType": "Gateway"},
        {"VpcEndpointType": "GatewayLoadBalancer"},
        {"IpAddressType": "dualstack"},
        {"RouteTableIds": ["rtb-1"]},
        {"SubnetIds": ["subnet-1", "subnet-2"]},
        {"NetworkInterfaceIds": ["eni-1", "eni-2"]},
        {"NetworkInterfaceIds": ["eni-unknown"]},
        {"ServiceNetworkArn": "arn:aws:vpc-lattice:…"},
        {"Novelty": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_endpoint_beyond_the_model_is_refused(change):
    with pytest.raises(NotModelled, match="vpce-1"):
        read(**change)


def test_a_second_bearer_of_a_name_is_told_apart():
    names = [row.name for row in endpoints.told_apart([read(), read(VpcEndpointId="vpce-2")])]
    assert names == ["a/endpoint-s3", "a/endpoint-s3 (vpce-2)"]


ATTACHMENT = {
    "TransitGatewayAttachmentId": "tgw-attach-1",
    "TransitGatewayId": "tgw-1",
    "ResourceType": "vpc",
    "ResourceId": "vpc-1",
    "State": "available",
    "Association": {"TransitGatewayRouteTableId": "tgw-rtb-1", "State": "associated"},
}


def test_an_attachment_is_judged_by_a_table_only_while_it_is_associated():
    assert transit.attachment(ATTACHMENT, "1").table == "tgw-rtb-1"
    leaving = {"TransitGatewayRouteTableId": "tgw-rtb-1", "State": "disassociating"}
    assert transit.attachment(ATTACHMENT | {"Association": leaving}, "1").table == ""
    assert transit.attachment(ATTACHMENT | {"Association": None}, "1").table == ""


def test_an_attachment_of_anything_but_a_vpc_is_refused():
    with pytest.raises(NotModelled, match="ResourceType is 'vpn'"):
        transit.attachment(ATTACHMENT | {"ResourceType": "vpn"}, "1")


def test_an_attachment_that_waits_is_not_available_and_one_that_is_gone_is_none():
    assert not transit.attachment(ATTACHMENT | {"State": "pendingAcceptance"}, "1").available
    assert transit.attachment(ATTACHMENT | {"State": "deleted"}, "1") is None


TABLE = {"TransitGatewayRouteTableId": "tgw-rtb-1", "TransitGatewayId": "tgw-1", "State": "x"}
HOP = {"TransitGatewayAttachmentId": "tgw-attach-1", "ResourceType": "vpc", "ResourceId": "vpc-1"}


def route(state, *hops, **more):
    known = {"DestinationCidrBlock": "10.0.0.0/8", "State": state, "Type": "static"}
    return known | {"TransitGatewayAttachments": list(hops)} | more


def test_a_black_hole_leads_nowhere_and_an_active_route_to_one_attachment():
    table = transit.table(TABLE, [route("active", HOP)])
    assert [(row.target, row.active) for row in table.routes] == [("tgw-attach-1", True)]
    table = transit.table(TABLE, [route("blackhole")])
    assert [(row.target, row.active) for row in table.routes] == [("nowhere", False)]


@pytest.mark.parametrize(
    "told",
    [
        route("active"),
        route("active", HOP, HOP),
        route("active", HOP | {"ResourceType": "vpn"}),
        route("active", HOP, PrefixListId="pl-1"),
    ],
)
def test_a_route_beyond_the_model_is_refused(told):
    with pytest.raises(NotModelled, match="tgw-rtb-1"):
        transit.table(TABLE, [told])
