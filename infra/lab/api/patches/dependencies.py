"""What something else still needs cannot be deleted, and what is deleted leaves nothing behind.

moto deletes groups in use, subnets with interfaces, VPCs with gateways and groups, main route
tables; it leaves a deleted subnet's associations and a deleted VPC's default ACL.
"""

from collections.abc import Iterator
from typing import Any

from infra.lab.api.patches.means import back_ends, exchange


def _refuse(what: str, because: str) -> None:
    from moto.ec2.exceptions import DependencyViolationError

    raise DependencyViolationError(f"{what} has dependencies and cannot be deleted ({because}).")


def _all_groups(region: str) -> Iterator[Any]:
    for backend in back_ends():
        if backend.region_name == region:
            yield from (group for groups in backend.groups.values() for group in groups.values())


def _group_is_free(backend: Any, group: Any) -> None:
    from moto.ec2.exceptions import EC2ClientError

    if group.is_default:
        text = f"the specified group: '{group.id}' name: 'default' cannot be deleted by a user"
        raise EC2ClientError("CannotDelete", text)
    for interface in backend.enis.values():
        if any(each.id == group.id for each in interface._group_set):
            _refuse(f"resource {group.id}", f"{interface.id} is in it")
    for other in _all_groups(backend.region_name):
        rules = [*other.ingress_rules, *other.egress_rules] if other.id != group.id else []
        if any(rule.source_group.get("GroupId") == group.id for rule in rules):
            _refuse(f"resource {group.id}", f"a rule of {other.id} refers to it")


def _groups() -> None:
    from moto.ec2.models.security_groups import SecurityGroupBackend

    delete = SecurityGroupBackend.delete_security_group

    def delete_security_group(self: Any, name: Any = None, group_id: Any = None) -> Any:
        group = self.get_security_group_by_name_or_id(group_id or name)
        if group is not None:
            _group_is_free(self, group)
        return delete(self, name, group_id)

    exchange(SecurityGroupBackend, delete_security_group=delete_security_group)


def _subnets() -> None:
    from moto.ec2.models.subnets import SubnetBackend

    delete = SubnetBackend.delete_subnet

    def delete_subnet(self: Any, subnet_id: str) -> Any:
        for interface in self.enis.values():
            if interface.subnet.id == subnet_id:
                _refuse(f"The subnet '{subnet_id}'", f"{interface.id} is in it")
        deleted = delete(self, subnet_id)
        for table in self.route_tables.values():
            kept = {k: v for k, v in table._associations.items() if v != subnet_id}
            table._associations = kept
        for acl in self.network_acls.values():
            kept = {k: v for k, v in acl._associations.items() if v.subnet_id != subnet_id}
            acl._associations = kept
        return deleted

    exchange(SubnetBackend, delete_subnet=delete_subnet)


def _needs_of(backend: Any, vpc_id: str) -> Iterator[str]:
    for interface in backend.enis.values():
        if interface.vpc_id == vpc_id:
            yield interface.id
    for gateway in backend.internet_gateways.values():
        if gateway.vpc is not None and gateway.vpc.id == vpc_id:
            yield gateway.id
    yield from (g.id for g in backend.groups.get(vpc_id, {}).values() if not g.is_default)
    yield from (a.id for a in backend.network_acls.values() if a.vpc_id == vpc_id and not a.default)


def _vpcs() -> None:
    from moto.ec2.models.vpcs import VPCBackend

    delete = VPCBackend.delete_vpc

    def delete_vpc(self: Any, vpc_id: str) -> Any:
        self.get_vpc(vpc_id)
        for need in _needs_of(self, vpc_id):
            _refuse(f"The vpc '{vpc_id}'", need)
        groups = self.groups.pop(vpc_id, {})
        try:
            deleted = delete(self, vpc_id)
        except Exception:
            self.groups[vpc_id] = groups
            raise
        self.groups.pop(vpc_id, None)
        for acl in [a for a in self.network_acls.values() if a.vpc_id == vpc_id]:
            del self.network_acls[acl.id]
        for peering in self.vpc_pcxs.values():
            if vpc_id in (peering.vpc.id, peering.peer_vpc.id):
                peering._status.deleted(deleter_id=self.account_id)
        return deleted

    exchange(VPCBackend, delete_vpc=delete_vpc)


