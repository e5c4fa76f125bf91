"""What a certificate of the platform says: the profile that an authority fills in and signs.

Fields are RFC 5280's. The common name is the identity's dotted name; brokers and databases
take it for the user's name, so it never holds what a topic or a path would split at.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

from bulkhead.errors import Problem, WrongInput

Kind = Literal["device", "workload"]
Usage = Literal["server", "client"]
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,62}[a-z0-9])?")
_SPIFFE = re.compile(r"spiffe://[a-z0-9._-]+(/[a-zA-Z0-9._-]+)+")


def dotted(identity: str) -> str:
    """The name of an identity or host on wires: its id with dots (`acme.lyon.ai.gw-1`)."""
    return identity.replace("/", ".")


def spiffe_id(domain: str, workload: str) -> str:
    """A workload's id in the mesh: `spiffe://lyon/acme/ingest/broker` (SPIFFE-ID, section 2)."""
    return f"spiffe://{domain}/{workload}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One leaf certificate: whom it names, what it may be used for, how long (seconds).

    names: DNS names; addresses: IPv4 addresses; uris: SPIFFE ids, one at most and a workload's
    (X.509-SVID, section 2). All go into the subject alternative name.
    Raises WrongInput for what no certificate of ours may say.
    """

    name: str
    kind: Kind
    usages: tuple[Usage, ...]
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    lifetime: int

    def __post_init__(self) -> None:
        """Refuse a profile that no authority may sign."""
        for name in (self.name, *self.names):
            if not _NAME.fullmatch(name):
                _refuse("name", name, "a dotted name of a-z, 0-9 and -, 64 characters at most")
        for address in self.addresses:
            _check_address(address)
        for uri in self.uris:
            if not _SPIFFE.fullmatch(uri) or len(self.uris) > 1 or self.kind != "workload":
                _refuse("uri", uri, "one spiffe://DOMAIN/PATH, of a workload")
        if not self.usages or set(self.usages) - {"server", "client"}:
            _refuse("usages", ", ".join(self.usages) or "none", "server, client or both")
        if self.kind not in ("device", "workload"):
            _refuse("kind", self.kind, "device or workload")
        if self.lifetime <= 0:
            _refuse("lifetime", str(self.lifetime), "seconds, more than 0")


def _check_address(address: str) -> None:
    try:
        ip_address(address)
    except ValueError:
        _refuse("address", address, "an IPv4 address")


def _refuse(field: str, value: str, allowed: str) -> None:
    raise WrongInput(Problem(f"certificate {field}", f"{value!r} is refused", allowed=allowed))
