"""aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration."""

from typing import Any

from infra.lab.provider.prop import Prop
from infra.lab.provider.types._bucket import BUCKET, Part, answered
from infra.lab.provider.wire import Props

_DEFAULT = {"sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"}


class BucketServerSideEncryptionConfiguration(Part):
    """With what a bucket encrypts what nobody encrypted."""

    kind = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    props = {
        "bucket": BUCKET,
        "rules": Prop(
            kind="objects",
            required=True,
            fields={
                "applyServerSideEncryptionByDefault": Prop(
                    kind="object",
                    fields={"sseAlgorithm": Prop(required=True), "kmsMasterKeyId": Prop()},
                ),
                "bucketKeyEnabled": Prop(kind="bool", default=False),
            },
        ),
    }

    def put(self, s3: Any, want: Props) -> None:
        """PutBucketEncryption."""
        rules = [
            {
                "ApplyServerSideEncryptionByDefault": {
                    theirs: default[ours] for ours, theirs in _DEFAULT.items() if default.get(ours)
                },
                "BucketKeyEnabled": bool(rule.get("bucketKeyEnabled")),
            }
            for rule in want["rules"]
            for default in [rule.get("applyServerSideEncryptionByDefault") or {}]
        ]
        s3.put_bucket_encryption(
            Bucket=want["bucket"], ServerSideEncryptionConfiguration={"Rules": rules}
        )

    def get(self, s3: Any, bucket: str) -> Props | None:
        """The rules."""
        found = answered(s3.get_bucket_encryption, bucket, "ServerSideEncryptionConfiguration")
        return found and {"rules": [_shown(rule) for rule in found["Rules"]]}

    def clear(self, s3: Any, bucket: str) -> None:
        """DeleteBucketEncryption."""
        s3.delete_bucket_encryption(Bucket=bucket)


def _shown(rule: Any) -> dict[str, Any]:
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    return {
        "applyServerSideEncryptionByDefault": {
            ours: default[theirs] for ours, theirs in _DEFAULT.items() if default.get(theirs)
        },
        "bucketKeyEnabled": bool(rule.get("BucketKeyEnabled")),
    }


TYPE = BucketServerSideEncryptionConfiguration()
