"""Inline rules of a security group, held exactly. AWS merges and splits them as it likes, so
they are compared as atoms: one protocol, port range, source and description each."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import only, unless_gone
from infra.lab.provider.types._protocols import number
from infra.lab.provider.wire import Props

FIELDS: Final = {
    "protocol": Prop(required=True, canon=number),
    "fromPort": Prop(kind="int", required=True),
    "toPort": Prop(kind="int", required=True),
    "cidrBlocks": Prop(kind="strings"),
    "securityGroups": Prop(kind="strings"),
    "self": Prop(kind="bool", default=False),
    "description": Prop(default=""),
}

Atom = tuple[str, int, int, str, str, str]
"""(protocol number, first port, last port, `cidr` or `group`, its value, description)."""


def meaning(rules: Iterable[Props]) -> list[Atom]:
    """What inline rules say, however they are grouped; a group's own id is not known here."""
    return sorted(atoms("self", rules))


def group(aws: Aws, id_: str) -> Mapping[str, Any] | None:
    """The security group as the API has it."""
    answer = unless_gone(aws.ec2.describe_security_groups, GroupIds=[id_])
    found: Mapping[str, Any] | None = only(answer, "SecurityGroups")
    return found


def shown(aws: Aws, found: Mapping[str, Any]) -> Props:
    """The properties of a group; rules that name it are `self`."""
    id_, owner = found["GroupId"], found["OwnerId"]
    return {
        "arn": aws.arn(f"security-group/{id_}", owner),
        "description": found["Description"],
        "egress": _rules(id_, _there(found["IpPermissionsEgress"])),
        "ingress": _rules(id_, _there(found["IpPermissions"])),
        "name": found["GroupName"],
        "namePrefix": "",
        "ownerId": owner,
        "tags": tags.shown(found.get("Tags")),
        "vpcId": found["VpcId"],
    }


def hold(aws: Aws, id_: str, side: str, rules: list[Props] | None) -> bool:
    """Bring one side ("ingress" or "egress") of a group to exactly these rules (None: leave it).

    Revokes first what is too much. Answers whether that took a call.
    """
    found = group(aws, id_)
    if rules is None or found is None:
        return False
    goal = set(atoms(id_, rules))
    there = set(_there(found["IpPermissions" if side == "ingress" else "IpPermissionsEgress"]))
    for verb, these in (("revoke", there - goal), ("authorize", goal - there)):
        if these:
            call = getattr(aws.ec2, f"{verb}_security_group_{side}")
            call(GroupId=id_, IpPermissions=[_permission(atom) for atom in sorted(these)])
    return goal != there


def atoms(id_: str, rules: Iterable[Props]) -> Iterator[Atom]:
    """The atoms of inline rules of group `id_`."""
    for rule in rules:
        protocol = number(rule["protocol"])
        ports = (-1, -1) if protocol == "-1" else (rule["fromPort"], rule["toPort"])
        groups = [*(rule.get("securityGroups") or []), *([id_] if rule.get("self") else [])]
        said = rule.get("description") or ""
        for cidr in rule.get("cidrBlocks") or []:
            yield (protocol, *ports, "cidr", cidr, said)
        for other in groups:
            yield (protocol, *ports, "group", other, said)


def _there(permissions: Iterable[Mapping[str, Any]]) -> Iterator[Atom]:
    for entry in permissions:
        base = (
            number(entry["IpProtocol"]),
            int(entry.get("FromPort", -1)),
            int(entry.get("ToPort", -1)),
        )
        for source in entry.get("IpRanges", []):
            yield (*base, "cidr", source["CidrIp"], source.get("Description", ""))
        for source in entry.get("UserIdGroupPairs", []):
            yield (*base, "group", source["GroupId"], source.get("Description", ""))
        for source in entry.get("Ipv6Ranges", []):
            yield (*base, "cidr6", source["CidrIpv6"], source.get("Description", ""))


def _permission(atom: Atom) -> dict[str, Any]:
    protocol, first, last, kind, value, said = atom
    list_name, name = {
        "cidr": ("IpRanges", "CidrIp"),
        "cidr6": ("Ipv6Ranges", "CidrIpv6"),
        "group": ("UserIdGroupPairs", "GroupId"),
    }[kind]
    source = {name: value} | ({"Description": said} if said else {})
    ports = {} if protocol == "-1" else {"FromPort": first, "ToPort": last}
    return {"IpProtocol": protocol, **ports, list_name: [source]}


def _rules(id_: str, found: Iterable[Atom]) -> list[Props]:
    """Atoms as inline rules, one for each protocol, range and description."""
    rules = []
    whole = sorted(found, key=_range)
    for (protocol, first, last, said), members in itertools.groupby(whole, _range):
        these = list(members)
        groups = [value for _, _, _, kind, value, _ in these if kind == "group"]
        rules.append(
            {
                "protocol": protocol,
                "fromPort": 0 if protocol == "-1" else first,
                "toPort": 0 if protocol == "-1" else last,
                "cidrBlocks": [atom[4] for atom in these if atom[3].startswith("cidr")],
                "securityGroups": [other for other in groups if other != id_],
                "self": id_ in groups,
                "description": said,
            }
        )
    return rules


def _range(atom: Atom) -> tuple[str, int, int, str]:
    return (*atom[:3], atom[5])
