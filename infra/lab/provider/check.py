"""Check and Diff: what is wanted, made complete; and what that changes."""

import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.lab.provider import tags
from infra.lab.provider.catalogue import catalogue
from infra.lab.provider.prop import coerced, complaints
from infra.lab.provider.resource import Resource, differs
from infra.lab.provider.wire import UNKNOWN, Props, is_unknown

BIRTH = "__birth"
"""A hidden input, drawn when a resource is first checked and kept for its life (see tags.BIRTH)."""

AUTONAMED = "__autonamed"
"""A hidden input: the name was drawn here, so that one found under another drawn name fits too."""

Failures = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How a name is made: the engine's proposal, if any, else logical name and random digits."""

    logical: str
    seed: bytes = b""
    proposed: str = ""
    disabled: bool = False

    def name(self) -> str:
        """A name that AWS takes for any type: none may begin with `sg-`."""
        suffix = self.seed.hex()[:7] if len(self.seed) > 3 else random.token_hex(4)[:7]
        name = self.proposed or f"{self.logical}-{suffix}"
        return f"group-{name}" if name.lower().startswith("sg-") else name


def check(type_: Resource, news: Props, olds: Props, naming: Naming) -> tuple[Props, Failures]:
    """The inputs made complete, and what is wrong with them. `olds` is empty for a new resource."""
    given = {name: value for name, value in news.items() if value is not None}
    failures = _refused(type_, given)
    inputs = {
        name: coerced(type_.props[name], value) if name in type_.props else value
        for name, value in given.items()
        if not name.startswith("__")
    }
    for name, prop in type_.props.items():
        if prop.required and name not in inputs:
            failures.append((name, "is required"))
        failures += complaints(prop, inputs.get(name), name)
        if prop.default is not None and name not in inputs:
            inputs[name] = prop.default
    failures += [] if failures else type_.refusals(inputs)
    failures += _autonamed(type_, inputs, olds, naming)
    _carry_birth(type_, inputs, olds)
    return inputs, failures


def _refused(type_: Resource, given: Props) -> Failures:
    known = catalogue()[type_.kind]["inputs"]
    said = []
    for name in given:
        if name in type_.props or name.startswith("__"):
            continue
        reason = (
            "the lab's provider does not implement this property"
            if name in known
            else "there is no such property"
        )
        said.append((name, reason))
    return said


def _autonamed(type_: Resource, inputs: Props, olds: Props, naming: Naming) -> Failures:
    name = type_.named
    if name is None or name in inputs:
        return []
    inputs[AUTONAMED] = "yes"
    if olds.get(name):
        inputs[name] = olds[name]
        return []
    if naming.disabled:
        return [(name, "is required: automatic names are switched off")]
    inputs[name] = naming.name()
    return []


def _carry_birth(type_: Resource, inputs: Props, olds: Props) -> None:
    if type_.natural or type_.adopts:
        return
    if not olds:
        inputs[BIRTH] = random.token_hex(6)
    elif BIRTH in olds:
        inputs[BIRTH] = olds[BIRTH]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Property names that change, those of them that replace, and how to replace."""

    changed: tuple[str, ...]
    replacing: tuple[str, ...]
    delete_first: bool


def diff(
    type_: Resource, old: Props, state: Props, new: Props, defaults: Mapping[str, str]
) -> Difference:
    """What turning the old inputs (and the state's tagsAll) into the new ones changes."""
    changed = {name for name in type_.props if differs(type_, name, old, new)}
    for name, prop in type_.props.items():
        if prop.computed and new.get(name) is None:
            changed.discard(name)  # no longer said: what there is stays
    if "tags" in type_.props and _all_tags_differ(state, new, defaults):
        changed.add("tagsAll")
    replacing = {name for name in changed if name in type_.props and type_.props[name].replace}
    replacing |= set(type_.replaced_by(old, new)) & changed
    first = type_.delete_first and bool(replacing) and _collides(type_, old, new)
    return Difference(
        changed=tuple(sorted(changed)), replacing=tuple(sorted(replacing)), delete_first=first
    )


def _collides(type_: Resource, old: Props, new: Props) -> bool:
    if not type_.natural:
        return True
    return is_unknown(new) or type_.key(old) == type_.key(new)


def _all_tags_differ(state: Props, new: Props, defaults: Mapping[str, str]) -> bool:
    wanted: Any = tags.merged(defaults, new.get("tags"))
    return wanted is UNKNOWN or is_unknown(wanted) or wanted != (state.get("tagsAll") or {})
