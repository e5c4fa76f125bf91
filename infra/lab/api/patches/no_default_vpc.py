"""An account starts without a default VPC, as accounts of an organisation do; subnets are plain.

moto makes one with a subnet per zone, and takes the first subnet of each zone for a default subnet
that gives public addresses. Nothing in the lab may exist that nobody asked for.
"""

from typing import Any

from infra.lab.api.patches.means import exchange


class _None:
    """Stands for the default VPC where there is none; asking for its id is AWS's error."""

    @property
    def id(self) -> str:
        from moto.ec2.exceptions import VPCIdNotSpecifiedError

        raise VPCIdNotSpecifiedError


def patch() -> None:
    """Start empty, and make subnets that map no public address unless told to."""
    from moto.ec2.models import EC2Backend
    from moto.ec2.models.subnets import SubnetBackend

    start, create_default = EC2Backend.__init__, EC2Backend.create_default_vpc
    create_subnet = SubnetBackend.create_subnet

    def start_empty(self: Any, region_name: str, account_id: str) -> None:
        self.bulkhead_starting = True
        start(self, region_name, account_id)
        self.bulkhead_starting = False

    def create_default_vpc(self: Any) -> Any:
        if self.bulkhead_starting:
            return _None()
        self.default_vpc = create_default(self)
        return self.default_vpc

    def create_plain_subnet(self: Any, *args: Any, **kwargs: Any) -> Any:
        subnet = create_subnet(self, *args, **kwargs)
        if not self.get_vpc(subnet.vpc_id).is_default:
            subnet.default_for_az = subnet.map_public_ip_on_launch = False
        return subnet

    exchange(EC2Backend, __init__=start_empty, create_default_vpc=create_default_vpc)
    exchange(SubnetBackend, create_subnet=create_plain_subnet)
