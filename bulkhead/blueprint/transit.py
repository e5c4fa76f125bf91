"""Which networks meet over a transit gateway: the shared plane's and the tenants', where peerings
would not do, or where the blueprint asks for it. Networks of other accounts stay peered.
"""

from collections import Counter
from collections.abc import Iterable

from bulkhead.blueprint.kinds import PLANE
from bulkhead.blueprint.model import Estate
from bulkhead.blueprint.places import Places
from bulkhead.blueprint.quotas import table
from bulkhead.plan import SHARED, Attachment, Peering

GATEWAY = f"{SHARED}/transit"
"""The plan's id of the estate's one transit gateway."""
_PLANE = frozenset(f"{SHARED}/{kind}" for kind in PLANE)


def over_transit(
    estate: Estate, found: Iterable[Peering], places: Places
) -> tuple[list[Peering], list[Attachment]]:
    """The peerings that stay, and the attachments that stand for the others."""
    kept, attached = list[Peering](), dict[str, Attachment]()
    peerings = list(found)
    planes = _planes(estate, peerings)
    for peering in peerings:
        ends = {peering.requester, peering.accepter}
        if len(ends & planes) == 1 and _alike(ends, places) and not ends <= _PLANE:
            for end in ends:
                attached[end] = _attachment(end, places)
        else:
            kept.append(peering)
    return kept, list(attached.values())


def _planes(estate: Estate, found: list[Peering]) -> frozenset[str]:
    """The plane's networks that meet tenants over the gateway."""
    if estate.shared.management == "transit":
        return _PLANE
    if estate.shared.management == "peering":
        return frozenset()
    limit = estate.quotas.peerings_per_vpc or table()["peerings_per_vpc"].default
    counts = Counter(end for row in found for end in (row.requester, row.accepter))
    return frozenset(end for end in _PLANE if counts[end] > limit)


def _alike(ends: set[str], places: Places) -> bool:
    """Whether both networks are of one account; another's would have to be shared with it."""
    rows = [places.networks[end] for end in ends]
    return len({row.account for row in rows}) == 1 and not any(row.standin for row in rows)


def _attachment(network: str, places: Places) -> Attachment:
    row = places.networks[network]
    return Attachment(
        id=f"{network}/transit", stack=row.stack, network=network, plane=network in _PLANE
    )
