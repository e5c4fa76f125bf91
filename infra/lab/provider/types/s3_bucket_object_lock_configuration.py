"""aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration."""

from typing import Any

from infra.lab.provider.prop import Prop
from infra.lab.provider.types._bucket import BUCKET, Part, answered
from infra.lab.provider.wire import Props

_WORDS = {"mode": "Mode", "days": "Days", "years": "Years"}


class BucketObjectLockConfiguration(Part):
    """How long a bucket locks by default what is put into it."""

    kind = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
    props = {
        "bucket": BUCKET,
        "rule": Prop(
            kind="object",
            fields={
                "defaultRetention": Prop(
                    kind="object",
                    required=True,
                    fields={
                        "mode": Prop(),
                        "days": Prop(kind="int"),
                        "years": Prop(kind="int"),
                    },
                )
            },
        ),
    }

    def put(self, s3: Any, want: Props) -> None:
        """PutObjectLockConfiguration."""
        kept = (want.get("rule") or {}).get("defaultRetention") or {}
        rule = {theirs: kept[ours] for ours, theirs in _WORDS.items() if kept.get(ours)}
        asked = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": rule}}
        s3.put_object_lock_configuration(Bucket=want["bucket"], ObjectLockConfiguration=asked)

    def get(self, s3: Any, bucket: str) -> Props | None:
        """The default retention, where there is one: a lock alone belongs to the bucket."""
        found = answered(s3.get_object_lock_configuration, bucket, "ObjectLockConfiguration") or {}
        kept = (found.get("Rule") or {}).get("DefaultRetention")
        if not kept:
            return None
        shown = {ours: kept[theirs] for ours, theirs in _WORDS.items() if kept.get(theirs)}
        return {"rule": {"defaultRetention": shown}}

    def clear(self, s3: Any, bucket: str) -> None:
        """No default retention any more."""
        s3.put_object_lock_configuration(
            Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
        )


TYPE = BucketObjectLockConfiguration()
