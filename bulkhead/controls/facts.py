"""What controls read: facts of an environment, each source read when it is first asked for.

A source that cannot be read is Unknown and says why; no control may take that for a pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bulkhead.controls.machine import Machine
from bulkhead.controls.stored import LogStore, Shipping
from bulkhead.controls.unknown import Unknown
from bulkhead.network.deployed import Deployed, Flow, Verdict
from bulkhead.network.filters import Filters
from bulkhead.network.intent import Intent
from bulkhead.network.mesh import Sidecar
from bulkhead.plan import Host, Plan

__all__ = ["Endpoint", "Facts", "Machine", "Meeting", "Sidecars", "Tried", "Unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A TLS server as a client of its own estate met it.

    asked_from: the host that connected. versions: by name (`TLSv1.2`), whether a handshake of that
    version alone came about. anonymous: whether it served a client that showed no certificate;
    said: what it answered to that client. names: DNS names and addresses that its certificate
    bears. trusted: whether the estate's authority vouches for it, `why` if not. starts, ends:
    seconds since 1970. now: the client's clock.
    """

    asked_from: str
    name: str
    versions: Mapping[str, bool]
    anonymous: bool
    said: str
    trusted: bool
    why: str
    names: tuple[str, ...]
    starts: float
    ends: float
    now: float


@dataclass(frozen=True, slots=True)
class Tried:
    """What packets did: a verdict for each flow that was tried."""

    verdicts: Mapping[Flow, Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A real handshake with a sidecar, by a host with its own identity. said: what it was told."""

    asker: str
    identity: str
    port: int
    admitted: bool | Unknown
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecars:
    """The sidecar before a host's service: as it is configured, and as it was met."""

    read: Sidecar | Unknown
    meetings: tuple[Meeting, ...]


class Facts(Protocol):
    """One environment. `plan` says what is intended, and is no fact."""

    @property
    def plan(self) -> Plan:
        """What is intended."""

    @property
    def intended(self) -> Intent:
        """The flows that are intended, between the hosts that this environment can have."""

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The planned hosts that this environment can have."""

    def deployed(self) -> Deployed | Unknown:
        """What the API says."""

    def filters(self) -> Filters | Unknown:
        """Hosts' own packet filters as they tell them."""

    def planned_filters(self) -> Filters | Unknown:
        """The same as the plan means them, by the deployed addresses."""

    def machine(self, host: str) -> Machine | Unknown:
        """What a host tells of itself."""

    def endpoint(self, host: str) -> Endpoint | Unknown:
        """The TLS server of a host, met by connecting to it."""

    def sidecar(self, host: str) -> Sidecars | Unknown:
        """The sidecar before a host's service."""

    def packets(self) -> Tried | Unknown:
        """What real packets did."""

    def log_store(self, host: str) -> LogStore | Unknown:
        """What the store of logs on a host refused, tried with its own admin credentials."""

    def shipping(self, host: str) -> Shipping | Unknown:
        """How the shipper of a host that collects events stands."""

    def arrived(self, host: str) -> float | Unknown | None:
        """Seconds until an event of this run's stood in the log store; None if it did not come."""
