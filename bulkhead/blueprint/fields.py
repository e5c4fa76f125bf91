"""The value types of a blueprint: names, texts, durations, days, ports, addresses."""

import re
from datetime import date
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from bulkhead.blueprint.kinds import ENDPOINTS

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([1-9][0-9]{0,5})([smhd])", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_PORTS = re.compile(r"([1-9][0-9]{0,4})(?:-([1-9][0-9]{0,4}))?", re.ASCII)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DNS = re.compile(rf"(?:{_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]", re.ASCII)
_ZONE = r"(?:UTC|[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)+)"
_MAINTENANCE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|daily) ([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2}) " + _ZONE,
    re.ASCII,
)


def wrong(what: str, allowed: str) -> PydanticCustomError:
    """A value that cannot be used; `allowed` says what can, with an example."""
    return PydanticCustomError("blueprint", "{what}", {"what": what, "allowed": allowed})


def _said(value: Any) -> str:
    return repr(value)[:60]


def _duration(value: Any) -> int:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        allowed = "a whole number and s, m, h or d, e.g. 15m, 24h, 90d"
        raise wrong(f"{_said(value)} is not a duration", allowed)
    return int(found[1]) * _SECONDS[found[2]]


def _day(value: Any) -> str:
    try:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValueError
        date.fromisoformat(value)
    except ValueError:
        raise wrong(f"{_said(value)} is not a day", "a day as YYYY-MM-DD") from None
    return value


def _ports(value: Any) -> tuple[int, int]:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    found = _PORTS.fullmatch(text) if isinstance(text, str) else None
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last <= 65535:
        raise wrong(f"{_said(value)} is not a port", "1 to 65535, or a range, e.g. 8883, 8000-8010")
    return first, last


def _endpoint(value: str) -> str:
    if value not in ENDPOINTS:
        raise wrong(f"{_said(value)} is not a zone or a role", "one of " + ", ".join(ENDPOINTS))
    return value


def _listed(value: Any) -> Any:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _text(value: str) -> str:
    text = " ".join(value.split())
    if not text or not text.isprintable():
        raise wrong(f"{_said(value)} is not a text", "printable words")
    return text


def _pool(value: str) -> str:
    try:
        network = IPv4Network(value)
    except ValueError:
        raise wrong(f"{_said(value)} is not an IPv4 prefix", "e.g. 10.0.0.0/8") from None
    private = (IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12"))
    if network.prefixlen > 14 or not any(network.subnet_of(one) for one in private):
        allowed = "a private prefix of at least /14 within 10.0.0.0/8 or 172.16.0.0/12"
        raise wrong(f"{network} cannot be the pool", allowed)
    return str(network)


def _public(value: str) -> str:
    allowed = "a public IPv4 address; in the lab one of 198.51.100.1 to 198.51.100.249"
    try:
        address = IPv4Address(value)
    except ValueError:
        raise wrong(f"{_said(value)} is not an IPv4 address", allowed) from None
    lab = IPv4Address("198.51.100.1") <= address < IPv4Address("198.51.100.250")
    if not lab and (not address.is_global or address.is_multicast):
        raise wrong(f"{address} cannot be a gateway's public address", allowed)
    return str(address)


def _maintenance(value: str) -> str:
    found = _MAINTENANCE.fullmatch(value)
    numbers = [int(part) for part in found.groups()] if found else [24, 0, 0, 0]
    if max(numbers[0], numbers[2]) > 23 or max(numbers[1], numbers[3]) > 59:
        allowed = "a day (Mon to Sun, or daily), hours and a time zone, e.g. "
        raise wrong(f"{_said(value)} is not a window", allowed + "Sun 02:00-04:00 Europe/Paris")
    return value


def _allowed_name(value: str) -> str:
    name = value.removeprefix("*.")
    if len(name) > 253 or not _DNS.fullmatch(name):
        raise wrong(
            f"{_said(value)} is not a name to allow",
            "a DNS name in small letters with a dot in it, e.g. api.weather.example, or *. and one",
        )
    return value


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
Text = Annotated[str, StringConstraints(max_length=600), AfterValidator(_text)]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$", max_length=32)]
Level = Annotated[int, Field(ge=0, le=4)]
Pool = Annotated[str, AfterValidator(_pool)]
PublicAddress = Annotated[str, AfterValidator(_public)]
Maintenance = Annotated[str, StringConstraints(max_length=80), AfterValidator(_maintenance)]
Endpoint = Annotated[str, AfterValidator(_endpoint), WithJsonSchema({"enum": list(ENDPOINTS)})]
Duration = Annotated[
    int,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": _DURATION.pattern}),
]
"""In seconds; written `15m`, `24h`, `90d`."""
Day = Annotated[str, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
"""ISO 8601, YYYY-MM-DD."""
Ports = Annotated[
    tuple[int, int],
    BeforeValidator(_ports),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 65535}, {"type": "string"}]}
    ),
]
"""First and last port, inclusive."""
Endpoints = Annotated[
    tuple[Endpoint, ...],
    BeforeValidator(_listed),
    Field(min_length=1),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(ENDPOINTS)},
                {"type": "array", "minItems": 1, "items": {"enum": list(ENDPOINTS)}},
            ]
        }
    ),
]
"""One endpoint or a list of them."""
PersonRef = Annotated[str, StringConstraints(pattern=r"^(shared/)?[a-z][a-z0-9-]{0,30}$")]
"""A person's id among the tenant's own people, or `shared/<id>` for one of the provider's."""
EntrantRef = Annotated[
    str, StringConstraints(pattern=r"^(shared/[a-z][a-z0-9-]{0,30}|provider\.(operator|support))$")
]
"""One of the provider's people, or all who have a role (`provider.operator`)."""
OwnerRef = Annotated[
    str,
    StringConstraints(
        pattern=r"^((shared/)?[a-z][a-z0-9-]{0,30}|customer\.(operator|engineer|admin|auditor)"
        r"|provider\.(operator|support|vendor))$"
    ),
]
"""A person, or a role (`customer.engineer`): whoever of that role is asked first."""

AllowedName = Annotated[str, StringConstraints(max_length=255), AfterValidator(_allowed_name)]
