"""aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock."""

from typing import Any

from infra.lab.provider.prop import Prop
from infra.lab.provider.types._bucket import BUCKET, Part, answered
from infra.lab.provider.wire import Props

_FLAGS = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


class BucketPublicAccessBlock(Part):
    """What nobody can open to the public."""

    kind = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    props = {"bucket": BUCKET, **{name: Prop(kind="bool", default=False) for name in _FLAGS}}

    def put(self, s3: Any, want: Props) -> None:
        """PutPublicAccessBlock."""
        flags = {theirs: bool(want.get(ours)) for ours, theirs in _FLAGS.items()}
        s3.put_public_access_block(Bucket=want["bucket"], PublicAccessBlockConfiguration=flags)

    def get(self, s3: Any, bucket: str) -> Props | None:
        """The four flags."""
        found = answered(s3.get_public_access_block, bucket, "PublicAccessBlockConfiguration")
        return found and {ours: bool(found.get(theirs)) for ours, theirs in _FLAGS.items()}

    def clear(self, s3: Any, bucket: str) -> None:
        """DeletePublicAccessBlock."""
        s3.delete_public_access_block(Bucket=bucket)


TYPE = BucketPublicAccessBlock()
