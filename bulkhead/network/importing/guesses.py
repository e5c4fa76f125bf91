"""Guesses about an account that nobody described: each with its reason, none made without one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bulkhead.plan import UNKNOWN

ZONES = {
    "admin": "admin bastion jump jumphost mgmt management ops vpn",
    "audit": "audit log logs logging siem security",
    "egress": "egress proxy outbound nat",
    "ingest": "ingest ingress broker mqtt dmz web edge frontend public lb",
    "storage": "storage db database data historian sql postgres timescale rds",
    "processing": "processing app application compute worker workers inference ml backend service",
    "ot": "ot plc scada shopfloor",
    "ai": "ai idmz gateway gw",
    "it": "it office corp",
}
"""Words in people's names for a subnet, by the kind of zone they suggest."""
ROLES = {
    "bastion": "bastion jump jumphost",
    "broker": "broker mqtt mosquitto",
    "historian": "historian db database postgres timescale sql",
    "inference": "inference ml model",
    "ingest": "ingest collector",
    "logstore": "logstore log logs siem syslog",
    "proxy": "proxy squid",
    "gateway": "gateway gw",
    "plc": "plc",
}
TENANT_TAGS = ("bulkhead:tenant", "tenant", "customer", "client")
_WORD = re.compile(r"[a-z]+")
_IDS = re.compile(r"\b(?:i|subnet|vpc|sg|pcx)-[0-9a-f]+")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True)
class Guess:
    """A value (`unknown` for none) and what suggested it."""

    value: str
    because: str


NONE = Guess(UNKNOWN, "nothing in names or tags suggests it")


def zone_kind(
    subnet: tuple[str, Mapping[str, str]], network: str, hosts: Iterable[str], *, public: bool
) -> Guess:
    """The kind of a subnet's zone: by its name, its tags, its hosts' names, then its routes.

    subnet: its name and tags; network: the network's name; public: whether its hosts have a way
    to and from outside.
    """
    name, tags = subnet
    texts = [("the subnet's name", name)]
    texts += [(f"the subnet's tag {key}", value) for key, value in sorted(tags.items())]
    texts += [("a host's name", host) for host in hosts]
    texts += [("the network's name", network)]
    for where, text in texts:
        if found := _by_words(ZONES, text):
            return Guess(found[0], f"{where} ({text}) holds '{found[1]}'")
    if public:
        return Guess("ingest", "its hosts can be reached from outside")
    return NONE


def role(host: str, groups: Iterable[str]) -> Guess:
    """What a host is for, by its name, else by its groups' names."""
    for where, text in [("its name", host), *(("its group", group) for group in groups)]:
        if found := _by_words(ROLES, text):
            return Guess(found[0], f"{where} ({text}) holds '{found[1]}'")
    return NONE


def tenant(*tags: Mapping[str, str]) -> Guess:
    """Whose it is, by the first of these tags that says so: nothing else may say whose data is."""
    for held in tags:
        by_key = {key.lower(): value for key, value in held.items()}
        for key in TENANT_TAGS:
            value = re.sub(r"[^a-z0-9]+", "-", by_key.get(key, "").lower()).strip("-")
            if _NAME.fullmatch(value):
                return Guess(value, f"the tag {key}")
    return NONE


def _by_words(table: Mapping[str, str], text: str) -> tuple[str, str] | None:
    words = _WORD.findall(_IDS.sub("", text.lower()))
    for value, known in table.items():
        for word in known.split():
            if word in words:
                return value, word
    return None
