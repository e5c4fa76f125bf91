"""Facts whose sources are functions: each is called once, when it is first asked for or before.

A source that fails is Unknown, with the reason; what fails by a fault of ours is no finding, and
is raised.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import Any, Generic, TypeVar

from bulkhead.controls.facts import Endpoint, Sidecars, Tried
from bulkhead.controls.machine import Machine
from bulkhead.controls.stored import LogStore, Shipping
from bulkhead.controls.unknown import Unknown
from bulkhead.environments.facts.hosts import Told
from bulkhead.environments.filters import planned_filters
from bulkhead.errors import BulkheadError
from bulkhead.network.deployed import Deployed
from bulkhead.network.filters import Filters
from bulkhead.network.intent import Intent, intent
from bulkhead.plan import Host, Plan

T = TypeVar("T")


class Once(Generic[T]):
    """A function that is called once, from whichever thread asks first; the others wait."""

    def __init__(self, source: Callable[[], T | Unknown]) -> None:
        self._source, self._lock = source, Lock()
        self._found: list[T | Unknown] = []

    def __call__(self) -> T | Unknown:
        """What it found, or why it could not be read."""
        with self._lock:
            if not self._found:
                self._found.append(_tried(self._source))
        return self._found[0]


def _tried(source: Callable[[], T | Unknown]) -> T | Unknown:
    try:
        return source()
    except BulkheadError as error:
        return Unknown("; ".join(f"{row.where}: {row.what}" for row in error.problems))
    except OSError as error:
        return Unknown(str(error))


class Reading:
    """Facts of one environment. standins: whether it has the plants' stand-ins (all but aws).

    packets: told what is deployed. told: what the hosts said; filters: where hosts' own filters
    come from if not from them. store: the store of logs where it is no host of the estate's.
    """

    def __init__(  # noqa: PLR0913  # each is a source of its own
        self,
        plan: Plan,
        *,
        standins: bool,
        deployed: Callable[[], Deployed | Unknown],
        told: Callable[[Intent], Told | Unknown],
        packets: Callable[[Deployed], Tried | Unknown],
        filters: Callable[[Deployed], Filters | Unknown] | None = None,
        store: Callable[[], LogStore | Unknown] | None = None,
    ) -> None:
        self.plan = plan
        self.intended = intent(plan, standins=standins)
        self._deployed: Once[Deployed] = Once(deployed)
        self._told: Once[Told] = Once(lambda: told(self.intended))
        self._packets: Once[Tried] = Once(lambda: self._with_deployed(packets))
        self._filters = filters
        self._store: Once[LogStore] | None = Once(store) if store else None

    @cached_property
    def hosts(self) -> tuple[Host, ...]:
        """See Facts."""
        return tuple(host for host in self.plan.hosts if host.id in self.intended.hosts)

    def read_ahead(self) -> None:
        """Read API and hosts at once: each mostly waits for somebody else. Then send packets.

        Not before: what listens for the packets would be found listening on the hosts.
        """
        sources: Sequence[Once[Any]] = (self._deployed, self._told)
        with ThreadPoolExecutor(len(sources), "facts") as pool:
            for done in [pool.submit(source) for source in sources]:
                done.result()
        self._packets()

    def deployed(self) -> Deployed | Unknown:
        """See Facts."""
        return self._deployed()

    def filters(self) -> Filters | Unknown:
        """See Facts."""
        if self._filters is not None:
            return self._with_deployed(self._filters)
        told = self.told()
        return told if isinstance(told, Unknown) else told.filters

    def planned_filters(self) -> Filters | Unknown:
        """See Facts."""
        if self.plan.imported:
            return Unknown("an imported estate does not say what its hosts' own filters should be")
        return self._with_deployed(lambda deployed: planned_filters(self.plan, deployed))

    def machine(self, host: str) -> Machine | Unknown:
        """See Facts."""
        told = self.told()
        if isinstance(told, Unknown):
            return told
        return told.machines.get(host, Unknown("the host does not run, or cannot be entered"))

    def endpoint(self, host: str) -> Endpoint | Unknown:
        """See Facts."""
        told = self.told()
        if isinstance(told, Unknown):
            return told
        found: Endpoint | Unknown = told.endpoints.get(host, Unknown("the host does not run"))
        return found

    def sidecar(self, host: str) -> Sidecars | Unknown:
        """See Facts."""
        told = self.told()
        if isinstance(told, Unknown):
            return told
        return told.sidecars.get(host, Unknown("the host does not run, or has no sidecar"))

    def packets(self) -> Tried | Unknown:
        """See Facts. Hosts are asked first: see `read_ahead`."""
        self._told()
        return self._packets()

    def log_store(self, host: str) -> LogStore | Unknown:
        """See Facts."""
        if self._store is not None:
            return self._store()
        found = self.machine(host)
        if isinstance(found, Unknown):
            return found
        told = found.objects
        if told is None:
            return Unknown("the host did not tell of its store")
        return told if isinstance(told, Unknown) else replace(told, where=host)

    def shipping(self, host: str) -> Shipping | Unknown:
        """See Facts."""
        found = self.machine(host)
        if isinstance(found, Unknown):
            return found
        return found.shipping or Unknown("the host did not tell of its shipper")

    def arrived(self, host: str) -> float | Unknown | None:
        """See Facts."""
        told = self.told()
        if isinstance(told, Unknown):
            return told
        if isinstance(told.arrived, Unknown):
            return told.arrived
        return told.arrived.get(host, Unknown("the host does not run, so nobody looked for it"))

    def told(self) -> Told | Unknown:
        """What the hosts said."""
        return self._told()

    def _with_deployed(self, do: Callable[[Deployed], T | Unknown]) -> T | Unknown:
        deployed = self.deployed()
        return deployed if isinstance(deployed, Unknown) else do(deployed)
