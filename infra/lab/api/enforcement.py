"""Keeping the packets' world equal to the API's: read what changed, load it, or drop everything."""

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bulkhead.network.deployed import Acl, Deployed, Group, RouteTable
from infra.lab.api.kinds import ALL_KINDS

log = logging.getLogger(__name__)


OWN_KINDS = frozenset({"subnets", "route_tables", "acls", "groups"})
"""Tables whose rows belong to one VPC, and so to one account."""


Row = Group | Acl | RouteTable
"""What a call can change alone."""


class Enforcer(Protocol):
    """What carries packets. Until the first `apply` and after `block` it carries none."""

    def open(self) -> None:
        """Take hold of what is there, or make it; everything is dropped."""

    def apply(self, deployed: Deployed) -> None:
        """Make packets follow `deployed`; on return the kernel has it. Raises where it has not."""

    def block(self) -> None:
        """Drop everything from now on."""

    def cut(self, address: str, other: str | None = None, port: int | None = None) -> int:
        """End the tracked flows of an address; how many were ended."""
        ...

    def close(self) -> None:
        """Let go; what is dropped stays dropped."""


class Reader(Protocol):
    """Reads the API (bulkhead.network.read over in-process clients)."""

    def tables(self, kinds: Collection[str], previous: Deployed | None) -> Deployed:
        """Deployed with `kinds` read anew and the rest taken from `previous`."""

    def of_account(self, account: str, kinds: Collection[str], previous: Deployed) -> Deployed:
        """The same, where only `account` can have changed."""

    def row(self, account: str, kind: str, identity: str) -> Row:
        """One row of `account`: a group, a network ACL or a route table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Degraded:
    """Since when (Unix seconds) and why no packet passes."""

    since: float
    why: str


class Enforcement:
    """Not safe for threads: whoever calls holds the region's lock (except for `degraded`).

    seconds: how long reading the API and loading the kernel have taken so far.
    """

    def __init__(self, reader: Reader, enforcer: Enforcer) -> None:
        self._reader, self._enforcer = reader, enforcer
        self.deployed: Deployed | None = None
        self.degraded: Degraded | None = None
        self.last_failure: Degraded | None = None
        self.seconds = {"read": 0.0, "load": 0.0}

    def refresh(self) -> bool:
        """Read everything and load it."""
        return self._load(lambda: self._reader.tables(ALL_KINDS, None))

    def changed(
        self, account: str, kinds: Collection[str], row: tuple[str, str] | None = None
    ) -> bool:
        """Load what a call of `account` changed; whether packets now follow the API.

        row: table and id of the only row that changed, where `kinds` is that table and no more.
        """
        before = self.deployed
        if self.degraded is not None or before is None:
            return self.refresh()
        if not kinds:
            return True
        if row is not None:
            kind, identity = row
            return self._load(
                lambda: _with_row(before, kind, self._reader.row(account, kind, identity))
            )
        return self._load(lambda: self._reader.of_account(account, kinds, before))

    def _load(self, read: Callable[[], Deployed]) -> bool:
        try:
            started = time.perf_counter()
            deployed = read()
            loading = time.perf_counter()
            if self.degraded is not None or deployed != self.deployed:
                self._enforcer.apply(deployed)
            self.seconds["read"] += loading - started
            self.seconds["load"] += time.perf_counter() - loading
        except Exception as failure:
            log.exception("the network cannot be loaded")
            self.fail(f"{type(failure).__name__}: {failure}")
            return False
        self.deployed, self.degraded = deployed, None
        return True

    def fail(self, why: str) -> None:
        """Drop everything and say so."""
        since = self.degraded.since if self.degraded else time.time()
        self.degraded = self.last_failure = Degraded(since=since, why=why)
        try:
            self._enforcer.block()
        except Exception:
            log.exception("forwarding cannot be blocked; the fabric must be ended from outside")
            self.degraded = Degraded(since=since, why=f"{why}; and forwarding cannot be blocked")

    def cut(self, address: str, other: str | None = None, port: int | None = None) -> int:
        """End the tracked flows of `address` (with `other`, to `port`); how many were ended."""
        return self._enforcer.cut(address, other, port)


def _merged(previous: Deployed, fresh: Deployed, account: str, kinds: Collection[str]) -> Deployed:
    """`previous` with one account's rows of `kinds` exchanged for the fresh ones."""
    own = {vpc.id for vpc in previous.vpcs if vpc.account == account}
    tables = {
        kind: tuple(
            sorted(
                [row for row in getattr(previous, kind) if row.vpc not in own]
                + list(getattr(fresh, kind)),
                key=lambda row: str(row.id),
            )
        )
        for kind in kinds
    }
    return replace(previous, **tables)


def _with_row(before: Deployed, kind: str, row: Row) -> Deployed:
    """`before` with one row of a table exchanged."""
    kept = tuple(row if each.id == row.id else each for each in getattr(before, kind))
    exchanged: dict[str, Any] = {kind: kept}
    return replace(before, **exchanged)


class NetworkReader:
    """Reads with bulkhead.network.read through clients of every account.

    client: makes the client of an account's id. accounts: the ids that there are; they only grow.
    """

    def __init__(self, client: Callable[[str], Any], accounts: Collection[str]) -> None:
        self._client, self._accounts = client, accounts
        self._made: dict[str, Any] = {}

    def _api(self, account: str) -> Any:
        from bulkhead.network.boto import BotoApi

        if account not in self._made:
            self._made[account] = BotoApi(self._client(account), account)
        return self._made[account]

    def tables(self, kinds: Collection[str], previous: Deployed | None) -> Deployed:
        """Read `kinds` of all accounts."""
        from bulkhead.network.read import read

        return read(
            [self._api(one) for one in sorted(self._accounts)],
            kinds=frozenset(kinds),
            previous=previous,
        )

    def of_account(self, account: str, kinds: Collection[str], previous: Deployed) -> Deployed:
        """Read `kinds` of one account, where they are kinds that no two accounts share."""
        from bulkhead.network.read import expanded, read

        if not frozenset(kinds) <= OWN_KINDS:
            return self.tables(kinds, previous)
        fresh = read([self._api(account)], kinds=frozenset(kinds), previous=Deployed())
        return _merged(previous, fresh, account, expanded(kinds))

    def row(self, account: str, kind: str, identity: str) -> Row:
        """Read one row."""
        from bulkhead.network.read import read_one

        return read_one(self._api(account), kind, identity)
