"""What a host's sidecar lets through, read from its configuration and its maps. Pure.

The fifth layer beside security groups, network ACLs, hosts' own filters and names: whose identity
may open a session to which port. What is read is HAProxy's own text (configuration manual 2.6,
sections 4.2 and 5.1), in the form of the role `sidecar`; a line that is not understood is refused,
never left out, for it could let anybody in.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from bulkhead.errors import Problem, WrongInput

Sets = Mapping[str, Sequence[str]]
"""Maps and lists by file name, as the process that runs holds them: their lines."""
_DOOR, _IN = re.compile(r"door-(\d+)"), re.compile(r"in-(\d+)")
_SETTINGS = ("log-format", "error-log-format", "default_backend", "bind")
_HALL = (
    re.compile(r"bind \S+|log-format .*|default_backend hall-\d+"),
    re.compile(r"use_backend device-\d+ if device"),
    re.compile(r"tcp-request content set-log-level silent unless device"),
)
"""Lines of a door that let nobody in but a device."""
_IDENTITY = "set-var(sess.identity) ssl_c_der,hex,lua.spiffe"
_FROM_MAP = re.compile(r"set-var\(sess\.server\) var\(sess\.identity\),map\((\S+)\)")
_DENIED = re.compile(r"reject if \{ var\(sess\.identity\) -m str -f (\S+) \}")
_UNLISTED = "reject unless { var(sess.server) -m found }"
_DEVICES = re.compile(r"acl device src -f (\S+)")
_LOOSE = ("ca-ignore-err", "crt-ignore-err")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One port. asked: whether a peer must show a certificate. verified: whether chain and
    revocation decide. listed: the identities that may; None where no rule asks. devices: prefixes
    from which the service itself is reached, without an identity."""

    port: int
    address: str
    asked: bool
    verified: bool
    listed: frozenset[str] | None
    denied: frozenset[str]
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A host's sidecar, by port."""

    inbound: Mapping[int, Inbound] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passage:
    """Whether the mesh lets a session through, and what decided."""

    allowed: bool
    why: str


def passage(sidecar: Sidecar, identity: str | None, port: int, source: str = "") -> Passage:
    """Whether a peer with this SPIFFE id (None: it has none) at this address may come in."""
    way = sidecar.inbound.get(port)
    if way is None:
        return Passage(False, f"the sidecar serves no port {port}")
    if source and any(ip_address(source) in ip_network(row) for row in way.devices):
        return Passage(True, f"{source} is a device's address: the service itself decides")
    return _asked_who(way, identity)


def _asked_who(way: Inbound, identity: str | None) -> Passage:
    """What becomes of a peer that must say who it is."""
    if way.asked and not way.verified:
        return Passage(True, "the sidecar verifies no certificate: anybody can claim any identity")
    known = identity if way.asked else None
    if known is not None and known in way.denied:
        return Passage(False, f"{known} is denied on this host")
    if way.listed is None:
        return Passage(True, "no rule asks whether the identity is listed")
    if known is None:
        return Passage(False, "no identity is known of the peer")
    listed = known in way.listed
    return Passage(listed, f"{known} is {'' if listed else 'not '}on the map of port {way.port}")


def sidecar(config: str, sets: Sets) -> Sidecar:
    """The sidecar of a configuration; WrongInput for a line that is not understood."""
    sections = dict(_sections(config))
    found = {}
    for name, lines in sections.items():
        if matched := _IN.fullmatch(name):
            port = int(matched[1])
            door = sections.get(f"door-{port}", [])
            found[port] = _inbound(port, lines, door, sets)
        elif not _DOOR.fullmatch(name) and not name.startswith("out-"):
            raise _unread(f"frontend {name}")
    for name in sections:
        if (matched := _DOOR.fullmatch(name)) and int(matched[1]) not in found:
            raise _unread(f"frontend {name}, which leads nowhere")
    return Sidecar(found)


def _sections(config: str) -> Iterator[tuple[str, list[str]]]:
    """Frontends (and `listen` sections, which are none of the role's) by name."""
    held: list[str] | None = None
    for line in config.splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        words = text.split()
        if not line.startswith((" ", "\t")):
            held = [] if words[0] in ("frontend", "listen") else None
            if held is not None:
                yield (words[1] if words[0] == "frontend" else text), held
        elif held is not None:
            held.append(" ".join(words))


def _inbound(port: int, lines: list[str], door: list[str], sets: Sets) -> Inbound:
    binds = [line.split()[1:] for line in lines if line.startswith("bind ")]
    outer = [line.split()[1] for line in door if line.startswith("bind ")]
    if len(binds) != 1 or len(outer) > 1:
        raise _unread(f"{len(binds) + len(outer)} ways into port {port}")
    [words] = binds
    asked, verified = _asked(words)
    listed, denied = _rules(lines, sets)
    return Inbound(
        port=port,
        address=(outer or words)[0].rpartition(":")[0],
        asked=asked,
        verified=verified,
        listed=listed,
        denied=denied,
        devices=_devices(door, sets),
    )


def _asked(words: Sequence[str]) -> tuple[bool, bool]:
    """(a certificate is asked for, nothing but a good one is taken) of a `bind` line."""
    verify = words[words.index("verify") + 1] if "verify" in words else "none"
    whole = {"ssl", "ca-file", "crl-file"} <= set(words) and not set(_LOOSE) & set(words)
    return "ssl" in words and verify != "none", whole and verify == "required"


def _rules(lines: list[str], sets: Sets) -> tuple[frozenset[str] | None, frozenset[str]]:
    """(identities that are listed, None where nobody asks; identities that are denied)."""
    table: frozenset[str] | None = None
    listed: frozenset[str] | None = None
    denied: frozenset[str] = frozenset()
    for line in lines:
        rule = line.removeprefix("tcp-request content ")
        if line.split()[0] in _SETTINGS or rule == _IDENTITY:
            continue
        if matched := _FROM_MAP.fullmatch(rule):
            table = _keys(matched[1], sets)
        elif matched := _DENIED.fullmatch(rule):
            denied = _keys(matched[1], sets)
        elif rule == _UNLISTED and table is not None:
            listed = table
        else:
            raise _unread(line)
    return listed, denied


def _devices(door: list[str], sets: Sets) -> tuple[str, ...]:
    """The prefixes that a door lets to the service itself; every line of it is known."""
    found: tuple[str, ...] = ()
    for line in door:
        if matched := _DEVICES.fullmatch(line):
            found = tuple(sorted(_keys(matched[1], sets)))
        elif not any(known.fullmatch(line) for known in _HALL):
            raise _unread(line)
    return found


def _keys(path: str, sets: Sets) -> frozenset[str]:
    if path not in sets:
        raise WrongInput(Problem("sidecar", f"it did not tell what {path} holds"))
    return frozenset(row.split()[0] for row in sets[path] if row.strip())


def _unread(what: str) -> WrongInput:
    return WrongInput(
        Problem("sidecar", f"{what!r} is not understood", remedy="configure the host again")
    )
