"""What may never be reached, whoever declares it."""

from collections import deque
from collections.abc import Iterator
from datetime import date

from bulkhead.blueprint.faults import Fault
from bulkhead.blueprint.kinds import PLANT, kind_of
from bulkhead.blueprint.model import Estate
from bulkhead.blueprint.rules.declared import Declared, declared


def gateways_never_reach_admin(estate: Estate, today: date) -> Iterator[Fault]:
    """No chain of conduits leads from a plant to the admin zone, of whatever length.

    A gateway that could take over a broker must not find a way on from there.
    """
    conduits = list(declared(estate))
    shared = [one for one in conduits if one.tenant is None]
    told: set[Declared] = set()
    for number in [None, *sorted({one.tenant for one in conduits if one.tenant is not None})]:
        own = [one for one in conduits if one.tenant == number and number is not None]
        for one, chain in _ways_to_admin(shared + own):
            if one not in told:
                told.add(one)
                yield Fault(
                    (*one.where, "to"),
                    f"a gateway could reach admin: {' -> '.join(chain)}",
                    "no way from a plant to admin",
                    f"remove conduit `{one.spec.name}` or what leads to it",
                )


def _ways_to_admin(conduits: list[Declared]) -> Iterator[tuple[Declared, list[str]]]:
    """The conduits into admin that a plant's hosts can get to, each with the zones on the way."""
    steps: dict[str, list[tuple[str, Declared]]] = {}
    for one in conduits:
        for source, target in one.pairs():
            steps.setdefault(kind_of(source), []).append((kind_of(target), one))
    waiting = deque([[kind] for kind in PLANT])
    seen = set(PLANT)
    while waiting:
        chain = waiting.popleft()
        for kind, one in steps.get(chain[-1], ()):
            if kind == "admin":
                yield one, [*chain, kind]
            elif kind not in seen:
                seen.add(kind)
                waiting.append([*chain, kind])


def nothing_outside_reaches_ot(estate: Estate, today: date) -> Iterator[Fault]:
    """The zone `ot` is entered from zones of its own site alone."""
    for one in declared(estate):
        outside = sorted(
            {a for a, b in one.pairs() if kind_of(b) == "ot" and kind_of(a) not in PLANT}
        )
        public = one.spec.path == "public" and any(kind_of(b) == "ot" for _, b in one.pairs())
        if outside or public:
            yield Fault(
                (*one.where, "to"),
                f"{', '.join(outside) or 'the public path'} would reach ot from outside its site",
                "ai.gateway of the same site",
                "let the gateway fetch what is needed and hand it on",
            )


def customers_enter_by_ingest(estate: Estate, today: date) -> Iterator[Fault]:
    """What comes from a plant ends in zone ingest, or stays in the plant."""
    for one in declared(estate):
        beyond = sorted(
            {
                b
                for a, b in one.pairs()
                if kind_of(a) in PLANT and kind_of(b) not in PLANT and kind_of(b) != "ingest"
            }
        )
        if beyond:
            yield Fault(
                (*one.where, "to"),
                f"a plant would enter {', '.join(beyond)} directly",
                "ingest.broker",
                "send it to the broker and let a hosted service carry it on",
            )
