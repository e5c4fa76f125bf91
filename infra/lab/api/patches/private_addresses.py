"""Private addresses lie in their subnet, are not AWS's own five, and belong to one interface each.

moto draws them at random (its own five included), lets two interfaces have the same one, and fails
with a bare exception where a wish cannot be met. Here the lowest free address is given.
"""

import ipaddress
from collections.abc import Iterable
from typing import Any

from infra.lab.api.patches.means import exchange


def _reserved(subnet: Any) -> set[int]:
    """The first four addresses of a subnet and its last are AWS's."""
    first, last = int(subnet.cidr.network_address), int(subnet.cidr.broadcast_address)
    return {first, first + 1, first + 2, first + 3, last}


def _in_use(backend: Any, subnet: Any) -> set[str]:
    interfaces = [each for each in backend.enis.values() if each.subnet.id == subnet.id]
    listed = {a["PrivateIpAddress"] for each in interfaces for a in each.private_ip_addresses}
    return listed | {each.private_ip_address for each in interfaces}


def _check(backend: Any, subnet: Any, address: str) -> None:
    from moto.ec2.exceptions import EC2ClientError

    try:
        wished = ipaddress.IPv4Address(address)
    except ValueError as error:
        text = f"Value ({address}) for parameter address is invalid."
        raise EC2ClientError("InvalidParameterValue", text) from error
    if wished not in subnet.cidr:
        text = "Address does not fall within the subnet's address range"
        raise EC2ClientError("InvalidParameterValue", text)
    if int(wished) in _reserved(subnet):
        raise EC2ClientError(
            "InvalidParameterValue", "Address is in subnet's reserved address range"
        )
    if address in _in_use(backend, subnet):
        raise EC2ClientError("InvalidIPAddress.InUse", f"Address {address} is in use.")


def _free(backend: Any, subnet: Any, besides: Iterable[str] = ()) -> str:
    from moto.ec2.exceptions import EC2ClientError

    taken, reserved = _in_use(backend, subnet) | set(besides), _reserved(subnet)
    for address in subnet.cidr:
        kept = any(address in each.cidr for each in subnet._cidr_reservations)
        if not kept and int(address) not in reserved and str(address) not in taken:
            return str(address)
    text = f"There are not enough free addresses in subnet '{subnet.id}' to satisfy the request."
    raise EC2ClientError("InsufficientFreeAddressesInSubnet", text)


def _wishes(first: Any, listed: Any) -> list[str]:
    """The addresses that a request for an interface names, without repetition."""
    named = [first] if isinstance(first, str) else list(first or [])
    for each in listed or []:
        named.append(each if isinstance(each, str) else each.get("PrivateIpAddress"))
    return list(dict.fromkeys(address for address in named if address))


def patch() -> None:
    """Choose and check addresses of instances, interfaces and endpoints."""
    from moto.ec2.models import nat_gateways, vpcs
    from moto.ec2.models.elastic_network_interfaces import NetworkInterfaceBackend
    from moto.ec2.models.subnets import Subnet

    create, assign = (
        NetworkInterfaceBackend.create_network_interface,
        NetworkInterfaceBackend.assign_private_ip_addresses,
    )

    def create_network_interface(
        self: Any,
        subnet: Any,
        private_ip_address: Any,
        private_ip_addresses: Any = None,
        *args: Any,
        **more: Any,
    ) -> Any:
        subnet = self.get_subnet(subnet) if isinstance(subnet, str) else subnet
        wishes = _wishes(private_ip_address, private_ip_addresses)
        for address in wishes:
            _check(self, subnet, address)
        if not wishes:
            private_ip_address = _free(self, subnet)
            wishes = [private_ip_address]
        extra: list[str] = []
        for _ in range(int(more.pop("secondary_ips_count", None) or 0)):
            extra.append(_free(self, subnet, [*wishes, *extra]))
        made = create(self, subnet, private_ip_address, private_ip_addresses, *args, **more)
        made.private_ip_addresses += [{"Primary": False, "PrivateIpAddress": a} for a in extra]
        return made

    def assign_private_ip_addresses(
        self: Any, eni_id: str, private_ip_addresses: Any = None, secondary_ips_count: Any = None
    ) -> Any:
        subnet, named = self.get_network_interface(eni_id).subnet, list(private_ip_addresses or [])
        for address in named:
            _check(self, subnet, address)
        for _ in range(int(secondary_ips_count or 0)):
            named.append(_free(self, subnet, named))
        return assign(self, eni_id, named, None)

    def request_ip(self: Any, ip: str, instance: Any) -> None:
        _check(self.ec2_backend, self, ip)

    exchange(
        NetworkInterfaceBackend,
        create_network_interface=create_network_interface,
        assign_private_ip_addresses=assign_private_ip_addresses,
    )
    exchange(
        Subnet,
        get_available_subnet_ip=lambda self, instance: _free(self.ec2_backend, self),
        request_ip=request_ip,
        del_subnet_ip=lambda self, ip: None,
    )
    for module in (vpcs, nat_gateways):
        exchange(module, random_private_ip=lambda *_: None)
