"""Names of what a lab makes in the kernel; a crashed lab is found again by them alone."""

from bulkhead.network.deployed import INTERNET_ADDRESS

OUTSIDE = INTERNET_ADDRESS
RUN = "/run/netns"
"""Where named network namespaces are kept, as `ip netns` expects them."""
TABLE = "inet bulkhead"
"""The table that judges packets, in the fabric's namespace."""
BLOCKED = "inet bulkhead-blocked"
"""The table that drops everything while it exists."""
LOG_GROUP = 62
"""The nflog group in which every drop is told, with the layer as its prefix."""
FLOW_GROUP = 63
"""The nflog group of the flow logs: every drop again, and the first packet of what may pass.

The kernel gives a group to one reader, and drops what nobody reads.
"""
ACCEPTED = "accept"
"""The prefix, in FLOW_GROUP, of a new flow that the last layer has let through."""


def prefix(lab: str) -> str:
    """What the name of each namespace of `lab` (6 hex digits) starts with."""
    return f"bh-{lab}-"


def namespace(lab: str, instance: str) -> str:
    """The namespace of an instance, or of `fabric` and `internet`, e.g. `bh-0a1b2c-i-0123`."""
    return prefix(lab) + instance


def link(interface: str) -> str:
    """The fabric's end of an interface's link: at most 15 characters, as the kernel wants."""
    return "h" + interface.removeprefix("eni-")[-14:]
