"""Who may do what: least privilege, no standing credentials."""

from collections.abc import Iterator
from typing import Any

from infra.policy.documents import allows, anyone, values
from infra.policy.graph import UNKNOWN, Allowed, Resource, Rule

REFUSED = {
    "AccessKey": "is a credential that does not end",
    "KeyPair": "is a way in beside the bastion",
    "SecurityGroupRule": "cannot carry the id of its conduit: use the ingress and egress rules",
    "User": "has credentials that do not end: people and hosts assume roles",
    "UserLoginProfile": "is a password in the program",
    "UserPolicy": "belongs to a user: people and hosts assume roles",
}
"""Types that no program declares, and why."""


def _refused(resource: Resource, _: Allowed) -> Iterator[str]:
    yield REFUSED[resource.short]


def _least(resource: Resource, _: Allowed) -> Iterator[str]:
    for document in _documents(resource):
        for statement in allows(document):
            if "NotAction" in statement or "NotResource" in statement:
                yield "allows all but what it names"
            everywhere = "*" in values(statement, "Resource")
            for action in values(statement, "Action"):
                if action == "*" or (everywhere and action.endswith(":*")):
                    yield f"may do {action} on {', '.join(values(statement, 'Resource'))}"


def _documents(resource: Resource) -> Iterator[Any]:
    own = resource.properties
    found = [own.get("policy"), *(each.get("policy") for each in own.get("inlinePolicies") or ())]
    return (document for document in found if document and document is not UNKNOWN)


def _trust(resource: Resource, _: Allowed) -> Iterator[str]:
    document = resource.properties.get("assumeRolePolicy")
    if document is UNKNOWN:
        return
    for statement in allows(document):
        if anyone(statement):
            yield "may be assumed by everybody"


RULES = (
    Rule(
        name="no-standing-credentials",
        sentence="No users, access keys, passwords or key pairs; no rules without a conduit.",
        kinds=tuple(REFUSED),
        each=_refused,
    ),
    Rule(
        name="least-privilege",
        sentence="No policy allows every action, or every action of a service on everything.",
        kinds=("Policy", "RolePolicy", "Role"),
        each=_least,
    ),
    Rule(
        name="closed-trust",
        sentence="No role may be assumed by everybody.",
        kinds=("Role",),
        each=_trust,
    ),
)
