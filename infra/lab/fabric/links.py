"""Namespaces, links and routes of a lab, made from inside the fabric's namespace.

A host has a /32 on a veth of its own and the fabric as its only neighbour, so that even two
hosts of one subnet meet the rules. Every function here leaves the calling thread in the
namespace it found it in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyroute2 import IPRoute

from infra.lab.fabric import kernel
from infra.lab.fabric.names import OUTSIDE

NEIGHBOUR = "169.254.1.1"
"""The fabric's own address on every link."""
BEYOND = "169.254.2.2"
"""The internet's address on the fabric's uplink."""
LINK = 253  # a route's scope: the target is on the link itself
ONLINK = 4  # a next hop's flag: it is on the link although no route says so


@dataclass(frozen=True, slots=True)
class Host:
    """What one running instance needs: its namespace, the fabric's end of its link, its address."""

    interface: str
    namespace: str
    link: str
    address: str


def create(fabric: str, internet: str) -> None:
    """Make both namespaces and the two links between them, and stay in the fabric's."""
    with kernel.returning():
        kernel.make(internet)
        _routing()
    kernel.make(fabric)
    _settings()
    with IPRoute() as inner, _of(internet) as outer:
        _address(inner, _up(inner, "lo"), NEIGHBOUR)
        lo = _up(outer, "lo")
        _address(outer, lo, OUTSIDE)
        _address(outer, lo, BEYOND)
        for name, far in (("inet0", "out"), ("inet1", "in")):
            inner.link("add", ifname=name, kind="veth", peer=_peer(far, internet))
        _default(inner, _up(inner, "inet0"), BEYOND)
        _up(inner, "inet1")
        _up(outer, "out")
        _default(outer, _up(outer, "in"), NEIGHBOUR, OUTSIDE)


def _settings() -> None:
    """The fabric's: it forwards IPv4 between addresses that are on no common network."""
    _routing()
    # A connection that was cut may not be picked up again in its middle.
    kernel.setting("netfilter/nf_conntrack_tcp_loose", 0)


def _routing() -> None:
    for scope in ("all", "default"):
        kernel.setting(f"ipv4/conf/{scope}/rp_filter", 0)
        kernel.setting(f"ipv4/conf/{scope}/send_redirects", 0)
        kernel.setting(f"ipv4/conf/{scope}/accept_redirects", 0)
    kernel.setting("ipv4/ip_forward", 1)


def add(hosts: Sequence[Host]) -> None:
    """Make each host's namespace, link and routes; what an interrupted call left is replaced."""
    remove(hosts)
    with IPRoute() as fabric:
        for host in hosts:
            with kernel.returning():
                kernel.make(host.namespace)
                with IPRoute() as own:
                    _connect(fabric, own, host)


def _connect(fabric: Any, own: Any, host: Host) -> None:
    fabric.link("add", ifname=host.link, kind="veth", peer=_peer("eth0", host.namespace))
    _up(own, "lo")
    eth0 = _up(own, "eth0")
    _address(own, eth0, host.address)
    own.route("add", dst=f"{NEIGHBOUR}/32", oif=eth0, scope=LINK)
    own.route("add", dst="default", gateway=NEIGHBOUR, oif=eth0)
    fabric.route("add", dst=f"{host.address}/32", oif=_up(fabric, host.link), scope=LINK)


def remove(hosts: Sequence[Host]) -> None:
    """Take each host's link and namespace away; no error for what is not there."""
    with IPRoute() as fabric:
        for host in hosts:
            for index in fabric.link_lookup(ifname=host.link):
                fabric.link("del", index=index)
            kernel.forget(host.namespace)


def _of(namespace: str) -> Any:
    """A connection to `namespace`; a netlink socket stays where it was opened."""
    with kernel.returning():
        kernel.enter(namespace)
        return IPRoute()


def _peer(name: str, namespace: str) -> dict[str, str]:
    return {"ifname": name, "net_ns_fd": namespace}


def _up(ipr: Any, name: str) -> int:
    index: int = ipr.link_lookup(ifname=name)[0]
    ipr.link("set", index=index, state="up")
    return index


def _address(ipr: Any, index: int, address: str) -> None:
    ipr.addr("add", index=index, address=address, prefixlen=32)


def _default(ipr: Any, index: int, gateway: str, source: str | None = None) -> None:
    given = {"prefsrc": source} if source else {}
    ipr.route("add", dst="default", gateway=gateway, oif=index, flags=ONLINK, **given)
