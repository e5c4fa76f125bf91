"""aws:s3/bucketOwnershipControls:BucketOwnershipControls."""

from typing import Any

from infra.lab.provider.prop import Prop
from infra.lab.provider.types._bucket import BUCKET, Part, answered
from infra.lab.provider.wire import Props


class BucketOwnershipControls(Part):
    """Whose what is put into a bucket is."""

    kind = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    props = {
        "bucket": BUCKET,
        "rule": Prop(kind="object", required=True, fields={"objectOwnership": Prop(required=True)}),
    }

    def put(self, s3: Any, want: Props) -> None:
        """PutBucketOwnershipControls."""
        rules = [{"ObjectOwnership": want["rule"]["objectOwnership"]}]
        s3.put_bucket_ownership_controls(Bucket=want["bucket"], OwnershipControls={"Rules": rules})

    def get(self, s3: Any, bucket: str) -> Props | None:
        """The one rule."""
        found = answered(s3.get_bucket_ownership_controls, bucket, "OwnershipControls")
        return found and {"rule": {"objectOwnership": found["Rules"][0]["ObjectOwnership"]}}

    def clear(self, s3: Any, bucket: str) -> None:
        """DeleteBucketOwnershipControls."""
        s3.delete_bucket_ownership_controls(Bucket=bucket)


TYPE = BucketOwnershipControls()
