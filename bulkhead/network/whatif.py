"""A change to a deployment, said in a sentence: what would follow if somebody made it?

`open|close PROTOCOL[ PORT[-PORT]] into GROUP from GROUP|CIDR`, e.g. `open tcp 22 into
shared/admin/bastion from shared/flat`. Both sides' rules are changed, as one who opens a way would.
"""

import ipaddress
import re
from dataclasses import replace

from bulkhead.errors import Problem, WrongInput
from bulkhead.network.deployed import ALL, Deployed, Group, GroupRule

PATTERN = re.compile(
    r"(?P<verb>open|close) (?P<protocol>tcp|udp|icmp|any)( (?P<first>\d+)(-(?P<last>\d+))?)?"
    r" into (?P<target>\S+) from (?P<source>\S+)"
)
NUMBERS = {"any": ALL, "icmp": 1, "tcp": 6, "udp": 17}


def changed(deployed: Deployed, sentence: str) -> Deployed:
    """The deployment after the change. WrongInput for a sentence that cannot be carried out."""
    found = PATTERN.fullmatch(sentence.strip())
    if not found:
        raise _wrong(
            sentence,
            "it is not of that form",
            "open|close PROTOCOL PORT into GROUP "
            "from GROUP or CIDR, e.g. 'open tcp 22 into shared/admin/bastion from "
            "shared/flat'",
        )
    first = int(found["first"] or 0)
    last = int(found["last"] or found["first"] or 65535)
    if not 0 <= first <= last <= 65535:
        raise _wrong(sentence, f"{first}-{last} is no range of ports", "0 to 65535")
    target = _group(deployed, sentence, found["target"])
    rule = GroupRule(
        id=f"what-if: {sentence}",
        egress=False,
        protocol=NUMBERS[found["protocol"]],
        first=first,
        last=last,
    )
    if _is_cidr(found["source"]):
        rules = [(target, replace(rule, cidr=str(ipaddress.ip_network(found["source"]))))]
    else:
        source = _group(deployed, sentence, found["source"])
        rules = [
            (target, replace(rule, group=source.id)),
            (source, replace(rule, group=target.id, egress=True)),
        ]
    for group, row in rules:
        deployed = _with(deployed, found["verb"], group.id, row)
    return deployed


def _with(deployed: Deployed, verb: str, group: str, rule: GroupRule) -> Deployed:
    """The rule added to the group, or every rule like it taken out."""

    def rules(row: Group) -> tuple[GroupRule, ...]:
        kept = tuple(item for item in row.rules if replace(item, id=rule.id) != rule)
        return (*kept, rule) if verb == "open" else kept

    groups = tuple(
        replace(row, rules=rules(row)) if row.id == group else row for row in deployed.groups
    )
    return replace(deployed, groups=groups)


def _group(deployed: Deployed, sentence: str, name: str) -> Group:
    named = {row.name: row for row in deployed.groups}
    if name in named:
        return named[name]
    listed = ", ".join(sorted(row.name for row in deployed.groups if not row.default))
    raise _wrong(sentence, f"there is no group {name}", listed)


def _is_cidr(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def _wrong(sentence: str, what: str, allowed: str) -> WrongInput:
    return WrongInput(Problem(where=f"what-if '{sentence}'", what=what, allowed=allowed))
