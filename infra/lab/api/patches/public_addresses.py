"""Public addresses come from documentation ranges that the lab's internet routes.

Allocated ones from 203.0.113.0/24, asked ones also from 198.51.100.0/24 (customers' own fixed
addresses); moto gives 127.x and 54.x, and gives the same one twice. One pool serves all accounts.
"""

import ipaddress
from typing import Any

from infra.lab.api.patches.means import back_ends, exchange

POOL = ipaddress.IPv4Network("203.0.113.0/24")
FIXED = ipaddress.IPv4Network("198.51.100.0/24")
RESERVED = frozenset(
    ipaddress.IPv4Address(address) for address in ("198.51.100.250", "198.51.100.254")
)
"""Addresses of the lab's own internet."""


def _in_use() -> set[str]:
    used: set[str] = set()
    for backend in back_ends():
        used |= {each.public_ip for each in backend.addresses}
        used |= {each.public_ip for each in backend.enis.values() if each.public_ip}
    return used


def free_address() -> str:
    """The lowest free address of the pool, else AWS's AddressLimitExceeded."""
    from moto.ec2.exceptions import EC2ClientError

    used = _in_use()
    for address in POOL.hosts():
        if str(address) not in used:
            return str(address)
    text = f"The maximum number of addresses has been reached ({POOL.num_addresses - 2} in {POOL})."
    raise EC2ClientError("AddressLimitExceeded", text)


def _asked(address: str) -> str:
    from moto.ec2.exceptions import EC2ClientError

    try:
        wished = ipaddress.IPv4Address(address)
    except ValueError as error:
        raise EC2ClientError("InvalidParameterValue", f"'{address}' is no IPv4 address") from error
    usable = (wished in POOL or wished in FIXED) and int(wished) & 0xFF not in (0, 255)
    if not usable or wished in RESERVED:
        text = f"The address '{address}' does not belong to you; allowed: {FIXED}, {POOL}"
        raise EC2ClientError("InvalidAddress.NotFound", text)
    if address in _in_use():
        raise EC2ClientError("InvalidAddress.InUse", f"The address '{address}' is in use.")
    return address


def patch() -> None:
    """Allocate from the pool, and for interfaces that get a public address by themselves too."""
    from moto.ec2.models import elastic_network_interfaces
    from moto.ec2.models.elastic_ip_addresses import ElasticAddressBackend

    allocate = ElasticAddressBackend.allocate_address

    def allocate_address(
        self: Any, domain: str, address: str | None = None, tags: Any = None
    ) -> Any:
        return allocate(
            self, domain, address=_asked(address) if address else free_address(), tags=tags
        )

    exchange(ElasticAddressBackend, allocate_address=allocate_address)
    exchange(elastic_network_interfaces, random_public_ip=free_address)
    _associations()


def _associations() -> None:
    from moto.ec2.models.elastic_ip_addresses import ElasticAddressBackend

    associate, release = (
        ElasticAddressBackend.associate_address,
        ElasticAddressBackend.release_address,
    )

    def associate_address(
        self: Any, instance: Any = None, eni: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """One interface has one public address, and an address one interface: what was, goes."""
        _associable(instance)
        target = eni or instance.nics[0]
        before = {each.public_ip: each.eni for each in self.addresses}
        made = associate(self, instance, eni, *args, **kwargs)
        left = before.get(made.public_ip)
        if left is not None and left is not target:
            left.public_ip = None
        for other in self.addresses:
            if other is not made and other.eni is target:
                other.eni = other.instance = other.association_id = None
        return made

    def release_address(
        self: Any, address: str | None = None, allocation_id: str | None = None
    ) -> None:
        from moto.ec2.exceptions import EC2ClientError

        found = (
            self.address_by_ip([address])
            if address
            else self.address_by_allocation([allocation_id])
        )
        if found[0].association_id:
            text = f"The address with allocation id {found[0].allocation_id} is in use."
            raise EC2ClientError("InvalidIPAddress.InUse", text)
        release(self, address=address, allocation_id=allocation_id)

    exchange(
        ElasticAddressBackend,
        associate_address=associate_address,
        release_address=release_address,
    )


def _associable(instance: Any) -> None:
    from moto.ec2.exceptions import EC2ClientError

    if instance is not None and instance._state.name == "terminated":
        text = f"The instance '{instance.id}' is not in a valid state for this operation."
        raise EC2ClientError("IncorrectInstanceState", text)
