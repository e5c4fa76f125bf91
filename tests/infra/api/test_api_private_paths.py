"""moto's gaps about endpoints and transit gateways, each shown closed."""

import pytest
from test_api_patches import Place, _refused

from bulkhead.network.boto import BotoApi
from bulkhead.network.read import read
from infra.lab.api.accounts import PLATFORM

S3 = "com.amazonaws.eu-central-1.s3"


@pytest.fixture
def place(lab):
    return Place(lab.client())


def endpoint(place, **wish):
    said = {"VpcEndpointType": "Interface", "SubnetIds": [place.subnet], **wish}
    made = place.client.create_vpc_endpoint(VpcId=place.vpc, ServiceName=S3, **said)
    return made["VpcEndpoint"]["VpcEndpointId"]


def deployed(place):
    return read([BotoApi(place.client, PLATFORM)])


def test_an_endpoint_has_the_address_asked_for_and_its_groups(place):
    wish = [{"SubnetId": place.subnet, "Ipv4": "10.0.1.9"}]
    made = endpoint(place, SubnetConfigurations=wish, SecurityGroupIds=[place.group])
    (row,) = deployed(place).endpoints
    assert (row.id, row.address, row.groups) == (made, "10.0.1.9", (place.group,))
    assert (row.vpc, row.subnet, row.service, row.accepted) == (place.vpc, place.subnet, S3, True)
    assert row.account == PLATFORM


def test_an_endpoint_without_a_wish_lies_in_its_subnet_and_in_the_default_group(place):
    endpoint(place)
    (row,) = deployed(place).endpoints
    assert row.address == "10.0.1.4"
    (group,) = [group for group in deployed(place).groups if group.default]
    assert row.groups == (group.id,)


def test_an_endpoints_groups_are_changed_on_its_interface_and_guarded_from_deletion(place):
    made, other = endpoint(place, SecurityGroupIds=[place.group]), place.new_group("two")
    place.client.modify_vpc_endpoint(
        VpcEndpointId=made, AddSecurityGroupIds=[other], RemoveSecurityGroupIds=[place.group]
    )
    (row,) = deployed(place).endpoints
    assert row.groups == (other,)
    _refused("DependencyViolation", lambda: place.client.delete_security_group(GroupId=other))


def test_no_endpoint_to_a_service_that_is_not_there_nor_in_anothers_subnet(place):
    there = {"VpcEndpointType": "Interface", "SubnetIds": [place.subnet]}
    _refused(
        "InvalidServiceName",
        lambda: place.client.create_vpc_endpoint(
            VpcId=place.vpc, ServiceName="com.example.s3", **there
        ),
    )
    other = Place(place.client, "10.9")
    _refused("InvalidParameter", lambda: endpoint(place, SubnetIds=[other.subnet]))


def test_a_deleted_endpoint_is_gone_with_its_interface(place):
    made = endpoint(place)
    place.client.delete_vpc_endpoints(VpcEndpointIds=[made])
    assert deployed(place).endpoints == ()
    assert place.client.describe_network_interfaces()["NetworkInterfaces"] == []
    _refused(
        "InvalidVpcEndpointId.NotFound",
        lambda: place.client.describe_vpc_endpoints(VpcEndpointIds=[made]),
    )


def transit(place, **options):
    closed = {
        "DefaultRouteTableAssociation": "disable",
        "DefaultRouteTablePropagation": "disable",
    }
    made = place.client.create_transit_gateway(Options=closed | options)["TransitGateway"]
    return made["TransitGatewayId"]


def attach(place, gateway, at=None):
    at = at or place
    made = place.client.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway,
        VpcId=at.vpc,
        SubnetIds=[at.subnet],
        TagSpecifications=[
            {
                "ResourceType": "transit-gateway-attachment",
                "Tags": [{"Key": "bulkhead:id", "Value": f"to {at.vpc}"}],
            }
        ],
    )
    return made["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]


def judge(place, gateway):
    made = place.client.create_transit_gateway_route_table(TransitGatewayId=gateway)
    return made["TransitGatewayRouteTable"]["TransitGatewayRouteTableId"]


def test_an_attachment_bears_its_tag_and_is_in_no_table_until_it_is_put_into_one(place):
    gateway = transit(place)
    made = attach(place, gateway)
    (row,) = deployed(place).attachments
    assert (row.name, row.table, row.available) == (f"to {place.vpc}", "", True)
    assert deployed(place).transit_tables == ()
    table = judge(place, gateway)
    into = {"TransitGatewayAttachmentId": made, "TransitGatewayRouteTableId": table}
    place.client.associate_transit_gateway_route_table(**into)
    (row,) = deployed(place).attachments
    assert row.table == table
    other = judge(place, gateway)
    twice = into | {"TransitGatewayRouteTableId": other}
    _refused(
        "Resource.AlreadyAssociated",
        lambda: place.client.associate_transit_gateway_route_table(**twice),
    )
    place.client.disassociate_transit_gateway_route_table(**into)
    (row,) = deployed(place).attachments
    assert row.table == ""


def test_a_gateway_with_defaults_puts_attachments_into_its_own_table(place):
    attach(place, transit(place, DefaultRouteTableAssociation="enable"))
    (row,) = deployed(place).attachments
    assert [row.table] == [table.id for table in deployed(place).transit_tables]


def test_a_route_to_a_transit_gateway_wants_an_attachment_and_is_a_black_hole_without(place):
    gateway, table = transit(place), place.table()
    route = {"RouteTableId": table, "DestinationCidrBlock": "10.9.0.0/16"}

    def create():
        place.client.create_route(TransitGatewayId=gateway, **route)

    _refused("InvalidTransitGatewayID.NotFound", create)
    made = attach(place, gateway)
    create()
    found = {r.cidr: r for t in deployed(place).route_tables for r in t.routes}["10.9.0.0/16"]
    assert (found.target, found.active) == (gateway, True)
    _refused(
        "IncorrectState",
        lambda: place.client.delete_transit_gateway(TransitGatewayId=gateway),
    )
    place.client.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=made)
    found = {r.cidr: r for t in deployed(place).route_tables for r in t.routes}["10.9.0.0/16"]
    assert not found.active


def test_a_transit_route_is_made_once_and_is_a_black_hole_when_its_end_is_gone(place):
    gateway = transit(place)
    made, table = attach(place, gateway), judge(place, gateway)
    route = {"TransitGatewayRouteTableId": table, "DestinationCidrBlock": "10.0.0.0/16"}
    place.client.create_transit_gateway_route(TransitGatewayAttachmentId=made, **route)
    (row,) = deployed(place).transit_tables
    assert [(r.cidr, r.target, r.active) for r in row.routes] == [("10.0.0.0/16", made, True)]
    _refused(
        "RouteAlreadyExists",
        lambda: place.client.create_transit_gateway_route(TransitGatewayAttachmentId=made, **route),
    )
    place.client.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=made)
    (row,) = deployed(place).transit_tables
    assert [r.active for r in row.routes] == [False]
    place.client.delete_transit_gateway_route(**route)
    _refused("InvalidRoute.NotFound", lambda: place.client.delete_transit_gateway_route(**route))
