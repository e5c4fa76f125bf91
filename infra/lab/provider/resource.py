"""What a resource type states, and the parts of its life that are the same for all types.

A type says what it takes (`props`), what else it answers (`outputs`), and five steps against the
API: make (the one call that brings it into being), settle (bring everything else to what is
wanted; harmless when repeated), read, delete, and how it is found again. Creation is find or
make, then settle, then read: so an interrupted creation is completed by doing it again.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.errors import is_gone
from infra.lab.provider.prop import Prop, same
from infra.lab.provider.wire import Props

TAGS = Prop(kind="map")
"""The `tags` that most types take."""


class Resource(ABC):
    """One resource type. Instances hold no state."""

    kind: ClassVar[str]
    """Its token, such as `aws:ec2/vpc:Vpc`."""
    props: ClassVar[Mapping[str, Prop]]
    outputs: ClassVar[tuple[str, ...]] = ()
    """Computed properties, known only from AWS."""
    named: ClassVar[str | None] = None
    """The property that gets a name of the engine's making when the user gives none."""
    secret: ClassVar[tuple[str, ...]] = ()
    """Outputs that are secret whatever the inputs said."""
    delete_first: ClassVar[bool] = False
    """Whether two of them with equal keys cannot stand side by side while one is replaced."""
    natural: ClassVar[bool] = False
    """Whether it bears no tags, and is known by `key` alone (see `notes`)."""
    adopts: ClassVar[bool] = False
    """Whether making it takes over what is there in any case (and deleting it forgets)."""

    @abstractmethod
    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """Make it with one call and all tags (`marks`); answer its id."""

    @abstractmethod
    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """Its properties as AWS has them, or None. `tags` is everything but our own marks."""

    @abstractmethod
    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """Take it away. That it is gone already is no error."""

    def complete(self, aws: Aws, id_: str) -> None:  # noqa: B027
        """Undo what AWS adds to a new one. Until this is done, the creation has not happened."""

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """Bring `state` to what is wanted, but for tags; answer whether anything was done."""
        return False

    def key(self, want: Props) -> str:
        """For natural types: what AWS allows only one of. Their `read` finds by it without an id,
        and answers the id among the properties."""
        raise NotImplementedError

    def imported(self, id_: str) -> Props:
        """What an id given to import says about the properties."""
        return {}

    def refusals(self, want: Props) -> list[tuple[str, str]]:
        """(property, reason) for combinations that the type refuses."""
        return []

    def replaced_by(self, old: Props, new: Props) -> Iterable[str]:
        """Properties whose change replaces only in this combination."""
        return ()

    def born(self, aws: Aws, urn: str) -> list[tuple[str, str]]:
        """(id, birth) of what was made for this URN before."""
        return aws.born(urn)

    def write_tags(self, aws: Aws, id_: str, add: Mapping[str, str], drop: Iterable[str]) -> None:
        """Set and remove tags of an EC2 thing."""
        if add:
            aws.ec2.create_tags(Resources=[id_], Tags=tags.as_list(add))
        if names := [{"Key": name} for name in drop]:
            aws.ec2.delete_tags(Resources=[id_], Tags=names)


def differs(type_: Resource, name: str, one: Props, other: Props) -> bool:
    """Whether two sets of properties disagree about one input."""
    return not same(type_.props[name], one.get(name), other.get(name))


def unless_gone(call: Any, **arguments: Any) -> Any:
    """The call's answer, or None when AWS says that the thing is not there."""
    try:
        return call(**arguments)
    except Exception as error:
        if is_gone(error):
            return None
        raise


def only(answer: Any, name: str) -> Any:
    """The one item under `name` of a describe call's answer, or None."""
    items = answer[name] if answer else []
    return items[0] if items else None
