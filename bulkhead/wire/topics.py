"""Topics of Sparkplug 3.0: who speaks of which device, and whether the primary host is there.

    spBv1.0/<tenant>/<kind>/<node>[/<device>]        spBv1.0/STATE/<host>

Narrower than Sparkplug: a name is 1 to 64 of A-Z a-z 0-9 . _ - and begins with a letter or digit,
so that it can stand in a certificate, a path and a row, and nobody's name holds a wildcard.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

NAMESPACE = "spBv1.0"
STATE = "STATE"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


class BadTopic(ValueError):
    """A topic, or a part of one, that is not of the form above."""


class Kind(StrEnum):
    """The kinds of message; those that begin with D concern one device."""

    NBIRTH = "NBIRTH"
    NDEATH = "NDEATH"
    NDATA = "NDATA"
    NCMD = "NCMD"
    DBIRTH = "DBIRTH"
    DDEATH = "DDEATH"
    DDATA = "DDATA"
    DCMD = "DCMD"


PUBLISHED = tuple(kind for kind in Kind if not kind.endswith("CMD"))
"""What an edge node publishes."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Topic:
    """An edge node's or a device's topic; `device` exactly for the kinds that concern one.

    Raises BadTopic for a name that is not of the form above.
    """

    tenant: str
    kind: Kind
    node: str
    device: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be parsed again."""
        names = [self.tenant, self.node] + ([] if self.device is None else [self.device])
        for name in names:
            _checked(name)
        if self.tenant == STATE:
            raise BadTopic("the tenant STATE would be taken for a host's topic")
        if self.kind.startswith("D") is (self.device is None):
            raise BadTopic(f"{self.kind} with device {self.device!r}")

    def __str__(self) -> str:
        """The topic as it stands on the wire."""
        ends = [] if self.device is None else [self.device]
        return "/".join([NAMESPACE, self.tenant, self.kind, self.node, *ends])


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class StateTopic:
    """Where a host application says whether it is online."""

    host: str

    def __post_init__(self) -> None:
        """Refuse what could not be parsed again."""
        _checked(self.host)

    def __str__(self) -> str:
        """The topic as it stands on the wire."""
        return f"{NAMESPACE}/{STATE}/{self.host}"


def primary_host(tenant: str) -> str:
    """The host id under which a tenant's ingest says that it is online."""
    return _checked(f"{tenant}.ingest")


def everything(tenant: str) -> str:
    """The subscription to all that is said of a tenant's nodes."""
    return f"{NAMESPACE}/{_checked(tenant)}/#"


def parse(text: str) -> Topic | StateTopic:
    """The topic that a text is. Raises BadTopic, naming the part that is wrong."""
    parts = text.split("/") if len(text) <= 300 else []
    if len(parts) == 3 and parts[:2] == [NAMESPACE, STATE]:
        return StateTopic(host=parts[2])
    if len(parts) not in (4, 5) or parts[0] != NAMESPACE:
        raise BadTopic(f"not a topic of {NAMESPACE}: {text[:100]!r}")
    if parts[2] not in Kind.__members__:
        raise BadTopic(f"no kind of message: {parts[2][:100]!r}")
    device = parts[4] if len(parts) == 5 else None
    return Topic(tenant=parts[1], kind=Kind(parts[2]), node=parts[3], device=device)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise BadTopic(f"not a name: {name[:100]!r}")
    return name
