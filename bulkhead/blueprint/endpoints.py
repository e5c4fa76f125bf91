"""Conduits that lead to a service of AWS: each network that asks gets an endpoint of its own.

The conduit then joins the hosts that ask with the endpoint, within their own network: to what is
behind it there is no other way. One network has one endpoint for a service, whoever asks.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Network

from bulkhead.blueprint.places import Places
from bulkhead.plan import Conduit, Endpoint, Group

_OFFSETS = range(2, 42)
"""Places below the end of a subnet from which endpoints' addresses are drawn."""


def through(found: Iterable[Conduit], places: Places) -> tuple[list[Conduit], list[Endpoint]]:
    """The conduits, those to services led through endpoints, whose groups join the places."""
    made: dict[str, Endpoint] = {}
    kept: list[Conduit] = []
    for conduit in sorted(found, key=lambda row: row.id):
        kept += _led(conduit, places, made) if conduit.endpoint else [conduit]
    return kept, list(made.values())


def _led(conduit: Conduit, places: Places, made: dict[str, Endpoint]) -> list[Conduit]:
    """One conduit for each network that asks."""
    networks = sorted({places.network_of(group) for group in conduit.sources})
    led = []
    for network in networks:
        name = f"{network}/endpoint-{conduit.endpoint}"
        asking = [group for group in conduit.sources if places.network_of(group) == network]
        if name not in made:
            made[name] = _endpoint(name, conduit, asking, places, made)
        suffix = f"/{network.replace('/', '.')}" if len(networks) > 1 else ""
        led.append(
            replace(
                conduit, id=conduit.id + suffix, sources=tuple(asking), targets=(made[name].group,)
            )
        )
    return led


def _endpoint(
    name: str, conduit: Conduit, asking: list[str], places: Places, made: dict[str, Endpoint]
) -> Endpoint:
    network = places.networks[places.network_of(asking[0])]
    places.groups[name] = Group(id=name, network=network.id, stack=network.stack)
    subnet = min(host.subnet for host in places.hosts.values() if host.group in asking)
    return Endpoint(
        id=name,
        stack=network.stack,
        network=network.id,
        subnet=subnet,
        group=name,
        address=_address(name, subnet, places, made),
        service=str(conduit.endpoint),
        serves=conduit.targets[0],
        port=conduit.service.first,
    )


def _address(name: str, subnet: str, places: Places, made: dict[str, Endpoint]) -> str:
    """A free one near the subnet's end, drawn from the name: no edit elsewhere moves it."""
    taken = {row.address for row in places.hosts.values() if row.subnet == subnet}
    taken |= {row.address for row in made.values() if row.subnet == subnet}
    last = IPv4Network(places.subnets[subnet].cidr).broadcast_address
    start = int(hashlib.sha256(name.encode()).hexdigest(), 16) % len(_OFFSETS)
    order = (*_OFFSETS[start:], *_OFFSETS[:start], *range(_OFFSETS.stop, 200))
    return next(str(last - off) for off in order if str(last - off) not in taken)
