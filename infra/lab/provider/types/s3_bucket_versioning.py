"""aws:s3/bucketVersioning:BucketVersioning."""

from typing import Any

from infra.lab.provider.prop import Prop
from infra.lab.provider.types._bucket import BUCKET, Part, answered
from infra.lab.provider.wire import Props


class BucketVersioning(Part):
    """Whether a bucket keeps versions. Once switched on it can only be suspended."""

    kind = "aws:s3/bucketVersioning:BucketVersioning"
    props = {
        "bucket": BUCKET,
        "versioningConfiguration": Prop(
            kind="object", required=True, fields={"status": Prop(required=True)}
        ),
    }
    adopts = True
    natural = False

    def put(self, s3: Any, want: Props) -> None:
        """PutBucketVersioning."""
        status = want["versioningConfiguration"]["status"]
        s3.put_bucket_versioning(Bucket=want["bucket"], VersioningConfiguration={"Status": status})

    def get(self, s3: Any, bucket: str) -> Props | None:
        """Its status, where it ever had one."""
        status = answered(s3.get_bucket_versioning, bucket, "Status")
        return {"versioningConfiguration": {"status": status}} if status else None

    def clear(self, s3: Any, bucket: str) -> None:
        """Suspended, but where Object Lock forbids that: then it goes with its bucket."""
        if answered(s3.get_object_lock_configuration, bucket, "ObjectLockConfiguration") is None:
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


TYPE = BucketVersioning()
