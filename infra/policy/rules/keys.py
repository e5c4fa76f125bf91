"""Keys turn over by themselves, and answer to nobody that they do not name."""

from collections.abc import Iterator

from infra.policy.documents import allows, anyone
from infra.policy.graph import UNKNOWN, Allowed, Resource, Rule

WEEK = 7


def _rotates(resource: Resource, _: Allowed) -> Iterator[str]:
    if not resource.properties.get("enableKeyRotation"):
        yield "is never rotated"
    window = resource.properties.get("deletionWindowInDays")
    if isinstance(window, int | float) and window <= WEEK:
        yield f"is gone {window:g} days after somebody deletes it: too soon to notice"


def _named(resource: Resource, _: Allowed) -> Iterator[str]:
    policy = resource.properties.get("policy")
    if policy is UNKNOWN:
        return
    if not policy:
        yield "has AWS's own policy, by which every administrator of the account may use it"
    if resource.properties.get("bypassPolicyLockoutSafetyCheck"):
        yield "may be left with no administrator"
    for statement in allows(policy):
        if anyone(statement):
            yield "lets everybody use it"


RULES = (
    Rule(
        name="key-rotation",
        sentence="Keys are rotated every year, and deleted only after more than a week.",
        kinds=("Key",),
        each=_rotates,
    ),
    Rule(
        name="key-policy",
        sentence="A key says who may use it, and that is not everybody.",
        kinds=("Key",),
        each=_named,
    ),
)
