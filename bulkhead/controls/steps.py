"""The steps of a sabotage: what is broken, as data. Environments know how to do and undo each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGroup:
    """A security group, by name, admits a TCP port from a prefix."""

    group: str
    port: int
    cidr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAcl:
    """A network ACL, by name, lets everything in from everywhere, before its other entries."""

    acl: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StrayRoute:
    """A network's tables, by name, send a prefix over a peering, by name."""

    table: str
    peering: str
    cidr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptOnHost:
    """A host's own filter accepts a TCP port from everywhere."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OnHost:
    """Shell text that root runs on a host, and the text that takes it back (also if run twice)."""

    host: str
    do: str
    undo: str


Step = OpenGroup | OpenAcl | StrayRoute | AcceptOnHost | OnHost
"""A step of a sabotage."""
