"""An interface is in exactly the groups it was last put in, which exist and lie in its VPC.

moto adds an instance's groups to those of its interface, so that a group once given is never lost;
it makes groups up where an id does not exist; and it takes groups of other VPCs.
"""

from collections.abc import Iterable
from typing import Any

from infra.lab.api.patches.means import exchange


def _groups(backend: Any, vpc: str, ids: Iterable[str]) -> list[Any]:
    from moto.ec2.exceptions import EC2ClientError, InvalidSecurityGroupNotFoundError

    found = []
    for group_id in dict.fromkeys(ids):
        group = backend.get_security_group_from_id(group_id)
        if group is None:
            raise InvalidSecurityGroupNotFoundError(group_id)
        if group.vpc_id != vpc:
            text = f"Security group {group_id} and the interface belong to different networks."
            raise EC2ClientError("InvalidParameter", text)
        found.append(group)
    return found


def _put(interface: Any, groups: list[Any]) -> None:
    interface._group_set = list(groups)
    if interface.instance is not None and interface.device_index == 0:
        interface.instance.security_groups = list(groups)


def patch() -> None:
    """Make the interface's own list the only truth, and check it."""
    from moto.ec2.models.elastic_network_interfaces import NetworkInterface, NetworkInterfaceBackend
    from moto.ec2.models.instances import Instance, InstanceBackend

    create, modify = (
        NetworkInterfaceBackend.create_network_interface,
        NetworkInterfaceBackend.modify_network_interface_attribute,
    )
    attach = Instance.attach_eni

    def create_network_interface(
        self: Any,
        subnet: Any,
        address: Any,
        addresses: Any = None,
        group_ids: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        subnet = self.get_subnet(subnet) if isinstance(subnet, str) else subnet
        ids = list(dict.fromkeys(group_ids or []))
        _groups(self, subnet.vpc_id, ids)
        return create(self, subnet, address, addresses, ids, *args, **kwargs)

    def modify_network_interface_attribute(
        self: Any, eni_id: str, group_ids: list[str], *args: Any, **kwargs: Any
    ) -> None:
        interface = self.get_network_interface(eni_id)
        groups = _groups(self, interface.vpc_id, group_ids or [])
        modify(self, eni_id, [], *args, **kwargs)
        if groups:
            _put(interface, groups)

    def modify_instance_security_groups(self: Any, instance_id: str, ids: list[str]) -> Any:
        instance = self.get_instance(instance_id)
        _put(instance.nics[0], _groups(self, instance.nics[0].vpc_id, ids))
        return instance

    def attach_eni(self: Any, eni: Any, device_index: int) -> Any:
        attachment = attach(self, eni, device_index)
        _put(eni, eni._group_set)
        return attachment

    exchange(NetworkInterface, group_set=property(lambda self: list(self._group_set)))
    exchange(
        NetworkInterfaceBackend,
        create_network_interface=create_network_interface,
        modify_network_interface_attribute=modify_network_interface_attribute,
    )
    exchange(InstanceBackend, modify_instance_security_groups=modify_instance_security_groups)
    exchange(Instance, attach_eni=attach_eni)
