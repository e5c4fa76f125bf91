"""The engine's steps in the words of zones and conduits."""

from collections.abc import Iterator
from typing import Any

from infra.policy import steps

OPENS = {"create": "opens", "delete": "closes"}


def sentence(change: Any) -> str:
    """One step of a preview as a sentence, e.g. `conduit … opens tcp 5432 into … from …`."""
    words = WORDS.get(change.type)
    if words is not None:
        return f"[{change.stack}] {words(change)}"
    what = f" ({', '.join(change.fields)})" if change.fields else ""
    noun = NOUNS.get(change.type, change.type)
    return f"[{change.stack}] {noun} {change.name}: {change.op}{what}"


def loosens(change: Any) -> Iterator[str]:
    """What one step of a preview loosens beside zones and conduits: see `infra.policy.steps`."""
    replacing = "replace" in change.op
    if replacing and change.op != "replace":
        return  # told once, by the step that stands for both halves
    before = None if change.op == "create" else change.before
    after = None if change.op == "delete" else change.inputs
    yield from steps.loosens(change.type, change.name, before, after)


def _rule(change: Any) -> str:
    """A rule's name is `conduit:direction:group:arrow:peer`."""
    conduit, direction, group, _, peer = change.name.split(":", 4)
    preposition = "out of" if direction == "out" else "into"
    arrow = "to" if direction == "out" else "from"
    verb = OPENS.get(change.op, f"{change.op}s ({', '.join(change.fields)})")
    return (
        f"conduit {conduit}: {verb} {_service(change.inputs)} {preposition} {group} {arrow} {peer}"
    )


def _entry(change: Any) -> str:
    subnet, direction, _ = change.name.rsplit(":", 2)
    verb = OPENS.get(change.op, change.op)
    preposition = "out of" if direction == "out" else "into"
    service = _service({**change.inputs, "ipProtocol": change.inputs.get("protocol")})
    return f"network ACL of {subnet}: {verb} {service} {preposition} it"


def _route(change: Any) -> str:
    verb = {"create": "new", "delete": "removed"}.get(change.op, change.op)
    return f"route {verb}: {change.name} ({change.inputs.get('destinationCidrBlock')})"


def _service(inputs: dict[str, Any]) -> str:
    protocol = inputs.get("ipProtocol")
    if protocol in ("-1", "all"):
        return "everything"
    first, last = (inputs.get(name) for name in ("fromPort", "toPort"))
    if first is None or protocol == "icmp":
        return str(protocol)
    return f"{protocol} {first:g}" if first == last else f"{protocol} {first:g}-{last:g}"


WORDS = {
    "SecurityGroupIngressRule": _rule,
    "SecurityGroupEgressRule": _rule,
    "NetworkAclRule": _entry,
    "Route": _route,
}
NOUNS = {
    "Vpc": "network",
    "Subnet": "subnet",
    "SecurityGroup": "group",
    "Instance": "host",
    "Eip": "public address of",
    "EipAssociation": "public address on",
    "VpcPeeringConnection": "peering",
    "VpcPeeringConnectionAccepter": "peering accepted:",
    "Parameter": "plan's",
}
