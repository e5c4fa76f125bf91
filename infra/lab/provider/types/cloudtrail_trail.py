"""aws:cloudtrail/trail:Trail."""

from collections.abc import Iterable, Mapping

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, unless_gone
from infra.lab.provider.wire import Props

_WORDS = {
    "s3BucketName": "S3BucketName",
    "s3KeyPrefix": "S3KeyPrefix",
    "includeGlobalServiceEvents": "IncludeGlobalServiceEvents",
    "isMultiRegionTrail": "IsMultiRegionTrail",
    "enableLogFileValidation": "EnableLogFileValidation",
    "kmsKeyId": "KmsKeyId",
}


class Trail(Resource):
    """A trail of the calls to the API."""

    kind = "aws:cloudtrail/trail:Trail"
    props = {
        "name": Prop(replace=True, computed=True),
        "s3BucketName": Prop(required=True),
        "s3KeyPrefix": Prop(default=""),
        "includeGlobalServiceEvents": Prop(kind="bool", default=True),
        "isMultiRegionTrail": Prop(kind="bool", default=False),
        "enableLogFileValidation": Prop(kind="bool", default=False),
        "enableLogging": Prop(kind="bool", default=True),
        "kmsKeyId": Prop(default=""),
        "tags": TAGS,
    }
    outputs = ("arn", "homeRegion")
    natural = True
    delete_first = True
    named = "name"

    def key(self, want: Props) -> str:
        """Its name."""
        return f"trail {want['name']}"

    def imported(self, id_: str) -> Props:
        """The id is the trail's ARN; its name is the ARN's end."""
        return {"name": id_.rsplit("/", 1)[-1]}

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateTrail; it is switched on in `settle`."""
        made = aws.client("cloudtrail").create_trail(
            Name=want["name"], TagsList=tags.as_list(marks), **_request(want)
        )
        return str(made["TrailARN"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """UpdateTrail, and on or off."""
        trail, done = aws.client("cloudtrail"), False
        if any(want.get(name) != state[name] for name in _WORDS):
            trail.update_trail(Name=id_, **_request(want))
            done = True
        if want["enableLogging"] != state["enableLogging"]:
            (trail.start_logging if want["enableLogging"] else trail.stop_logging)(Name=id_)
            done = True
        return done

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The trail, whether it is on, and its tags."""
        trail = aws.client("cloudtrail")
        answer = unless_gone(trail.get_trail, Name=id_ or str(known["name"]))
        if answer is None:
            return None
        found = answer["Trail"]
        arn = found["TrailARN"]
        marked = trail.list_tags(ResourceIdList=[arn])["ResourceTagList"]
        return {
            "arn": arn,
            "enableLogFileValidation": found["LogFileValidationEnabled"],
            "enableLogging": trail.get_trail_status(Name=arn)["IsLogging"],
            "homeRegion": found.get("HomeRegion") or arn.split(":")[3],
            "id": arn,
            "includeGlobalServiceEvents": found.get("IncludeGlobalServiceEvents", True),
            "isMultiRegionTrail": found["IsMultiRegionTrail"],
            "kmsKeyId": found.get("KmsKeyId") or "",
            "name": found["Name"],
            "s3BucketName": found["S3BucketName"],
            "s3KeyPrefix": found.get("S3KeyPrefix") or "",
            "tags": tags.shown(marked[0]["TagsList"] if marked else ()),
        }

    def write_tags(self, aws: Aws, id_: str, add: Mapping[str, str], drop: Iterable[str]) -> None:
        """Set and remove tags."""
        trail = aws.client("cloudtrail")
        if add:
            trail.add_tags(ResourceId=id_, TagsList=tags.as_list(add))
        if names := list(drop):
            trail.remove_tags(ResourceId=id_, TagsList=[{"Key": name} for name in names])

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteTrail, by its name: moto takes an ARN for nothing that is there."""
        unless_gone(aws.client("cloudtrail").delete_trail, Name=id_.rsplit("/", 1)[-1])


def _request(want: Props) -> dict[str, object]:
    return {
        theirs: want[ours] for ours, theirs in _WORDS.items() if want.get(ours) not in (None, "")
    }


TYPE = Trail()
