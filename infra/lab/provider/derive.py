"""Writes catalogue.json from pulumi_aws' own classes: run it after each change of its version."""

import importlib
import inspect
import json
import re
from typing import Any

from infra.lab.provider import types
from infra.lab.provider.catalogue import PATH, Entry


def derive() -> dict[str, Entry]:
    """The table for every type that lies in `types/`, and for the provider itself."""
    found = {token: entry(token) for token in types.tokens()}
    found["pulumi:providers:aws"] = provider()
    return dict(sorted(found.items()))


def entry(token: str) -> Entry:
    """The properties of one type, read from its Args and resource classes."""
    package_name, class_name = _where(token)
    # By the package's own names: importing one of its modules first leaves its lazy loading broken.
    package = getattr(importlib.import_module("pulumi_aws"), package_name)
    args = getattr(package, f"{class_name}InitArgs", None) or getattr(package, f"{class_name}Args")
    resource = getattr(package, class_name)
    if _token(resource) != token:
        raise ValueError(f"{package_name}.{class_name} is not {token}")
    return {
        "inputs": sorted(_wire_names(args)),
        "required": sorted(_required(args)),
        "outputs": sorted(_wire_names(resource) - {"id", "urn", "pulumi_resource_name"}),
    }


def provider() -> Entry:
    """The provider's own arguments."""
    args = importlib.import_module("pulumi_aws").ProviderArgs
    return {"inputs": sorted(_wire_names(args)), "required": sorted(_required(args)), "outputs": []}


def _where(token: str) -> tuple[str, str]:
    _, middle, class_name = token.split(":")
    return middle.split("/")[0], class_name


def _token(resource: Any) -> str | None:
    found = re.search(r"'(aws:[^']+)'", inspect.getsource(resource._internal_init))
    return found.group(1) if found else None


def _wire_names(class_: Any) -> set[str]:
    """Names as they cross the wire: the getter's own name, else the attribute's."""
    names = set()
    for name, member in vars(class_).items():
        if isinstance(member, property) and member.fget is not None:
            names.add(getattr(member.fget, "_pulumi_name", name))
    return names


def _required(class_: Any) -> set[str]:
    wire = {
        name: getattr(member.fget, "_pulumi_name", name)
        for name, member in vars(class_).items()
        if isinstance(member, property)
    }
    parameters = inspect.signature(class_.__init__).parameters.values()
    return {wire[p.name] for p in parameters if p.name in wire and p.default is p.empty}


if __name__ == "__main__":
    PATH.write_text(json.dumps(derive(), indent=1) + "\n", "utf-8")
