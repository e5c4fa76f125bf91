"""The flows that a deployment answers, grouped: hosts that cannot be told apart, then conduits."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from bulkhead.network.ports import ICMP, NOTHING, TCP, UDP, Ports
from bulkhead.network.reach import Reach
from bulkhead.plan import INTERNET, Path

Key = tuple[str, ...]
_PATHS: tuple[Path, ...] = ("private", "public")
_NAMED = {ICMP: "icmp", TCP: "tcp", UDP: "udp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Services that every one of `targets` answers to every one of `sources`: names of classes.

    because: rules that carry them, of one pair of hosts.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    path: Path
    services: Ports
    because: tuple[str, ...]


def classes(computed: Reach, keys: Mapping[str, Key]) -> list[list[str]]:
    """Hosts sorted into classes: of one key, and alike in all that they answer and are answered.

    Two hosts are alike if changing places would change no flow; that is an equivalence.
    """
    found: list[list[str]] = []
    for host in sorted(keys):
        for members in found:
            if keys[members[0]] == keys[host] and _alike(computed, members[0], host):
                members.append(host)
                break
        else:
            found.append([host])
    return found


def _alike(computed: Reach, one: str, other: str) -> bool:
    swap = {one: other, other: one}
    for path in _PATHS:
        for host in computed.hosts:
            there, back = swap.get(host, host), (one, other)
            if host != one and not (
                computed.answered(back[0], host, path) == computed.answered(back[1], there, path)
                and computed.answered(host, back[0], path)
                == computed.answered(there, back[1], path)
            ):
                return False
    return True


def ways(computed: Reach, members: Mapping[str, Sequence[str]]) -> list[Way]:
    """Every flow between classes, once: classes with the same flows share a way.

    members: the hosts of each class, by its name; INTERNET is a class of itself.
    """
    ends = {**members, INTERNET: [INTERNET]}
    by_target: defaultdict[tuple[str, Path, Ports], list[str]] = defaultdict(list)
    for source, target in product(sorted(ends), repeat=2):
        for path in _PATHS:
            if services := _between(computed, ends[source], ends[target], path):
                by_target[target, path, services].append(source)
    merged: defaultdict[tuple[Key, Path, Ports], list[str]] = defaultdict(list)
    for (target, path, services), sources in by_target.items():
        merged[tuple(sources), path, services].append(target)
    return [
        Way(
            sources=sources,
            targets=tuple(targets),
            path=path,
            services=services,
            because=_carriers(computed, ends[sources[0]], ends[targets[0]], path, services),
        )
        for (sources, path, services), targets in merged.items()
    ]


def _pair(sources: Sequence[str], targets: Sequence[str]) -> tuple[str, str] | None:
    """Two different hosts that stand for all of both classes."""
    return next(((a, b) for a in sources for b in targets if a != b), None)


def _between(computed: Reach, sources: Sequence[str], targets: Sequence[str], path: Path) -> Ports:
    pair = _pair(sources, targets)
    return computed.answered(*pair, path) if pair else NOTHING


def _carriers(
    computed: Reach, sources: Sequence[str], targets: Sequence[str], path: Path, services: Ports
) -> tuple[str, ...]:
    pair = _pair(sources, targets)
    return computed.carriers(*pair, path, services) if pair else ()


def unanswered(computed: Reach) -> Iterator[tuple[str, str, Path, Ports]]:
    """What arrives and is never answered: no conduit can mean it, so it is told apart."""
    for source, target in product(computed.hosts, repeat=2):
        for path in computed.paths(source, target):
            delivered = computed.delivered(source, target, path)
            if lost := delivered - computed.answered(source, target, path):
                yield source, target, path, lost


def written(services: Ports) -> list[str]:
    """A set of services as an estate's file says it; exactly these, whatever their protocol."""
    found, others = [], []
    for protocol, first, last in services.spans():
        whole = (first, last) == (0, 65535)
        if protocol < 0:
            return ["any"]
        if protocol not in _NAMED:
            others.append(protocol)
        elif protocol == ICMP and whole:
            found.append("icmp")
        else:
            found.append(f"{_NAMED[protocol]} {_range(first, last)}")
    return [*found, *(f"other {_range(*run)}" for run in _runs(others))]


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Sorted numbers as ranges."""
    first = last = -2
    for number in [*numbers, -1]:
        if number == last + 1 and first >= 0:
            last = number
            continue
        if first >= 0:
            yield first, last
        first = last = number


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
