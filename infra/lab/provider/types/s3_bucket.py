"""aws:s3/bucket:Bucket."""

from collections.abc import Iterable, Mapping

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, unless_gone
from infra.lab.provider.types._bucket import answered
from infra.lab.provider.wire import Props

HOME = "us-east-1"
"""The one region whose name a bucket's location must not say."""


class Bucket(Resource):
    """A bucket; what it is like beyond name and lock is said by resources of their own."""

    kind = "aws:s3/bucket:Bucket"
    props = {
        "bucket": Prop(replace=True, computed=True),
        "objectLockEnabled": Prop(kind="bool", replace=True, computed=True),
        "forceDestroy": Prop(kind="bool", default=False),
        "tags": TAGS,
    }
    outputs = ("arn", "bucketDomainName", "bucketRegion")
    natural = True
    delete_first = True
    named = "bucket"

    def key(self, want: Props) -> str:
        """Its name."""
        return str(want["bucket"])

    def imported(self, id_: str) -> Props:
        """The id is the name."""
        return {"bucket": id_}

    def refusals(self, want: Props) -> list[tuple[str, str]]:
        """The lab empties no bucket."""
        wrong = want.get("forceDestroy") is True
        return [
            ("forceDestroy", "the lab's provider deletes no bucket that holds anything")
        ] * wrong

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateBucket; its tags follow in `settle`'s company."""
        place = {} if aws.region == HOME else {"LocationConstraint": aws.region}
        aws.client("s3").create_bucket(
            Bucket=want["bucket"],
            ObjectLockEnabledForBucket=bool(want.get("objectLockEnabled")),
            **({"CreateBucketConfiguration": place} if place else {}),
        )
        return str(want["bucket"])

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The bucket, whether it locks, and its tags."""
        s3, bucket = aws.client("s3"), id_ or self.key(known)
        if unless_gone(s3.head_bucket, Bucket=bucket) is None:
            return None
        lock = answered(s3.get_object_lock_configuration, bucket, "ObjectLockConfiguration") or {}
        return {
            "arn": f"arn:aws:s3:::{bucket}",
            "bucket": bucket,
            "bucketDomainName": f"{bucket}.s3.amazonaws.com",
            "bucketRegion": aws.region,
            "id": bucket,
            "objectLockEnabled": lock.get("ObjectLockEnabled") == "Enabled",
            "tags": tags.shown(answered(s3.get_bucket_tagging, bucket, "TagSet")),
        }

    def write_tags(self, aws: Aws, id_: str, add: Mapping[str, str], drop: Iterable[str]) -> None:
        """All tags in one call: S3 has no other."""
        s3 = aws.client("s3")
        there = {
            tag["Key"]: tag["Value"] for tag in answered(s3.get_bucket_tagging, id_, "TagSet") or ()
        }
        left = {k: v for k, v in {**there, **add}.items() if k not in set(drop)}
        s3.put_bucket_tagging(Bucket=id_, Tagging={"TagSet": tags.as_list(left)})

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteBucket, which AWS refuses while it holds anything."""
        unless_gone(aws.client("s3").delete_bucket, Bucket=id_)


TYPE = Bucket()
