"""Every resource says which part of the plan it is, within what AWS takes."""

from collections.abc import Iterator

from infra.policy.graph import UNKNOWN, Allowed, Resource, Rule

ID = "bulkhead:id"
BARE = frozenset(
    {
        "Alias",
        "BucketObjectLockConfiguration",
        "BucketOwnershipControls",
        "BucketPolicy",
        "BucketPublicAccessBlock",
        "BucketServerSideEncryptionConfiguration",
        "BucketVersioning",
        "EipAssociation",
        "NetworkAclAssociation",
        "NetworkAclRule",
        "RolePolicy",
        "Route",
        "RouteTableAssociation",
    }
)
"""Types that cannot carry a tag. Whatever is not listed must carry ours."""


def _identified(resource: Resource, _: Allowed) -> Iterator[str]:
    if resource.short in BARE:
        return
    tags = resource.properties.get("tags") or {}
    if tags is not UNKNOWN and not tags.get(ID):
        yield f"does not say which part of the plan it is (no tag {ID})"


RULES = (
    Rule(
        name="bulkhead-id",
        sentence="Every resource that can carry a tag says which part of the plan it is.",
        each=_identified,
    ),
)
