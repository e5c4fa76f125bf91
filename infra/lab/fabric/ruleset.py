"""A table of nftables as frozen data, and the text that loads it or changes one into another.

Both texts are one batch: the kernel takes all of it or none.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from infra.lab.fabric.names import TABLE

Element = tuple[str, str]
"""A key as nft writes it and, in a map, its value (`\"\"` in a set)."""
MANY = 2000
"""Deletions beyond which a fresh load is cheaper: the kernel takes 0.16 ms for each one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elements:
    """A named set, or a map where `value` names what its keys map to.

    key, value: nft types, e.g. `ipv4_addr . inet_proto`. interval: keys may be ranges; they
    must not overlap.
    """

    name: str
    key: str
    value: str = ""
    interval: bool = False
    items: frozenset[Element] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A chain; `hook` is its base chain declaration, empty for a chain that is jumped to."""

    name: str
    hook: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """Everything of the table. Names are unique within each kind; each tuple is sorted by name."""

    counters: tuple[str, ...] = ()
    elements: tuple[Elements, ...] = ()
    chains: tuple[Chain, ...] = ()


def full(new: Ruleset) -> str:
    """The batch that replaces whatever is loaded by `new`."""
    fresh = [f"add table {TABLE}", f"delete table {TABLE}", f"add table {TABLE}"]
    return "\n".join(fresh + _changes(Ruleset(), new)) + "\n"


def diff(old: Ruleset, new: Ruleset) -> str:
    """The batch that turns a loaded `old` into `new`; empty where nothing differs."""
    if _declarations(old, new) or _deletions(old, new) > MANY:
        return full(new)
    return "".join(f"{line}\n" for line in _changes(old, new))


def _declarations(old: Ruleset, new: Ruleset) -> bool:
    """Whether something kept its name but not its kind, which cannot be changed in place."""
    kinds = {one.name: (one.key, one.value, one.interval) for one in old.elements}
    hooks = {one.name: one.hook for one in old.chains}
    return (
        any(kinds.get(e.name, kind := (e.key, e.value, e.interval)) != kind for e in new.elements)
        or any(hooks.get(chain.name, chain.hook) != chain.hook for chain in new.chains)
        or not set(old.counters) <= set(new.counters)
    )


def _deletions(old: Ruleset, new: Ruleset) -> int:
    """How many elements go."""
    kept = {one.name: one.items for one in new.elements}
    both = ((one.items, kept.get(one.name, frozenset())) for one in old.elements)
    return sum(len(before - after) for before, after in both if before is not after)


def _changes(old: Ruleset, new: Ruleset) -> list[str]:
    """Commands in an order in which each finds what it refers to."""
    was = {one.name: one for one in old.elements}
    now = {one.name for one in new.elements}
    chains = {one.name: one for one in old.chains}
    changed = [c for c in new.chains if c != chains.get(c.name, Chain(name=c.name, hook=c.hook))]
    lost = sorted(set(chains) - {chain.name for chain in new.chains})
    return [
        *(f"add counter {TABLE} {name}" for name in new.counters if name not in old.counters),
        *(_declare(chain) for chain in new.chains if chain.name not in chains),
        *(_create(one) for one in new.elements if one.name not in was),
        *(line for one in new.elements for line in _refill(was.get(one.name), one)),
        *(f"flush chain {TABLE} {c.name}" for c in changed if c.name in chains),
        *(f"add rule {TABLE} {c.name} {rule}" for c in changed for rule in c.rules),
        *(f"flush chain {TABLE} {name}" for name in lost),
        *(f"delete {_kind(was[name])} {TABLE} {name}" for name in sorted(set(was) - now)),
        *(f"delete chain {TABLE} {name}" for name in lost),
    ]


def _declare(chain: Chain) -> str:
    body = f" {{ {chain.hook} }}" if chain.hook else ""
    return f"add chain {TABLE} {chain.name}{body}"


def _kind(one: Elements) -> str:
    return "map" if one.value else "set"


def _create(one: Elements) -> str:
    value = f" : {one.value}" if one.value else ""
    flags = " flags interval;" if one.interval else ""
    return f"add {_kind(one)} {TABLE} {one.name} {{ type {one.key}{value};{flags} }}"


def _refill(old: Elements | None, new: Elements) -> Iterable[str]:
    """Delete first: a shortened range may not be added while the long one is there."""
    before = old.items if old else frozenset()
    if before is new.items:
        return
    gone, fresh = sorted(before - new.items), sorted(new.items - before)
    if gone:
        yield f"delete element {TABLE} {new.name} {{ {', '.join(key for key, _ in gone)} }}"
    if fresh:
        texts = (f"{key} : {value}" if value else key for key, value in fresh)
        yield f"add element {TABLE} {new.name} {{ {', '.join(texts)} }}"
