"""aws:iam/role:Role."""

from collections.abc import Iterable, Mapping

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, unless_gone
from infra.lab.provider.types import _documents
from infra.lab.provider.wire import Props


class Role(Resource):
    """A role; its policies are resources of their own."""

    kind = "aws:iam/role:Role"
    props = {
        "name": Prop(replace=True, computed=True),
        "path": Prop(replace=True, default="/"),
        "assumeRolePolicy": Prop(required=True, canon=_documents.canon),
        "description": Prop(default=""),
        "maxSessionDuration": Prop(kind="int", default=3600),
        "tags": TAGS,
    }
    outputs = ("arn", "createDate", "uniqueId")
    natural = True
    delete_first = True
    named = "name"

    def key(self, want: Props) -> str:
        """Its name: unique in the account, whatever its path."""
        return f"role {want['name']}"

    def imported(self, id_: str) -> Props:
        """The id is the name."""
        return {"name": id_}

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateRole."""
        aws.client("iam").create_role(
            RoleName=want["name"],
            Path=want["path"],
            AssumeRolePolicyDocument=want["assumeRolePolicy"],
            Description=want["description"],
            MaxSessionDuration=want["maxSessionDuration"],
            Tags=tags.as_list(marks),
        )
        return str(want["name"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """Description and duration in one call, trust in another."""
        iam, done = aws.client("iam"), False
        fields = {"description": "Description", "maxSessionDuration": "MaxSessionDuration"}
        if any(want[name] != state[name] for name in fields):
            iam.update_role(RoleName=id_, **{t: want[o] for o, t in fields.items()})
            done = True
        trust = want["assumeRolePolicy"]
        if _documents.canon(trust) != _documents.canon(state["assumeRolePolicy"]):
            iam.update_assume_role_policy(RoleName=id_, PolicyDocument=trust)
            done = True
        return done

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The role."""
        name = id_ or str(known["name"])
        answer = unless_gone(aws.client("iam").get_role, RoleName=name)
        found = answer and answer["Role"]
        return found and {
            "arn": found["Arn"],
            "assumeRolePolicy": _documents.text(found["AssumeRolePolicyDocument"]),
            "createDate": found["CreateDate"].isoformat(),
            "description": found.get("Description", ""),
            "id": found["RoleName"],
            "maxSessionDuration": found.get("MaxSessionDuration", 3600),
            "name": found["RoleName"],
            "path": found["Path"],
            "tags": tags.shown(found.get("Tags")),
            "uniqueId": found["RoleId"],
        }

    def write_tags(self, aws: Aws, id_: str, add: Mapping[str, str], drop: Iterable[str]) -> None:
        """Set and remove tags."""
        if add:
            aws.client("iam").tag_role(RoleName=id_, Tags=tags.as_list(add))
        if names := list(drop):
            aws.client("iam").untag_role(RoleName=id_, TagKeys=names)

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteRole."""
        unless_gone(aws.client("iam").delete_role, RoleName=id_)


TYPE = Role()
