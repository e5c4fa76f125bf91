"""Catalogues: what the modules of a package declare under one name, each entry once."""

import importlib
import pkgutil
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from bulkhead.errors import Problem, WrongInput


def declared(package: Any, name: str, depth: int) -> dict[str, Any]:
    """What modules so many levels below a package declare as `name`, by its `about.name`, in order.

    ValueError where two share one.
    """
    found: dict[str, Any] = {}
    for module in sorted(_modules(package, depth)):
        entry = getattr(importlib.import_module(module), name, None)
        if entry is None:
            continue
        if entry.about.name in found:
            raise ValueError(f"two are called {entry.about.name}: {module} declares the second")
        found[entry.about.name] = entry
    return dict(sorted(found.items()))


def chosen(known: dict[str, Any], name: str, noun: str) -> Any:
    """The entry of that name; WrongInput with those that there are."""
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=3)
    raise WrongInput(
        Problem(where=name, what=f"there is no such {noun}", allowed=", ".join(near or known))
    )


def _modules(package: Any, depth: int) -> Iterator[str]:
    prefix = f"{package.__name__}."
    level = prefix.count(".") + depth - 1
    for item in pkgutil.walk_packages(package.__path__, prefix):
        if not item.ispkg and item.name.count(".") == level:
            yield item.name
