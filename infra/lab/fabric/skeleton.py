"""The chains that are the same in every lab: the order in which a packet is judged, as in AWS.

Every check has to say yes (by a mark or a verdict): an element that is missing anywhere is a
drop, never a way through. Network ACLs set mark bits 1 (egress) and 2 (ingress), security
groups bit 4 (egress); marks do not cross into another namespace.
"""

from typing import get_args

from bulkhead.network.deployed import NetworkLayer
from infra.lab.fabric.names import ACCEPTED, FLOW_GROUP, LOG_GROUP
from infra.lab.fabric.ruleset import Chain

LAYERS: tuple[str, ...] = get_args(NetworkLayer)
REPLYING = tuple(name.removeprefix("reply-") for name in LAYERS if name.startswith("reply-"))
COUNTERS = ("ipv6", *sorted(LAYERS))
ACL_EGRESS, ACL_INGRESS, GROUP_EGRESS = "0x1", "0x2", "0x4"
"""Mark bits that a chain sets to say: this layer allows the packet."""

_TRACKED = (
    "ct state established,related accept",
    "ct state invalid goto drop-host",
)
_ACL_EGRESS = ("ip saddr vmap @acl-out", "meta mark & 0x1 == 0x0 goto drop-acl-egress")
_ACL_INGRESS = ("ip daddr vmap @acl-in", "meta mark & 0x2 == 0x0 goto drop-acl-ingress")
_GROUP_EGRESS = ("iifname vmap @groups-out", "meta mark & 0x4 == 0x0 goto drop-group-egress")
_GROUP_INGRESS = ("oifname vmap @groups-in", "goto drop-group-ingress")
_FORWARD = (
    'meta nfproto != ipv4 counter name "ipv6" drop',
    'iifname "inet1" goto arriving',
    "iifname . ip saddr != @own goto drop-host",
    'oifname "inet0" goto leaving',
    "oifname . ip daddr != @own goto drop-host",
    # An endpoint answers and never asks; one that is not accepted does neither.
    "iifname @silent ct state new,invalid goto drop-endpoint",
    "ip saddr @pending goto drop-endpoint",
    "ip daddr @pending goto drop-endpoint",
    "ip saddr . ip daddr != @routes goto drop-route",
    "ip saddr . ip daddr @within goto tracked",
    *_ACL_EGRESS,
    *_ACL_INGRESS,
    "goto tracked",
)
# What leaves for the internet is judged by its source alone: a private address that is routed
# inside and has no link of its own belongs to a host that does not run.
_LEAVING = (
    "ip saddr . ip daddr @routes goto drop-host",
    "ip saddr . ip daddr != @outward goto drop-route",
    *_ACL_EGRESS,
    *_TRACKED,
    *_GROUP_EGRESS,
    "goto accepted",
)
# What comes from the internet is judged by its target alone, and only if the gateway has
# translated it or it answers something that went out.
_ARRIVING = (
    "ip saddr . meta l4proto @inside goto drop-host",
    "ct direction original ct status & dnat == 0 goto drop-route",
    'oifname "inet0" goto drop-route',
    "oifname . ip daddr != @own goto drop-host",
    *_ACL_INGRESS,
    *_TRACKED,
    *_GROUP_INGRESS,
)
# Reached by what is new alone. A flow is told once: until it is answered, its further packets
# are new as well, but the kernel has confirmed it when the first one left.
_ACCEPTED = (
    f'ct status & confirmed == 0 log prefix "{ACCEPTED}" group {FLOW_GROUP} snaplen 64',
    "accept",
)


def skeleton() -> tuple[Chain, ...]:
    """The base chains, the three ways through, and one chain for each layer that drops."""
    return (
        *(Chain(name=hook, hook=_drop(hook)) for hook in ("input", "output")),
        Chain(name="forward", hook=_drop("forward"), rules=_FORWARD),
        Chain(name="leaving", rules=_LEAVING),
        Chain(name="arriving", rules=_ARRIVING),
        Chain(name="accepted", rules=_ACCEPTED),
        Chain(name="tracked", rules=(*_TRACKED, *_GROUP_EGRESS, *_GROUP_INGRESS)),
        Chain(
            name="translate-in",
            hook="type nat hook prerouting priority dstnat; policy accept;",
            rules=('iifname "inet1" dnat ip to ip daddr map @public-in',),
        ),
        Chain(
            name="translate-out",
            hook="type nat hook postrouting priority srcnat; policy accept;",
            rules=('oifname "inet0" snat ip to ip saddr map @public-out',),
        ),
        *(_dropping(layer) for layer in LAYERS if not layer.startswith("reply-")),
    )


def _drop(hook: str) -> str:
    return f"type filter hook {hook} priority filter; policy drop;"


def _dropping(layer: str) -> Chain:
    """Tells and counts what `layer` stops; an answer is told apart from a request."""
    reply = (f"ct direction reply {_tell('reply-' + layer)}",) if layer in REPLYING else ()
    return Chain(name=f"drop-{layer}", rules=(*reply, _tell(layer)))


def _tell(layer: str) -> str:
    logs = (f'log prefix "{layer}" group {each} snaplen 64' for each in (LOG_GROUP, FLOW_GROUP))
    return f'counter name "{layer}" {" ".join(logs)} drop'
