"""aws:kms/key:Key."""

from collections.abc import Iterable, Mapping

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, unless_gone
from infra.lab.provider.types import _documents
from infra.lab.provider.wire import Props


class Key(Resource):
    """A symmetric key. Deleted, it waits for `deletionWindowInDays`, and counts as gone."""

    kind = "aws:kms/key:Key"
    props = {
        "description": Prop(computed=True),
        "policy": Prop(computed=True, canon=_documents.canon),
        "enableKeyRotation": Prop(kind="bool", default=False),
        "deletionWindowInDays": Prop(kind="int", computed=True),
        "tags": TAGS,
    }
    outputs = ("arn", "keyId", "keyUsage", "isEnabled", "multiRegion")

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateKey."""
        asked = {"description": "Description", "policy": "Policy"}
        made = aws.client("kms").create_key(
            Tags=_tags(marks),
            **{theirs: want[ours] for ours, theirs in asked.items() if want.get(ours)},
        )
        return str(made["KeyMetadata"]["KeyId"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """Rotation, policy and description, one call each."""
        kms, done = aws.client("kms"), False
        if bool(want["enableKeyRotation"]) != state["enableKeyRotation"]:
            turn = (
                kms.enable_key_rotation if want["enableKeyRotation"] else kms.disable_key_rotation
            )
            turn(KeyId=id_)
            done = True
        policy = want.get("policy")
        if policy and _documents.canon(policy) != _documents.canon(state["policy"]):
            kms.put_key_policy(KeyId=id_, PolicyName="default", Policy=policy)
            done = True
        if want.get("description") not in (None, state["description"]):
            kms.update_key_description(KeyId=id_, Description=want["description"])
            done = True
        return done

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The key, unless it waits for its deletion."""
        kms = aws.client("kms")
        answer = unless_gone(kms.describe_key, KeyId=id_)
        found = answer and answer["KeyMetadata"]
        if not found or found["KeyState"] == "PendingDeletion":
            return None
        rows = kms.list_resource_tags(KeyId=id_)["Tags"]
        said = [{"Key": row["TagKey"], "Value": row["TagValue"]} for row in rows]
        return {
            "arn": found["Arn"],
            "description": found.get("Description", ""),
            "enableKeyRotation": kms.get_key_rotation_status(KeyId=id_)["KeyRotationEnabled"],
            "isEnabled": found["Enabled"],
            "keyId": found["KeyId"],
            "keyUsage": found.get("KeyUsage", "ENCRYPT_DECRYPT"),
            "multiRegion": found.get("MultiRegion", False),
            "policy": kms.get_key_policy(KeyId=id_, PolicyName="default")["Policy"],
            "tags": tags.shown(said),
        }

    def born(self, aws: Aws, urn: str) -> list[tuple[str, str]]:
        """Keys that bear the URN."""
        return aws.key_born(urn)

    def write_tags(self, aws: Aws, id_: str, add: Mapping[str, str], drop: Iterable[str]) -> None:
        """Set and remove tags."""
        if add:
            aws.client("kms").tag_resource(KeyId=id_, Tags=_tags(add))
        if names := list(drop):
            aws.client("kms").untag_resource(KeyId=id_, TagKeys=names)

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """ScheduleKeyDeletion: nobody can delete a key at once."""
        window = known.get("deletionWindowInDays") or 30
        if self.read(aws, id_, known) is not None:
            aws.client("kms").schedule_key_deletion(KeyId=id_, PendingWindowInDays=window)


def _tags(marks: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": name, "TagValue": value} for name, value in sorted(marks.items())]


TYPE = Key()
