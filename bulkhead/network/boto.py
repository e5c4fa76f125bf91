"""A boto3 EC2 client as the reader's Api. boto3 itself is the caller's to import."""

from dataclasses import dataclass
from typing import Any

_ITEMS = {
    "describe_vpcs": "Vpcs",
    "describe_subnets": "Subnets",
    "describe_route_tables": "RouteTables",
    "describe_network_acls": "NetworkAcls",
    "describe_security_groups": "SecurityGroups",
    "describe_security_group_rules": "SecurityGroupRules",
    "describe_vpc_peering_connections": "VpcPeeringConnections",
    "describe_internet_gateways": "InternetGateways",
    "describe_instances": "Reservations",
    "describe_addresses": "Addresses",
    "describe_vpc_endpoints": "VpcEndpoints",
    "describe_network_interfaces": "NetworkInterfaces",
    "describe_transit_gateways": "TransitGateways",
    "describe_transit_gateway_attachments": "TransitGatewayAttachments",
    "describe_transit_gateway_route_tables": "TransitGatewayRouteTables",
    "search_transit_gateway_routes": "Routes",
}
"""Where each call's response holds its items."""


@dataclass(frozen=True, slots=True)
class BotoApi:
    """client: `boto3.client("ec2", …)` with the account's credentials. account: its 12 digits."""

    client: Any
    account: str

    def describe(self, operation: str, **filters: object) -> list[dict[str, Any]]:
        """All items of all pages; KeyError for an operation that the reader never makes."""
        key = _ITEMS[operation]
        if not self.client.can_paginate(operation):
            return list(getattr(self.client, operation)(**filters)[key])
        pages = self.client.get_paginator(operation).paginate(**filters)
        return [item for page in pages for item in page.get(key, ())]
