"""One file per resource type; a file is found by its type's token and needs no registration.

`aws:ec2/vpcPeeringConnection:VpcPeeringConnection` lies in `ec2_vpc_peering_connection.py`, which
holds one instance under the name TYPE. A file is read when its type is first met.
"""

import importlib
import importlib.util
import pkgutil
import re
from functools import cache

from infra.lab.provider.errors import Failed
from infra.lab.provider.resource import Resource


@cache
def type_of(token: str) -> Resource:
    """The type of a token, or Failed naming it."""
    parts = re.fullmatch(r"aws:(\w+)/(\w+):\w+", token)
    name = _snake(f"{parts.group(1)}_{parts.group(2)}") if parts else ""
    if not parts or importlib.util.find_spec(f"{__name__}.{name}") is None:
        raise Failed(f"the lab's provider does not implement the type {token}")
    found: Resource = importlib.import_module(f"{__name__}.{name}").TYPE
    return found


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def tokens() -> list[str]:
    """All tokens, sorted."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if module.name[0] != "_"]
    return sorted(importlib.import_module(f"{__name__}.{name}").TYPE.kind for name in names)
