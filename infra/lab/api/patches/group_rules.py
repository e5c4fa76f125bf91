"""Rules of security groups: all of a request or none, and references as far as AWS follows them.

moto adds the first rules of a request whose later ones it refuses; knows no group of another
account; takes a group of the same account in any VPC; and copies every rule of the account to show
those of one group.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from infra.lab.api.patches.means import back_ends, exchange


def _found(account_of: Any, group_id: str) -> Any:
    """The group of that id, of the asking account first, else of any account in the region."""
    own = account_of.get_security_group_from_id(group_id)
    if own is not None:
        return own
    for backend in back_ends():
        if backend.region_name == account_of.region_name:
            group = backend.get_security_group_from_id(group_id)
            if group is not None:
                return group
    return None


def _peered(backend: Any, one: str, other: str) -> bool:
    wanted = {one, other}
    return any(
        {each.vpc.id, each.peer_vpc.id} == wanted and each._status.code == "active"
        for each in backend.vpc_pcxs.values()
    )


def _referenced(backend: Any, group: Any, item: dict[str, Any], new: bool) -> None:
    """Complete a reference to a group, or refuse it as AWS does.

    A rule that is there is named by what it says, whether or not the peering still is (`new`).
    """
    from moto.ec2.exceptions import EC2ClientError, InvalidSecurityGroupNotFoundError

    other = _found(backend, item["GroupId"])
    if other is None or item.get("UserId", other.owner_id) != other.owner_id:
        raise InvalidSecurityGroupNotFoundError(item["GroupId"])
    if new and other.vpc_id != group.vpc_id and not _peered(backend, group.vpc_id, other.vpc_id):
        text = "You have specified two resources that belong to different networks."
        raise EC2ClientError("InvalidGroup.NotFound", text)
    item["OwnerId"] = item["UserId"] = other.owner_id


def _whole(responses: Any, name: str) -> None:
    """Take the rules of a group back to what they were if a request fails in the middle."""
    original = getattr(responses, name)

    def attempt(self: Any) -> Any:
        backend = self.ec2_backend
        wanted = self._get_param("GroupName") or self._get_param("GroupId")
        group = backend.get_security_group_by_name_or_id(wanted) if wanted else None
        with _undone_on_error(group):
            return original(self)

    exchange(responses, **{name: attempt})


@contextmanager
def _undone_on_error(group: Any) -> Iterator[None]:
    before = (list(group.ingress_rules), list(group.egress_rules)) if group else None
    try:
        yield
    except Exception:
        if before is not None:
            group.ingress_rules, group.egress_rules = before
        raise


def patch() -> None:
    """Mend requests, references and the listing of one group's rules."""
    from moto.ec2.models.security_groups import SecurityGroupBackend
    from moto.ec2.responses.security_groups import SecurityGroups

    for verb, direction in itertools.product(("authorize", "revoke"), ("ingress", "egress")):
        _whole(SecurityGroups, f"{verb}_security_group_{direction}")
        _with_group(SecurityGroupBackend, f"{verb}_security_group_{direction}")
    add = SecurityGroupBackend._add_source_group

    def add_source_group(self: Any, source_groups: Any, vpc_id: str | None) -> list[dict[str, Any]]:
        group, new = getattr(self, "bulkhead_group", None) or (None, False)
        if group is None or not all("GroupId" in item for item in source_groups or []):
            return list(add(self, source_groups, vpc_id))
        for item in source_groups or []:
            _referenced(self, group, item, new)
        return list(source_groups or [])

    exchange(SecurityGroupBackend, _add_source_group=add_source_group)
    _quick_listing(SecurityGroupBackend)


def _with_group(backend_kind: Any, name: str) -> None:
    """Let _add_source_group know whose rules are being changed."""
    original = getattr(backend_kind, name)

    def remember(self: Any, group_name_or_id: str, *args: Any, **kwargs: Any) -> Any:
        wanted = kwargs.get("vpc_id")
        group = self.get_security_group_by_name_or_id(group_name_or_id, wanted)
        self.bulkhead_group = (group, name.startswith("authorize"))
        try:
            return original(self, group_name_or_id, *args, **kwargs)
        finally:
            self.bulkhead_group = None

    exchange(backend_kind, **{name: remember})


def _quick_listing(backend_kind: Any) -> None:
    describe = backend_kind.describe_security_group_rules

    def describe_security_group_rules(self: Any, sg_rule_ids: Any, filters: Any) -> Any:
        wanted = filters.get("group-id")
        if not wanted or any("*" in each or "?" in each for each in wanted):
            return describe(self, sg_rule_ids, filters)
        every = self.groups
        self.groups = {
            vpc: {k: v for k, v in groups.items() if k in wanted} for vpc, groups in every.items()
        }
        try:
            return describe(self, sg_rule_ids, filters)
        finally:
            self.groups = every

    exchange(backend_kind, describe_security_group_rules=describe_security_group_rules)
