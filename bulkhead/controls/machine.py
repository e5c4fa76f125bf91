"""What a host tells of itself, read from the one JSON document that it is asked for.

Each part stands alone: one that the host could not tell is Unknown, and so is one in another form.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bulkhead.controls.stored import LogStore, Shipping, log_store, shipping
from bulkhead.controls.unknown import Unknown

T = TypeVar("T")
Options = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account. password: `locked`, `none` (empty: anybody gets in) or `set`.

    sudo: what it may run as whom, as sudo tells it; "" for nothing. defaults: sudo's settings that
    hold for it, in order.
    """

    name: str
    uid: int
    shell: str
    password: str
    groups: tuple[str, ...]
    sudo: str
    defaults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """A listening socket. address: as the kernel says it, without the port."""

    protocol: str
    address: str
    port: int
    process: str

    @property
    def loopback(self) -> bool:
        """Whether only the host itself can ask it."""
        return self.address.strip("[]").startswith(("127.", "::1", "::ffff:127."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A unit of systemd. settings: of the unit. process: of its main process, by /proc's names."""

    unit: str
    settings: Options
    process: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """offset: seconds that it is ahead of ours. uncertain: seconds, half of the way there and back.

    source: the server that chrony follows; "" for none. active: whether chronyd runs.
    """

    offset: float
    uncertain: float
    active: bool
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """persistent: whether the journal of this machine lies on disk. forwarder: its unit's state."""

    persistent: bool
    forwarder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A file that holds a private key; its content is never read out."""

    path: str
    mode: int
    owner: str
    uid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Where sessions are recorded; mode 0 where it does not exist."""

    mode: int
    uid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outward:
    """What a host was told when it asked for what nobody listed.

    web: the proxy's status; "" where the host has no proxy. names: (what was asked for, code,
    addresses) of each question to the resolver, none where the host has no resolver. resolvers:
    those of /etc/resolv.conf.
    """

    web: str
    names: tuple[tuple[str, str, tuple[str, ...]], ...]
    resolvers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A proxy's allowlist. entries: (name, tenant, last day). passed: names that squid passes."""

    entries: tuple[tuple[str, str, str], ...]
    passed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A host's own word. sshd: the settings that hold for each account that was asked about.

    asked: our clock's seconds when it told this. objects, shipping: of a host that stores and
    collects logs; None where it was not asked.
    """

    sshd: Mapping[str, Options] | Unknown
    accounts: tuple[Account, ...] | Unknown
    sockets: tuple[Socket, ...] | Unknown
    services: tuple[Service, ...] | Unknown
    clock: Clock | Unknown
    journal: Journal | Unknown
    keys: tuple[Key, ...] | Unknown
    room: Room | Unknown
    outward: Outward | Unknown
    listed: Listed | Unknown
    asked: float
    objects: LogStore | Unknown | None = None
    shipping: Shipping | Unknown | None = None


def machine(said: Mapping[str, Any], *, sent: float, received: float) -> Machine:
    """The machine of a document; `sent` and `received`: our clock's seconds around its telling."""

    def clock(raw: Any) -> Clock:
        return Clock(
            offset=float(raw["now"]) - (sent + received) / 2,
            uncertain=(received - sent) / 2,
            active=bool(raw["active"]),
            source=str(raw["source"]),
        )

    return Machine(
        asked=(sent + received) / 2,
        sshd=part(said, "sshd", lambda raw: {user: dict(rows) for user, rows in raw.items()}),
        accounts=part(said, "accounts", lambda raw: tuple(map(_account, raw))),
        sockets=part(said, "sockets", lambda raw: tuple(Socket(**row) for row in raw)),
        services=part(said, "services", lambda raw: tuple(Service(**row) for row in raw)),
        clock=part(said, "clock", clock),
        journal=part(said, "journal", lambda raw: Journal(**raw)),
        keys=part(said, "keys", lambda raw: tuple(Key(**row) for row in raw)),
        room=part(said, "room", lambda raw: Room(**raw)),
        outward=part(said, "outward", _outward),
        listed=part(said, "listed", _listed),
        objects=_asked(said, "objects", lambda raw: log_store("", raw)),
        shipping=_asked(said, "shipping", shipping),
    )


def part(said: Mapping[str, Any], name: str, read: Callable[[Any], T]) -> T | Unknown:
    """One part of a host's document, `{"ok": …}` or `{"error": WORDS}`."""
    found = said.get(name)
    if not isinstance(found, dict) or "ok" not in found:
        why = found.get("error", "") if isinstance(found, dict) else ""
        return Unknown(f"the host did not tell its {name}" + (f": {why}" if why else ""))
    try:
        return read(found["ok"])
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        return Unknown(f"the host told its {name} in another form: {error!r}")


def _outward(raw: Mapping[str, Any]) -> Outward:
    names = tuple((str(name), str(code), tuple(found)) for name, code, found in raw["names"])
    return Outward(web=str(raw["web"]), names=names, resolvers=tuple(raw["resolvers"]))


def _listed(raw: Mapping[str, Any]) -> Listed:
    return Listed(entries=tuple(map(tuple, raw["entries"])), passed=tuple(raw["passed"]))


def _asked(
    said: Mapping[str, Any], name: str, read: Callable[[Any], T | Unknown]
) -> T | Unknown | None:
    """A part that most hosts are not asked for."""
    if said.get(name, {"ok": None}) == {"ok": None}:
        return None
    return part(said, name, read)


def _account(raw: Mapping[str, Any]) -> Account:
    tuples = {name: tuple(raw[name]) for name in ("groups", "defaults")}
    return Account(**{**raw, **tuples})
