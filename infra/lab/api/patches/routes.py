"""Routes tell when they lead nowhere, and are refused where AWS refuses them.

moto calls every route active, lets a route replace the local one, and takes gateways, peerings and
transit gateways of other VPCs; a subnet given to a second table silently stays with the first.
"""

import ipaddress
from typing import Any

from infra.lab.api.patches.means import exchange


def _state(route: Any) -> str:
    """`blackhole` where the next hop is gone, detached or not active."""
    vpc, backend = route.route_table.vpc_id, route.route_table.ec2_backend
    lost = False
    if route.gateway is not None and route.gateway.id.startswith("igw-"):
        attached: Any = getattr(route.gateway, "vpc", None)
        lost = route.gateway.id not in backend.internet_gateways or not attached
        lost = lost or attached.id != vpc
    elif route.vpc_pcx is not None:
        lost = route.vpc_pcx._status.code != "active"
    elif route.transit_gateway is not None:
        lost = not _attached(backend, route.transit_gateway.id, vpc)
    elif route.interface is not None:
        owner = route.interface.instance
        lost = route.interface.id not in backend.enis or owner is None or not owner.is_running()
    elif route.instance is not None:
        lost = not route.instance.is_running()
    return "blackhole" if lost else "active"


def _attached(backend: Any, gateway: str, vpc: str) -> bool:
    """Whether a VPC is attached to a transit gateway that is there."""
    return gateway in backend.transit_gateways and any(
        (each.transit_gateway_id, each.resource_id, each.state) == (gateway, vpc, "available")
        for each in backend.transit_gateway_attachments.values()
    )


def _next_hop_fits(backend: Any, table: Any, wanted: dict[str, Any]) -> None:
    from moto.ec2.exceptions import EC2ClientError

    gateway, peering = wanted.get("gateway_id"), wanted.get("vpc_peering_connection_id")
    if gateway and gateway.startswith("igw-"):
        attached = backend.get_internet_gateway(gateway).vpc
        if attached is None or attached.id != table.vpc_id:
            text = (
                f"route table {table.id} and network gateway {gateway} belong to different networks"
            )
            raise EC2ClientError("InvalidParameterValue", text)
    transit = wanted.get("transit_gateway_id")
    if transit and not _attached(backend, transit, table.vpc_id):
        text = f"transitGateway ID '{transit}' does not exist or is not attached to {table.vpc_id}"
        raise EC2ClientError("InvalidTransitGatewayID.NotFound", text)
    if peering:
        found = backend.get_vpc_peering_connection(peering)
        if table.vpc_id not in (found.vpc.id, found.peer_vpc.id):
            text = f"route table {table.id} and peering {peering} belong to different networks"
            raise EC2ClientError("InvalidParameterValue", text)


def _not_twice(table: Any, cidr: str) -> None:
    from moto.ec2.exceptions import RouteAlreadyExistsError

    for route in table._routes.values():
        if route.destination_cidr_block and _same(route.destination_cidr_block, cidr):
            raise RouteAlreadyExistsError(cidr)


def _same(one: str, other: str) -> bool:
    try:
        return ipaddress.ip_network(one, strict=False) == ipaddress.ip_network(other, strict=False)
    except ValueError:
        return False


def patch() -> None:
    """Mend the state of routes, and what is refused."""
    from moto.ec2.models.route_tables import Route, RouteBackend

    create, replace = RouteBackend.create_route, RouteBackend.replace_route

    def create_route(self: Any, route_table_id: str, cidr: Any, *args: Any, **wanted: Any) -> Any:
        table = self.get_route_table(route_table_id)
        _next_hop_fits(self, table, wanted)
        if cidr and not wanted.get("local"):
            _not_twice(table, cidr)
        return create(self, route_table_id, cidr, *args, **wanted)

    def create_named(self: Any, route_table_id: str, *args: Any, **wanted: Any) -> Any:
        cidr = wanted.pop("destination_cidr_block", None) if not args else args[0]
        return create_route(self, route_table_id, cidr, *args[1:], **wanted)

    def replace_route(self: Any, route_table_id: str, *args: Any, **wanted: Any) -> Any:
        _next_hop_fits(self, self.get_route_table(route_table_id), wanted)
        return replace(self, route_table_id, *args, **wanted)

    exchange(Route, state=property(_state))
    exchange(RouteBackend, create_route=create_named, replace_route=replace_route)
    _local_stays()
    _one_table_a_subnet()


def _local_stays() -> None:
    """The local route cannot be deleted by a client (moto itself does, with a VPC's CIDR)."""
    from moto.ec2.responses.route_tables import RouteTables

    delete = RouteTables.delete_route

    def delete_route(self: Any) -> Any:
        from moto.ec2.exceptions import EC2ClientError

        cidr = self._get_param("DestinationCidrBlock")
        table = self.ec2_backend.get_route_table(self._get_param("RouteTableId"))
        if cidr and any(r.local and r.destination_cidr_block == cidr for r in table.routes):
            text = f"cannot remove local route {cidr} in route table {table.id}"
            raise EC2ClientError("InvalidParameterValue", text)
        return delete(self)

    exchange(RouteTables, delete_route=delete_route)


def _one_table_a_subnet() -> None:
    from moto.ec2.models.route_tables import RouteBackend

    associate = RouteBackend.associate_route_table

    def associate_route_table(
        self: Any, route_table_id: str, gateway_id: Any = None, subnet_id: Any = None
    ) -> Any:
        from moto.ec2.exceptions import EC2ClientError

        table = self.get_route_table(route_table_id)
        if subnet_id and self.get_subnet(subnet_id).vpc_id != table.vpc_id:
            text = (
                f"Route table {route_table_id} and subnet {subnet_id} belong to different networks"
            )
            raise EC2ClientError("InvalidParameterValue", text)
        for other in self.route_tables.values():
            if other is not table and subnet_id and subnet_id in other._associations.values():
                text = f"subnet {subnet_id} is already associated with {other.id}"
                raise EC2ClientError("Resource.AlreadyAssociated", text)
        return associate(self, route_table_id, gateway_id, subnet_id)

    exchange(RouteBackend, associate_route_table=associate_route_table)
