"""Parts of a bucket that are resources of their own: one of each a bucket, known by its name."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import Resource, differs, unless_gone
from infra.lab.provider.wire import Props

BUCKET = Prop(required=True, replace=True)


class Part(Resource):
    """A part of a bucket: `put` sets all of it, `get` reads it, `clear` takes it away."""

    natural = True
    delete_first = True

    @abstractmethod
    def put(self, s3: Any, want: Props) -> None:
        """Set it."""

    @abstractmethod
    def get(self, s3: Any, bucket: str) -> Props | None:
        """Its properties but `bucket`, or None."""

    @abstractmethod
    def clear(self, s3: Any, bucket: str) -> None:
        """Take it away."""

    def key(self, want: Props) -> str:
        """The bucket's name."""
        return str(want["bucket"])

    def imported(self, id_: str) -> Props:
        """The id is the bucket's name."""
        return {"bucket": id_}

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """Put it."""
        self.put(aws.client("s3"), want)
        return self.key(want)

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """Put it again if anything differs."""
        if not any(differs(self, name, want, state) for name in self.props):
            return False
        self.put(aws.client("s3"), want)
        return True

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """What the bucket has of it."""
        bucket = id_ or self.key(known)
        found = self.get(aws.client("s3"), bucket)
        return None if found is None else {"id": bucket, "bucket": bucket, **found}

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """Clear it."""
        if self.read(aws, id_, known) is not None:
            self.clear(aws.client("s3"), id_)


def answered(call: Any, bucket: str, name: str) -> Any:
    """What a call says of a bucket under `name`, or None."""
    answer = unless_gone(call, Bucket=bucket)
    return answer.get(name) if answer else None
