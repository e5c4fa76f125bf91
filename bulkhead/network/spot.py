"""Fewer flows than `sample`, for a look that takes seconds: what is declared, and each boundary."""

from collections.abc import Iterable, Mapping
from random import Random

from bulkhead.network.deployed import Flow
from bulkhead.network.intent import Intent

EACH = 2
"""Flows kept for each conduit between two hosts, and refused ones between two places by a path."""


def spot(
    flows: Iterable[Flow], intended: Intent, place: Mapping[str, str], seed: int
) -> list[Flow]:
    """Some of the flows, in canonical order: every conduit and every pair of places keeps EACH.

    place: of each host, e.g. its zone; a host without one is a place of its own. The seed decides.
    """
    random = Random(seed)
    kept: dict[tuple[str, ...], list[Flow]] = {}
    shuffled = sorted(flows)
    random.shuffle(shuffled)
    for flow in shuffled:
        for key in _keys(flow, intended, place):
            row = kept.setdefault(key, [])
            if len(row) < EACH:
                row.append(flow)
    return sorted({flow for row in kept.values() for flow in row})


def _keys(flow: Flow, intended: Intent, place: Mapping[str, str]) -> list[tuple[str, ...]]:
    declared = intended.why(flow)
    if declared:
        return [(conduit, flow.source, flow.target) for conduit in declared]
    ends = (place.get(flow.source, flow.source), place.get(flow.target, flow.target))
    return [(*ends, flow.path, "refused")]
