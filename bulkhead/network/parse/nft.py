"""From `nft -j list ruleset` of a host to its HostFilter. What is not modelled is refused.

Source: libnftables-json(5). Chains that only IPv6 meets are left out, and so are those of
forwarding, for a packet of the host's own meets neither.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bulkhead.errors import Problem
from bulkhead.network.filters import HOOKS, Decision, FilterChain, FilterRule, HostFilter
from bulkhead.network.parse.matches import Matched, NotKnown, Sets, matched
from bulkhead.network.parse.shape import NotModelled

COMMAND = ("nft", "-j", "list", "ruleset")
"""What a host is asked, as root."""
_INERT = frozenset({"metainfo", "map", "counter", "quota", "limit", "ct helper", "ct timeout"})
"""Objects that do nothing to a packet unless a rule names them, and then the rule is refused."""
_UNMET = frozenset({"ip6"})
_FAMILIES = frozenset({"ip", "inet"})
_CHAIN = frozenset({"family", "table", "name", "handle", "type", "hook", "prio", "policy"})
_VERDICTS: Mapping[str, Decision] = {"accept": "accept", "drop": "drop", "reject": "reject"}
_HARMLESS = frozenset({"counter", "log"})
Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something stands, for whoever has to mend it."""

    host: str
    words: str

    def refuse(self, what: str, allowed: str) -> NotModelled:
        return NotModelled(
            Problem(
                where=f"{self.host}, nftables, {self.words}",
                what=f"{what}, and what that does to packets is not modelled",
                allowed=allowed,
                remedy="remove it from the host, or say it in the rules that are modelled",
            )
        )


def host_filter(host: str, text: str) -> HostFilter:
    """The filter that a host's ruleset is. NotModelled, with the rule, for what is beyond it.

    A host may be another's by now: whatever it answers, nothing else is raised.
    """
    try:
        return _host_filter(host, _plain(json.loads(text))["nftables"])
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        what = f"this is no JSON of nft ({type(error).__name__}: {error})"
        raise _Place(host, "ruleset").refuse(what, " ".join(COMMAND)) from None


def _plain(value: Any) -> Any:
    """The value without characters that do something to a terminal: people will read it."""
    if isinstance(value, str):
        return "".join(char if char.isprintable() else "?" for char in value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {_plain(name): _plain(item) for name, item in value.items()}
    return value


def _host_filter(host: str, items: list[Item]) -> HostFilter:
    kinds: dict[str, list[Item]] = {}
    for item in items:
        for kind, body in item.items():
            kinds.setdefault(kind, []).append(body)
    if unknown := sorted(kinds.keys() - _INERT - {"table", "chain", "rule", "set"}):
        raise _Place(host, "ruleset").refuse(f"it holds {unknown}", "tables, chains, rules, sets")
    _tables(host, kinds.get("table", []))
    rules = kinds.get("rule", [])
    sets = _sets(kinds.get("set", []))
    own = kinds.get("chain", [])
    homes = {(item["family"], item["table"], item["name"]) for item in own}
    if {(rule["family"], rule["table"], rule["chain"]) for rule in rules} - homes:
        raise KeyError("a rule of no chain")
    met = [chain for item in own if (chain := _chain(host, item, rules, sets)) is not None]
    return HostFilter(tuple(sorted(met, key=lambda c: (c.hook, c.priority, c.table, c.name))))


def _tables(host: str, tables: list[Item]) -> None:
    for table in tables:
        if table.get("flags"):
            place = _Place(host, f"table {table['family']} {table['name']}")
            raise place.refuse(f"its flags are {table['flags']!r}", "no flags")


def _sets(items: list[Item]) -> Sets:
    """The elements of named sets, by table and name; those that time out are None."""
    return {
        (item["family"], item["table"], item["name"]): (
            None if set(item.get("flags", ())) - {"interval", "constant"} else item.get("elem", [])
        )
        for item in items
    }


def _chain(host: str, item: Item, rules: list[Item], sets: Sets) -> FilterChain | None:
    """A base chain that the host's own packets meet; None for all others without effect."""
    home = (item["family"], item["table"], item["name"])
    if item["family"] in _UNMET or "hook" not in item or item["hook"] == "forward":
        return None  # without a hook it is met by a jump alone, and a jump is refused
    own = [rule for rule in rules if (rule["family"], rule["table"], rule["chain"]) == home]
    modelled = item["type"] == "filter" and item["hook"] in HOOKS and not item.keys() - _CHAIN
    if item["family"] in _FAMILIES and modelled:
        return FilterChain(
            table=f"{item['family']} {item['table']}",
            name=item["name"],
            hook=item["hook"],
            priority=int(item["prio"]),
            policy=item.get("policy", "accept"),
            rules=tuple(_rule(host, rule, item["hook"], sets) for rule in own),
        )
    if not own and item.get("policy", "accept") == "accept":
        return None
    kind = f"type {item['type']} at {item['hook']} of {item['family']}"
    place = _Place(host, f"chain {' '.join(home)}")
    raise place.refuse(f"it is of {kind}", "type filter at input or output of inet or ip")


def _rule(host: str, item: Item, hook: str, sets: Sets) -> FilterRule:
    comment = str(item.get("comment", ""))
    home = f"{item['family']} {item['table']} {item['chain']}"
    place = _Place(host, f"rule {comment or item['handle']} of {home}")
    met, log = Matched(), None
    verdict: Decision | None = None
    for kind, body in _statements(item["expr"]):
        if verdict is not None:
            raise place.refuse(f"{kind} stands after {verdict}", "a verdict at the end")
        if kind == "match":
            met = _narrowed(place, met, body, hook, _named(item, sets))
        elif kind in _VERDICTS:
            verdict = _VERDICTS[kind]
        elif kind == "log":
            log = str((body or {}).get("prefix", "")).strip()
        elif kind not in _HARMLESS:
            allowed = "match, counter, log, accept, drop, reject"
            raise place.refuse(f"it says {json.dumps({kind: body})}", allowed)
    return FilterRule(
        verdict=verdict,
        services=met.services,
        peers=met.peers,
        own=met.own,
        states=met.states,
        loopback=met.loopback,
        log=log,
        comment=comment,
    )


def _statements(expressions: list[Item]) -> Iterator[tuple[str, Any]]:
    for item in expressions:
        yield from item.items()


def _named(item: Item, sets: Sets) -> Sets:
    """The sets of the rule's own table."""
    home = (item["family"], item["table"])
    return {key: elements for key, elements in sets.items() if key[:2] == home}


def _narrowed(place: _Place, met: Matched, body: Item, hook: str, sets: Sets) -> Matched:
    try:
        return matched(met, body, hook, sets)
    except NotKnown as error:
        raise place.refuse(f"it matches {json.dumps(body)}: {error.what}", error.allowed) from None