def _route_tables() -> None:
    """A client cannot delete a VPC's main table (moto itself does, with the VPC)."""
    from moto.ec2.responses.route_tables import RouteTables

    delete = RouteTables.delete_route_table

    def delete_route_table(self: Any) -> Any:
        table = self.ec2_backend.get_route_table(self._get_param("RouteTableId"))
        if table.main_association_id is not None:
            _refuse(f"The routeTable '{table.id}'", "it is its VPC's main table")
        return delete(self)

    exchange(RouteTables, delete_route_table=delete_route_table)


def _network_acls() -> None:
    from moto.ec2.exceptions import EC2ClientError, InvalidAssociationIdError
    from moto.ec2.models.network_acls import NetworkAclBackend

    delete, forget = (
        NetworkAclBackend.delete_network_acl,
        NetworkAclBackend.delete_network_acl_entry,
    )
    reassociate = NetworkAclBackend.replace_network_acl_association

    def delete_network_acl(self: Any, network_acl_id: str) -> Any:
        if self.get_network_acl(network_acl_id).default:
            text = f"default network acl {network_acl_id} cannot be deleted"
            raise EC2ClientError("InvalidParameterValue", text)
        return delete(self, network_acl_id)

    def delete_network_acl_entry(self: Any, network_acl_id: str, number: int, egress: bool) -> Any:
        entries = self.get_network_acl(network_acl_id).network_acl_entries
        if not any(e.rule_number == number and e.egress == egress for e in entries):
            text = f"the entry {number} of {network_acl_id} does not exist"
            raise EC2ClientError("InvalidNetworkAclEntry.NotFound", text)
        return forget(self, network_acl_id, number, egress)

    def replace_network_acl_association(self: Any, association_id: str, network_acl_id: str) -> Any:
        new = self.get_network_acl(network_acl_id)
        held = [a for a in self.network_acls.values() if association_id in a._associations]
        if not held:
            raise InvalidAssociationIdError([association_id])
        if held[0].vpc_id != new.vpc_id:
            text = f"network acl {network_acl_id} and the subnet belong to different networks"
            raise EC2ClientError("InvalidParameterValue", text)
        return reassociate(self, association_id, network_acl_id)

    exchange(
        NetworkAclBackend,
        delete_network_acl=delete_network_acl,
        delete_network_acl_entry=delete_network_acl_entry,
        replace_network_acl_association=replace_network_acl_association,
    )


def _gateways() -> None:
    from moto.ec2.exceptions import EC2ClientError
    from moto.ec2.models.internet_gateways import InternetGatewayBackend

    attach, detach = (
        InternetGatewayBackend.attach_internet_gateway,
        InternetGatewayBackend.detach_internet_gateway,
    )

    def attach_internet_gateway(self: Any, gateway_id: str, vpc_id: str) -> Any:
        for other in self.internet_gateways.values():
            if other.vpc is not None and other.vpc.id == vpc_id and other.id != gateway_id:
                text = f"Network {vpc_id} already has an internet gateway attached"
                raise EC2ClientError("InvalidParameterValue", text)
        return attach(self, gateway_id, vpc_id)

    def detach_internet_gateway(self: Any, gateway_id: str, vpc_id: str) -> None:
        for interface in self.enis.values():
            if interface.vpc_id == vpc_id and interface.public_ip:
                _refuse(f"Network {vpc_id}", f"{interface.id} has a mapped public address")
        detach(self, gateway_id, vpc_id)

    exchange(
        InternetGatewayBackend,
        attach_internet_gateway=attach_internet_gateway,
        detach_internet_gateway=detach_internet_gateway,
    )


def patch() -> None:
    """Refuse deletions as AWS does, and clean up after those that it allows."""
    for mend in (_groups, _subnets, _vpcs, _route_tables, _network_acls, _gateways):
        mend()
