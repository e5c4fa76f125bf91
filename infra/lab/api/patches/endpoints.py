"""An interface endpoint has an address of its subnet and security groups that hold for it.

moto gives its interface no group, ignores the address that is asked for, takes any name for a
service, and keeps a deleted endpoint for good.
"""

from typing import Any

from infra.lab.api.patches.means import exchange

_INTERFACE = "interface"


def _service_exists(backend: Any, name: str) -> None:
    from moto.ec2.exceptions import EC2ClientError

    if name.startswith(f"com.amazonaws.{backend.region_name}."):
        return
    text = f"The Vpc Endpoint Service '{name}' does not exist"
    raise EC2ClientError("InvalidServiceName", text)


def _default_group(backend: Any, vpc: str) -> str:
    return str(backend.get_security_group_from_name("default", vpc).id)


def _fits(backend: Any, vpc: str, subnets: list[str], groups: list[str]) -> None:
    from moto.ec2.exceptions import EC2ClientError, InvalidSecurityGroupNotFoundError

    for subnet in subnets:
        if backend.get_subnet(subnet).vpc_id != vpc:
            text = f"The subnet {subnet} does not belong to {vpc}"
            raise EC2ClientError("InvalidParameter", text)
    for each in groups:
        group = backend.get_security_group_from_id(each)
        if group is None:
            raise InvalidSecurityGroupNotFoundError(each)
        if group.vpc_id != vpc:
            text = f"The security group {each} does not belong to {vpc}"
            raise EC2ClientError("InvalidParameter", text)


def patch() -> None:
    """Make, change and delete interface endpoints as AWS does."""
    from moto.ec2.models.vpcs import VPCBackend, VPCEndPoint
    from moto.ec2.responses.vpcs import VPCs

    create, asked = VPCBackend.create_vpc_endpoint, VPCs.create_vpc_endpoint
    modify, delete = VPCEndPoint.modify, VPCBackend.delete_vpc_endpoints

    def asked_for(self: Any) -> Any:
        rows = self._get_param("SubnetConfigurations", []) or []
        self.ec2_backend.bulkhead_wishes = {row["SubnetId"]: row.get("Ipv4") for row in rows}
        try:
            return asked(self)
        finally:
            self.ec2_backend.bulkhead_wishes = {}

    def create_vpc_endpoint(
        self: Any, vpc_id: str, service_name: str, endpoint_type: Any, *args: Any, **more: Any
    ) -> Any:
        _service_exists(self, service_name)
        if str(endpoint_type).lower() != _INTERFACE:
            return create(self, vpc_id, service_name, endpoint_type, *args, **more)
        wishes = getattr(self, "bulkhead_wishes", {})
        subnets = list(dict.fromkeys([*(more.pop("subnet_ids", None) or []), *wishes]))
        groups = more.pop("security_group_ids", None) or [_default_group(self, vpc_id)]
        _fits(self, vpc_id, subnets, groups)
        interfaces = [
            self.create_network_interface(
                self.get_subnet(subnet),
                wishes.get(subnet),
                group_ids=groups,
                description="VPC Endpoint Interface",
            )
            for subnet in subnets
        ]
        more |= {"subnet_ids": [], "security_group_ids": list(groups)}
        made = create(self, vpc_id, service_name, endpoint_type, *args, **more)
        made.subnet_ids = subnets
        made.network_interface_ids = [each.id for each in interfaces]
        return made

    def modify_endpoint(self: Any, *args: Any, **more: Any) -> None:
        modify(self, *args, **more)
        for each in self.network_interface_ids:
            interface = self.ec2_backend.enis[each]
            found = map(self.ec2_backend.get_security_group_from_id, self.security_group_ids)
            interface._group_set = [group for group in found if group is not None]

    def delete_vpc_endpoints(self: Any, vpce_ids: Any = None) -> None:
        delete(self, vpce_ids)
        for each in vpce_ids or []:
            self.vpc_end_points.pop(each, None)

    exchange(VPCs, create_vpc_endpoint=asked_for)
    exchange(VPCEndPoint, modify=modify_endpoint)
    exchange(
        VPCBackend,
        create_vpc_endpoint=create_vpc_endpoint,
        delete_vpc_endpoints=delete_vpc_endpoints,
    )
