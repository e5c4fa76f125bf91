"""A site whose conduit out of ot is a diode: one way, for telemetry alone, and nothing comes back.

In AWS's words: the subnets' network ACLs let datagrams of one service from ot to ai pass and name
nothing else between the two, and they are judged before any connection is known, so that no answer,
no error message and no other packet passes either way. That is software. It shows how such a plant
behaves; it is no evidence of a hardware diode.
"""

from collections.abc import Iterable, Iterator

from bulkhead.blueprint.kinds import kind_of
from bulkhead.blueprint.model import Estate, SiteSpec
from bulkhead.blueprint.places import Places
from bulkhead.plan import Conduit, Service

NAME = "diode"
PORT = 17017
"""The UDP port at which gateways take what a diode lets through; below the ephemeral ones."""
SENDER, RECEIVER = "ot.plc", "ai.gateway"
REASON = (
    "Telemetry leaves ot and nothing comes back, not even an answer. No TLS crosses a diode, for "
    "a handshake needs answers: datagrams are numbered, checked and repeated, and TLS begins at "
    "ai.gateway. A software filter; no evidence of a hardware diode."
)
_Pair = tuple[str, str]


def is_diode(site: SiteSpec) -> bool:
    """Whether the site's conduit between ot and ai is one-way."""
    return site.conduit == "diode"


def carried(site: SiteSpec, pairs: Iterable[_Pair]) -> list[_Pair]:
    """Those role pairs within a plant that its conduit can carry: over a diode none of ot's."""
    return [pair for pair in pairs if not (is_diode(site) and touches_ot(pair))]


def touches_ot(pair: _Pair) -> bool:
    """Whether one end is in ot, and the other is not."""
    return (kind_of(pair[0]) == "ot") != (kind_of(pair[1]) == "ot")


def diodes(estate: Estate, places: Places) -> Iterator[Conduit]:
    """The one-way conduit of every site that has a diode."""
    for tenant in estate.tenants:
        for site in filter(is_diode, tenant.sites):
            home = f"{tenant.id}/{site.id}"
            yield Conduit(
                id=f"{home}/{NAME}",
                stack=tenant.id,
                sources=(places.groups_at[home, SENDER],),
                targets=(places.groups_at[home, RECEIVER],),
                service=Service(protocol="udp", first=PORT, last=PORT),
                path="private",
                authentication="none",
                mediator=RECEIVER,
                reason=REASON,
                zones=((f"{home}/ot",), (f"{home}/ai",)),
                oneway=True,
            )
