"""aws:iam/instanceProfile:InstanceProfile."""

from collections.abc import Iterable, Mapping

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, unless_gone
from infra.lab.provider.wire import Props


class InstanceProfile(Resource):
    """What gives an instance its role."""

    kind = "aws:iam/instanceProfile:InstanceProfile"
    props = {
        "name": Prop(replace=True, computed=True),
        "path": Prop(replace=True, default="/"),
        "role": Prop(),
        "tags": TAGS,
    }
    outputs = ("arn", "createDate", "uniqueId")
    natural = True
    delete_first = True
    named = "name"

    def key(self, want: Props) -> str:
        """Its name."""
        return f"instance profile {want['name']}"

    def imported(self, id_: str) -> Props:
        """The id is the name."""
        return {"name": id_}

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateInstanceProfile; its role is added in `settle`."""
        aws.client("iam").create_instance_profile(
            InstanceProfileName=want["name"], Path=want["path"], Tags=tags.as_list(marks)
        )
        return str(want["name"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """One role at most: the old one goes, the new one comes."""
        old, new = state["role"], want.get("role") or ""
        if old == new:
            return False
        iam = aws.client("iam")
        if old:
            iam.remove_role_from_instance_profile(InstanceProfileName=id_, RoleName=old)
        if new:
            iam.add_role_to_instance_profile(InstanceProfileName=id_, RoleName=new)
        return True

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The profile and its role."""
        name = id_ or str(known["name"])
        answer = unless_gone(aws.client("iam").get_instance_profile, InstanceProfileName=name)
        found = answer and answer["InstanceProfile"]
        return found and {
            "arn": found["Arn"],
            "createDate": found["CreateDate"].isoformat(),
            "id": name,
            "name": name,
            "path": found["Path"],
            "role": next((role["RoleName"] for role in found["Roles"]), ""),
            "tags": tags.shown(found.get("Tags")),
            "uniqueId": found["InstanceProfileId"],
        }

    def write_tags(self, aws: Aws, id_: str, add: Mapping[str, str], drop: Iterable[str]) -> None:
        """Set and remove tags."""
        iam = aws.client("iam")
        if add:
            iam.tag_instance_profile(InstanceProfileName=id_, Tags=tags.as_list(add))
        if names := list(drop):
            iam.untag_instance_profile(InstanceProfileName=id_, TagKeys=names)

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """Take its role out, then DeleteInstanceProfile."""
        state = self.read(aws, id_, known)
        if state is None:
            return
        iam = aws.client("iam")
        if state["role"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=id_, RoleName=state["role"])
        unless_gone(iam.delete_instance_profile, InstanceProfileName=id_)


TYPE = InstanceProfile()
