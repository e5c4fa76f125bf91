"""aws:s3/bucketPolicy:BucketPolicy."""

from typing import Any

from infra.lab.provider.prop import Prop
from infra.lab.provider.types import _documents
from infra.lab.provider.types._bucket import BUCKET, Part, answered
from infra.lab.provider.wire import Props


class BucketPolicy(Part):
    """Whom a bucket lets do what. The lab keeps it and enforces none of it: see the log store."""

    kind = "aws:s3/bucketPolicy:BucketPolicy"
    props = {"bucket": BUCKET, "policy": Prop(required=True, canon=_documents.canon)}

    def put(self, s3: Any, want: Props) -> None:
        """PutBucketPolicy."""
        s3.put_bucket_policy(Bucket=want["bucket"], Policy=want["policy"])

    def get(self, s3: Any, bucket: str) -> Props | None:
        """The document."""
        found = answered(s3.get_bucket_policy, bucket, "Policy")
        return found and {"policy": found}

    def clear(self, s3: Any, bucket: str) -> None:
        """DeleteBucketPolicy."""
        s3.delete_bucket_policy(Bucket=bucket)


TYPE = BucketPolicy()
