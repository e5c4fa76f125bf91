"""Resources as rules see them, and what a rule is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

PREMISES: Final = "plant"
"""The account that stands for customers' own premises: what is there is theirs."""


class Unknown:
    """A value that is known only once something is made: rules judge it then, not before."""

    def __repr__(self) -> str:
        """How it reads in a message."""
        return "(not known yet)"

    def __bool__(self) -> bool:
        """What is not known yet is not refused yet."""
        return True


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource: its type's token, its logical name, its properties by their wire names.

    account: the alias of the account in which it is made; empty where nobody said.
    """

    type: str
    name: str
    properties: Mapping[str, Any]
    account: str = ""
    urn: str = ""

    @property
    def short(self) -> str:
        """The type's last part, such as `Instance`."""
        return self.type.rsplit(":", 1)[-1]

    def __str__(self) -> str:
        return f"{self.short} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What this estate declares, by name; nothing else may be open.

    public: conduits that may admit from anywhere. retention_days: what logs are kept at least.
    """

    public: frozenset[str] = frozenset()
    retention_days: int = 365


@dataclass(frozen=True, slots=True)
class Violation:
    """One resource that breaks one rule, and in what."""

    rule: str
    resource: Resource
    why: str

    def __str__(self) -> str:
        return f"{self.resource}: {self.why} ({self.rule})"


@dataclass(frozen=True, slots=True)
class Graph:
    """All resources of a program; those of one kind are found by the type's last part."""

    resources: Sequence[Resource]
    _kinds: dict[str, list[Resource]] = field(default_factory=dict, compare=False)

    def of(self, *kinds: str) -> Iterator[Resource]:
        """The resources of these kinds, e.g. `Bucket`."""
        if not self._kinds:
            for row in self.resources:
                self._kinds.setdefault(row.short, []).append(row)
        for kind in kinds:
            yield from self._kinds.get(kind, [])


Each = Callable[[Resource, Allowed], Iterator[str]]
"""Judges a resource by itself: why it is refused, if it is."""
Whole = Callable[[Graph, Allowed], Iterator[tuple[Resource, str]]]
"""Judges what is there beside a resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """name: for messages and switches. sentence: what holds where it is kept.

    kinds: the types (last part) that `each` judges; empty: all of AWS. Exactly one of `each` and
    `whole` is given.
    """

    name: str
    sentence: str
    kinds: tuple[str, ...] = ()
    each: Each | None = None
    whole: Whole | None = None

    def judges(self, resource: Resource) -> bool:
        """Whether `each` has a say about the resource."""
        return resource.type.startswith("aws:") and (not self.kinds or resource.short in self.kinds)

    def violations(self, graph: Graph, allowed: Allowed) -> Iterator[Violation]:
        """All that break it."""
        if self.whole is not None:
            for resource, why in self.whole(graph, allowed):
                yield Violation(self.name, resource, why)
        for resource in filter(self.judges, graph.resources):
            for why in self.reasons(resource, allowed):
                yield Violation(self.name, resource, why)

    def reasons(self, resource: Resource, allowed: Allowed) -> Iterator[str]:
        """Why one resource is refused. What cannot be read is refused, not passed."""
        if self.each is None:
            return
        try:
            yield from self.each(resource, allowed)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            yield f"cannot be judged: {error}"
