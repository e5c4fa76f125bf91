"""The zone kinds of an estate and the roles that live in each."""

HOSTED: dict[str, tuple[str, ...]] = {
    "ingest": ("broker", "ingest"),
    "processing": ("inference",),
    "storage": ("historian",),
}
"""A tenant's zones at the provider."""

PLANE: dict[str, tuple[str, ...]] = {
    "admin": ("bastion",),
    "egress": ("proxy",),
    "audit": ("logstore",),
}
"""The provider's shared plane: one zone of each kind for all tenants."""

PLANT: dict[str, tuple[str, ...]] = {"ot": ("plc",), "ai": ("gateway",), "it": ()}
"""A site's zones: the machines' own, the inference IDMZ, and the office."""

ROLES: dict[str, tuple[str, ...]] = {**HOSTED, **PLANE, **PLANT}
"""Roles by zone kind, for every kind there is."""

PUBLIC = frozenset({"ingest.broker", "ai.gateway"})
"""Roles whose hosts have a public address: the one way in, and what comes through it."""

ENDPOINTS = tuple(
    sorted(
        [f"{kind}.{role}" for kind, roles in ROLES.items() for role in roles]
        + [kind for kind, roles in ROLES.items() if roles]
    )
)
"""What a conduit may name: a role (`ingest.broker`), or a zone with all its roles (`ingest`)."""


def roles_at(endpoint: str) -> tuple[str, ...]:
    """The `kind.role` pairs an endpoint means, e.g. both roles of `ingest`."""
    if "." in endpoint:
        return (endpoint,)
    return tuple(f"{endpoint}.{role}" for role in ROLES[endpoint])


def kind_of(endpoint: str) -> str:
    """The zone kind of an endpoint: `ingest` of `ingest.broker`."""
    return endpoint.partition(".")[0]
