"""Hosts' own rules as planned against those read: what is missing changes no outcome by itself.

Where a security group still stops what a host's filter no longer does, every flow fares as
intended and one of two walls is gone. So the rules themselves are compared.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from bulkhead.network.difference import Difference, Kind
from bulkhead.network.filters import PREFIXES, FilterChain, FilterRule, Filters, HostFilter
from bulkhead.network.ports import NOTHING


def host_rules(planned: Filters, read: Filters) -> Iterator[Difference]:
    """A difference for each rule of a planned host that is missing, added or out of order.

    Hosts whose rules could not be read are left out: of them nothing is known.
    """
    filtered = sum(isinstance(item, HostFilter) and bool(item.chains) for item in read.values())
    for host in sorted(planned):
        meant, found = planned[host], read.get(host, HostFilter())
        if not isinstance(meant, HostFilter) or not isinstance(found, HostFilter):
            continue
        if meant.chains and not found.chains:
            others = f", although {filtered} of the other hosts have one" if filtered else ""
            yield Difference(
                kind="no host filter",
                source=host,
                layer="host-ingress",
                because=(f"no packet filter stands on {host}{others}",),
            )
        else:
            yield from _chains(host, meant, found)


def _chains(host: str, meant: HostFilter, found: HostFilter) -> Iterator[Difference]:
    wanted = {(chain.hook, str(chain)): chain for chain in meant.chains}
    there = {(chain.hook, str(chain)): chain for chain in found.chains}
    for key in sorted(wanted.keys() | there.keys()):
        if key not in there:
            yield _changed(host, wanted[key], f"the chain {wanted[key]} is missing")
        elif key not in wanted:
            yield _changed(host, there[key], f"nobody planned the chain {there[key]}")
        else:
            yield from _rules(host, wanted[key], there[key])


def _rules(host: str, meant: FilterChain, found: FilterChain) -> Iterator[Difference]:
    wanted, there = Counter(meant.rules), Counter(found.rules)
    for rule in _once(meant.rules):
        if wanted[rule] > there[rule]:
            words = f"its own filter ({found}) lacks: {rule}"
            yield _difference("host rule missing", host, found, words, rule)
    for rule in _once(found.rules):
        if there[rule] > wanted[rule]:
            words = f"its own filter ({found}) has, unplanned: {rule}"
            yield _difference("host rule added", host, found, words, rule)
    if wanted == there and meant.rules != found.rules:
        yield _changed(host, found, f"the rules of {found} stand in another order than planned")
    for what in ("policy", "priority"):
        planned, now = getattr(meant, what), getattr(found, what)
        if planned != now:
            yield _changed(host, found, f"the {what} of {found} is {now}, planned is {planned}")


def _once(rules: Iterable[FilterRule]) -> Iterable[FilterRule]:
    return dict.fromkeys(rules)


def _changed(host: str, chain: FilterChain, words: str) -> Difference:
    return _difference("host filter changed", host, chain, words)


def _difference(
    kind: Kind, host: str, chain: FilterChain, words: str, rule: FilterRule | None = None
) -> Difference:
    return Difference(
        kind=kind,
        source=host,
        layer=PREFIXES[chain.hook],
        because=(words,),
        services=rule.services if rule else NOTHING,
        conduits=(rule.comment,) if rule and rule.comment else (),
    )
