"""The lab's network: namespaces, links, routes and rules that follow what is deployed."""

from threading import RLock
from typing import Any

from bulkhead.errors import Problem
from bulkhead.network.deployed import Deployed, Interface
from infra.lab.fabric import names
from infra.lab.fabric.client import Client, WorkerFailed
from infra.lab.fabric.compile import compile, running
from infra.lab.fabric.drivers import BareNamespaces, HostDriver
from infra.lab.fabric.errors import FabricError
from infra.lab.fabric.leftovers import remove, switch_off
from infra.lab.fabric.machine import able_worker
from infra.lab.fabric.relays import Relays, relays
from infra.lab.fabric.ruleset import Ruleset, diff, full

Host = list[str]
"""Interface id, namespace, link, address: what the worker needs to make a host."""


class Fabric:
    """One lab's network. Nothing passes before the first `apply`, or after one that failed.

    lab: 6 hex digits. driver: what runs in the hosts. Calls are serialised.
    """

    def __init__(self, lab: str, driver: HostDriver | None = None) -> None:
        self._lab = lab
        self._driver = driver or BareNamespaces()
        self._lock = RLock()
        self._worker: Client | None = None
        self._blocked = True
        self._relays = Relays()
        self._forget()

    def _forget(self) -> None:
        """Nothing is known to be loaded, linked or started."""
        self._loaded: Ruleset | None = None
        self._sure = False
        self._hosts: dict[str, Interface] = {}
        self._followed: tuple[Interface, ...] | None = None
        self._doubtful: dict[str, Interface] = {}
        self._started: set[str] = set()
        self._stopped: dict[str, Interface] = {}
        self._endpoints: set[str] = set()  # every one that was ever met, by its `instance`

    @property
    def blocked(self) -> bool:
        """Whether everything is dropped because nothing (more) could be enforced."""
        return self._blocked

    @property
    def worker(self) -> int | None:
        """Process id of the worker, None while there is none."""
        return self._worker.pid if self._worker else None

    def open(self) -> None:
        """Make the fabric's and the internet's namespaces, with everything dropped.

        What a crashed lab of this name left is removed first. Raises MissingHere, before
        anything is made, if this machine lacks what it takes.
        """
        with self._lock:
            worker = able_worker()
            remove(self._lab)
            self._let_go()
            self._worker = worker
            fabric, internet = self._name("fabric"), self._name("internet")
            try:
                worker.call("create", fabric=fabric, internet=internet)
            except WorkerFailed as error:
                self.close()
                raise FabricError(Problem("fabric", f"cannot be made: {error}")) from error

    def apply(self, deployed: Deployed) -> None:
        """Make hosts, links, routes and rules follow `deployed`; the kernel has them on return.

        Raises FabricError, with everything dropped, if any of it fails.
        """
        with self._lock:
            try:
                self._follow(deployed)
            except Exception as error:
                self.block()
                if isinstance(error, FabricError):
                    raise
                what = f"cannot enforce what is deployed: {error}"
                raise FabricError(Problem("fabric", what, done="everything is dropped")) from error
            except BaseException:
                self.block()
                raise

    def _follow(self, deployed: Deployed) -> None:
        new = compile(deployed)
        worker = self._entered()
        self._undo(worker)
        self._endpoints |= {one.id for one in deployed.endpoints}
        if self._followed == deployed.ends:
            self._load(worker, new)
        else:
            self._move(worker, deployed, new)
        self._start()
        self._relays.follow(relays(deployed), names.prefix(self._lab))

    def _move(self, worker: Client, deployed: Deployed, new: Ruleset) -> None:
        """Links first where hosts come, rules first where they go."""
        self._followed = None
        wanted = {one.id: one for one in running(deployed)}
        gone = [one for key, one in self._hosts.items() if not _same(wanted.get(key), one)]
        fresh = [one for key, one in wanted.items() if not _same(self._hosts.get(key), one)]
        stale = _stale(self._hosts, wanted)
        # A new link that has an old one's name or address comes when that has gone.
        taken = {one.address for one in fresh}
        before = [one for one in gone if one.id in wanted or one.address in taken]
        self._remove(worker, before, deployed)
        self._add(worker, fresh)
        self._load(worker, new)
        self._remove(worker, [one for one in gone if one not in before], deployed)
        if stale:
            worker.call("forget", addresses=stale)
        self._hosts, self._followed = wanted, deployed.ends

    def _undo(self, worker: Client) -> None:
        """Take away the hosts of which an interrupted call may have made a part."""
        if self._doubtful:
            worker.call("remove", hosts=[self._host(one) for one in self._doubtful.values()])
            self._doubtful = {}

    def _load(self, worker: Client, new: Ruleset) -> None:
        old, sure = self._loaded, self._sure and not self._blocked
        text = diff(old, new) if old and sure else full(new)
        if text:
            self._sure = False
            worker.call("load", text=text, unblock=self._blocked)
        if lost := sorted(_translated(old) - _translated(new)):
            worker.call("forget", addresses=[public for public, _ in lost])
        self._loaded, self._blocked, self._sure = new, False, True

    def _add(self, worker: Client, fresh: list[Interface]) -> None:
        if fresh:
            self._doubtful = {one.id: one for one in fresh}
            worker.call("add", hosts=[self._host(one) for one in fresh])
            self._hosts |= self._doubtful
            self._doubtful = {}

    def _remove(self, worker: Client, gone: list[Interface], deployed: Deployed) -> None:
        kept = {one.instance for one in deployed.interfaces}
        for one in gone:
            self._end(one, one.instance in kept)
        if gone:
            worker.call("remove", hosts=[self._host(one) for one in gone])
        for one in gone:
            del self._hosts[one.id]
        for one in [one for one in self._stopped.values() if one.instance not in kept]:
            self._end(one, kept=False)
        self._driver.keep(kept)

    def _end(self, one: Interface, kept: bool) -> None:
        """Stop a host whose instance is kept, or remove it, stopped before or not."""
        if one.instance in self._endpoints:  # nothing runs there but the relay
            self._started.discard(one.id)
            return
        ending = self._driver.stop if kept else self._driver.remove
        ending(one, self._name(one.instance))
        self._started.discard(one.id)
        self._stopped.pop(one.id, None)
        if kept:
            self._stopped[one.id] = one

    def _start(self) -> None:
        for one in self._hosts.values():
            if one.id not in self._started and one.instance not in self._endpoints:
                self._driver.start(one, self._name(one.instance))
                self._started.add(one.id)
                self._stopped.pop(one.id, None)

    def _entered(self) -> Client:
        """The worker; a new one if it died, which knows nothing of what was loaded."""
        if self._worker is None:
            raise FabricError(Problem("fabric", "is not open"))
        if not self._worker.alive:
            self._sure = False
            self._worker = Client()
            self._worker.call("join", fabric=self._name("fabric"))
        return self._worker

    def block(self) -> None:
        """Drop all forwarding now. If nftables fails too, forwarding is switched off."""
        with self._lock:
            self._blocked = True
            try:
                self._entered().call("block")
            except (WorkerFailed, FabricError):
                switch_off(self._name("fabric"))

    def cut(self, address: str, other: str | None = None, port: int | None = None) -> int:
        """End the tracked flows of an address (with `other`, to the target's `port`); how many.

        Rules decide about new flows only, so a revoked path keeps what it carries until this.
        """
        with self._lock:
            count: int = self._asked("cut", address=address, other=other, port=port)
            return count

    def drops(self) -> dict[str, int]:
        """Packets dropped since rules were last loaded afresh, by layer and for `ipv6`."""
        with self._lock:
            counts: dict[str, int] = self._asked("drops")
            return counts

    def _asked(self, do: str, **given: str | int | None) -> Any:
        try:
            return self._entered().call(do, **given)
        except WorkerFailed as error:
            raise FabricError(Problem("fabric", f"{do} failed: {error}")) from error

    def close(self) -> None:
        """Remove everything of this lab from the kernel, also after a failure; disks stay."""
        with self._lock:
            try:
                self._driver.close()
            finally:
                self._let_go()
                remove(self._lab)

    def _let_go(self) -> None:
        if self._worker is not None:
            self._worker.end()
        self._relays.end()
        self._worker, self._blocked = None, True
        self._forget()

    def _name(self, what: str) -> str:
        return names.namespace(self._lab, what)

    def _host(self, one: Interface) -> Host:
        return [one.id, self._name(one.instance), names.link(one.id), one.address]


def _same(one: Interface | None, other: Interface | None) -> bool:
    """Whether both need the same link."""
    if one is None or other is None:
        return one is other
    return (one.instance, one.address) == (other.instance, other.address)


def _stale(old: dict[str, Interface], new: dict[str, Interface]) -> list[str]:
    """Addresses whose tracked flows would outlive the host they belong to."""
    was, now = ({(one.id, one.address) for one in each.values()} for each in (old, new))
    return sorted(address for _, address in was - now)


def _translated(ruleset: Ruleset | None) -> frozenset[tuple[str, str]]:
    """(public, private) of every address that is translated; flows may not outlive that."""
    maps = (one.items for one in ruleset.elements if one.name == "public-in") if ruleset else ()
    return next(iter(maps), frozenset())
