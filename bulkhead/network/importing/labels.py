"""What people called things: tags and names, read once together with what `read` asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bulkhead.network.parse.shape import COMMON_TAG, NAME_TAG, tags_of
from bulkhead.network.read import Api

_THINGS = {
    "describe_vpcs": "VpcId",
    "describe_subnets": "SubnetId",
    "describe_security_groups": "GroupId",
    "describe_vpc_peering_connections": "VpcPeeringConnectionId",
}


class Remembering:
    """An Api that asks each question once, so that all of an import is of one moment."""

    def __init__(self, api: Api) -> None:
        self.account, self._api = api.account, api
        self._known: dict[str, list[dict[str, Any]]] = {}

    def describe(self, operation: str, **filters: object) -> list[dict[str, Any]]:
        """As Api.describe; what was asked without filters is not asked again."""
        if filters:
            return self._api.describe(operation, **filters)
        if operation not in self._known:
            self._known[operation] = self._api.describe(operation)
        return self._known[operation]


@dataclass(frozen=True, slots=True)
class Labels:
    """names: what things are called, by id, where somebody named them. tags: by id, then by key."""

    names: dict[str, str]
    tags: dict[str, dict[str, str]]

    def named(self, identity: str) -> str:
        """A thing's name, else its id."""
        return self.names.get(identity, identity)


def labels(apis: Sequence[Api]) -> Labels:
    """Names and tags of networks, subnets, groups, peerings and instances."""
    found = Labels({}, {})
    for api in apis:
        for operation, key in _THINGS.items():
            for item in api.describe(operation):
                _take(found, item[key], item)
        for reservation in api.describe("describe_instances"):
            for item in reservation["Instances"]:
                _take(found, item["InstanceId"], item)
    return found


def _take(found: Labels, identity: str, item: dict[str, Any]) -> None:
    tags = tags_of(item)
    found.tags[identity] = tags
    name = tags.get(NAME_TAG) or tags.get(COMMON_TAG) or item.get("GroupName", "")
    if clean := " ".join(str(name).split()):
        found.names[identity] = clean if clean.isprintable() else repr(clean)
