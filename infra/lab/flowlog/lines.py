"""A flow as a line of AWS's VPC flow logs.

Source: Amazon VPC User Guide, "Flow log records", version 2, the default format. Its fourteen
fields come in its order; a fifteenth is ours: the layer that denied, `-` for what was accepted.
A line is one packet, so `packets` is 1 and `start` is `end`.
"""

from collections.abc import Mapping
from socket import inet_ntoa
from typing import NamedTuple

from bulkhead.network.deployed import Interface
from infra.lab.fabric import ACCEPTED

WITH_PORTS = (6, 17, 132, 136)
"""TCP, UDP, SCTP and UDP-Lite. Others have 0 as both ports, ICMP too, as in AWS."""


class Owner(NamedTuple):
    """Whose an address is: account id, interface id, and whether the instance runs."""

    account: str
    interface: str
    running: bool


Owners = Mapping[bytes, Owner]
"""Owners by packed IPv4 address."""
NOBODY = Owner("-", "-", False)


def owners(interfaces: tuple[Interface, ...]) -> dict[bytes, Owner]:
    """Owners of the private addresses of `interfaces`."""
    return {
        bytes(map(int, one.address.split("."))): Owner(one.account, one.id, one.running)
        for one in interfaces
    }


def judged(prefix: str, source: bytes, target: bytes, known: Owners) -> Owner:
    """The interface that the last judgement of a packet was about.

    Routes and egress are the sender's, ingress the receiver's. What is accepted was last asked
    of the receiver, unless that is outside. `host` is about a receiver that does not run, or about
    a sender that used an address which is not its own: its owner is not to blame, nobody is named.
    """
    if prefix == ACCEPTED:
        return known.get(target) or known.get(source, NOBODY)
    if prefix == "host":
        receiver = known.get(target, NOBODY)
        return NOBODY if receiver.running else receiver
    return known.get(target if prefix.endswith("ingress") else source, NOBODY)


def line(prefix: str, packet: bytes, at: int, known: Owners) -> str | None:
    """The line for the first bytes of an IPv4 packet; None for what is none.

    prefix: a layer, or ACCEPTED. at: Unix seconds. Addresses are those that rules see: private.
    """
    if len(packet) < 20 or packet[0] >> 4 != 4:
        return None
    source, target, protocol = packet[12:16], packet[16:20], packet[9]
    account, interface, _ = judged(prefix, source, target, known)
    ends = f"{inet_ntoa(source)} {inet_ntoa(target)} {_ports(packet, protocol)}"
    size = packet[2] << 8 | packet[3]
    accepted = prefix == ACCEPTED
    outcome = "ACCEPT OK -" if accepted else f"REJECT OK {prefix}"
    return f"2 {account} {interface} {ends} {protocol} 1 {size} {at} {at} {outcome}\n"


def _ports(packet: bytes, protocol: int) -> str:
    start = (packet[0] & 15) * 4
    later_fragment = packet[6] & 0x1F or packet[7]
    if protocol not in WITH_PORTS or later_fragment or len(packet) < start + 4:
        return "0 0"
    first, second, third, fourth = packet[start : start + 4]
    return f"{first << 8 | second} {third << 8 | fourth}"


def skipped(count: int | None, start: int, end: int) -> str:
    """The line that says that `count` flows (None: nobody knows) have none."""
    packets = "-" if count is None else str(count)
    return f"2 - - - - - - - {packets} - {start} {end} - SKIPDATA -\n"
