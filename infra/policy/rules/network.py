"""Nothing is open but what a conduit declares, and nothing has an address outside but ingest."""

import ipaddress
from collections.abc import Iterator
from typing import Any

from infra.policy.graph import PREMISES, Allowed, Resource, Rule

ANYWHERE_BITS = 8
"""A prefix of fewer bits is taken for anywhere: two halves of the internet are all of it."""
PRIVILEGED = 1024
"""Replies go to ports from here on; below, an entry from anywhere must not hold the door of SSH."""
SSH = 22


def _anywhere(cidr: Any) -> bool:
    if not isinstance(cidr, str) or not cidr:
        return False
    try:
        return ipaddress.ip_network(cidr, strict=False).prefixlen < ANYWHERE_BITS
    except ValueError:
        return True  # what cannot be read is not known to be narrow


def _open_ingress(resource: Resource, allowed: Allowed) -> Iterator[str]:
    conduit = resource.name.split(":", 1)[0]
    for name in ("cidrIpv4", "cidrIpv6"):
        cidr = resource.properties.get(name)
        if not _anywhere(cidr):
            continue
        if conduit not in allowed.public:
            yield f"lets {cidr} in, and no declared public conduit of that name does"
        elif str(resource.properties.get("ipProtocol")) in ("-1", "all"):
            yield f"lets every protocol in from {cidr}: a public conduit names its service"


def _inline(resource: Resource, _: Allowed) -> Iterator[str]:
    for name in ("ingress", "egress", "ingresses", "egresses"):
        if resource.properties.get(name):
            yield f"has {name} rules of its own: each rule is a resource that names its conduit"


def _default(resource: Resource, _: Allowed) -> Iterator[str]:
    for name in ("ingress", "egress", "ingresses", "egresses", "routes"):
        if resource.properties.get(name):
            yield f"has {name}: what AWS makes with every network stays empty"


def _acl(resource: Resource, _: Allowed) -> Iterator[str]:
    own = resource.properties
    cidr = own.get("cidrBlock") or own.get("ipv6CidrBlock")
    if own.get("egress") or own.get("ruleAction") != "allow" or not _anywhere(cidr):
        return
    if str(own.get("protocol")) in ("-1", "all"):
        yield f"lets every protocol in from {cidr}"
    elif _holds(own, SSH) and (own.get("fromPort") or 0) < PRIVILEGED:
        yield f"lets port {SSH} in from {cidr}"


def _holds(own: Any, port: int) -> bool:
    first, last = own.get("fromPort"), own.get("toPort")
    return (
        isinstance(first, int | float) and isinstance(last, int | float) and first <= port <= last
    )


def _addressed(resource: Resource, _: Allowed) -> Iterator[str]:
    own = resource.properties
    if resource.short == "Instance" and own.get("associatePublicIpAddress"):
        yield "gets a public address at its start: addresses are resources of their own"
    if resource.short == "Subnet" and own.get("mapPublicIpOnLaunch"):
        yield "gives every instance a public address"
    if resource.short in ("Eip", "EipAssociation") and resource.account != PREMISES:
        zone = resource.name.split("/")[1:2]
        if zone != ["ingest"]:
            yield "has a public address, and is not in an ingest zone"


_GROUPS = ("SecurityGroup",)
_DEFAULTS = ("DefaultSecurityGroup", "DefaultNetworkAcl", "DefaultRouteTable")

RULES = (
    Rule(
        name="no-open-ingress",
        sentence="No security group admits from anywhere but for a declared public conduit.",
        kinds=("SecurityGroupIngressRule",),
        each=_open_ingress,
    ),
    Rule(
        name="rules-apart",
        sentence="A security group has no rules but those that are resources named by a conduit.",
        kinds=_GROUPS,
        each=_inline,
    ),
    Rule(
        name="empty-defaults",
        sentence="The group, ACL and route table that AWS makes with every network are empty.",
        kinds=_DEFAULTS,
        each=_default,
    ),
    Rule(
        name="narrow-acls",
        sentence="No network ACL admits every protocol, or SSH, from anywhere.",
        kinds=("NetworkAclRule",),
        each=_acl,
    ),
    Rule(
        name="no-public-address",
        sentence="Only hosts of an ingest zone have a public address.",
        kinds=("Instance", "Subnet", "Eip", "EipAssociation"),
        each=_addressed,
    ),
)
