"""The conduits of an estate as rules look at them: where each is written, what it joins."""

from collections.abc import Iterator
from dataclasses import dataclass

from bulkhead.blueprint.faults import Where
from bulkhead.blueprint.kinds import roles_at
from bulkhead.blueprint.model import ConduitSpec, Estate


@dataclass(frozen=True, slots=True)
class Declared:
    """A conduit, its place in the document, and whose it is (None: every tenant's)."""

    where: Where
    spec: ConduitSpec
    tenant: int | None

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Every (`kind.role`, `kind.role`) that the conduit joins."""
        for source in self.spec.source:
            for target in self.spec.to:
                for one in roles_at(source):
                    for other in roles_at(target):
                        yield one, other


def declared(estate: Estate) -> Iterator[Declared]:
    """The estate's conduits, then each tenant's own."""
    for index, spec in enumerate(estate.conduits):
        yield Declared(("conduits", index), spec, None)
    for number, tenant in enumerate(estate.tenants):
        for index, spec in enumerate(tenant.conduits):
            yield Declared(("tenants", number, "conduits", index), spec, number)
