"""aws:iam/rolePolicy:RolePolicy."""

from collections.abc import Mapping

from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import Resource, unless_gone
from infra.lab.provider.types import _documents
from infra.lab.provider.wire import Props


class RolePolicy(Resource):
    """What a role may do."""

    kind = "aws:iam/rolePolicy:RolePolicy"
    props = {
        "name": Prop(replace=True, computed=True),
        "role": Prop(replace=True, required=True),
        "policy": Prop(required=True, canon=_documents.canon),
    }
    natural = True
    delete_first = True
    named = "name"

    def key(self, want: Props) -> str:
        """Role and name."""
        return f"{want['role']}:{want['name']}"

    def imported(self, id_: str) -> Props:
        """The id is `role:name`."""
        role, _, name = id_.partition(":")
        return {"role": role, "name": name}

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """PutRolePolicy."""
        self._put(aws, want)
        return self.key(want)

    def _put(self, aws: Aws, want: Props) -> None:
        aws.client("iam").put_role_policy(
            RoleName=want["role"], PolicyName=want["name"], PolicyDocument=want["policy"]
        )

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """Put another document."""
        if _documents.canon(want["policy"]) == _documents.canon(state["policy"]):
            return False
        self._put(aws, want)
        return True

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The document."""
        role, name = (id_ or self.key(known)).split(":", 1)
        found = unless_gone(aws.client("iam").get_role_policy, RoleName=role, PolicyName=name)
        return found and {
            "id": f"{role}:{name}",
            "name": name,
            "policy": _documents.text(found["PolicyDocument"]),
            "role": role,
        }

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteRolePolicy."""
        role, name = id_.split(":", 1)
        unless_gone(aws.client("iam").delete_role_policy, RoleName=role, PolicyName=name)


TYPE = RolePolicy()
