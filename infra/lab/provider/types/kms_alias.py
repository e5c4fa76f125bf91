"""aws:kms/alias:Alias."""

from collections.abc import Mapping

from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import Resource, unless_gone
from infra.lab.provider.wire import Props


class Alias(Resource):
    """A name of a key."""

    kind = "aws:kms/alias:Alias"
    props = {
        "name": Prop(replace=True, computed=True),
        "targetKeyId": Prop(required=True, canon=lambda key: str(key).rsplit("/", 1)[-1]),
    }
    outputs = ("arn", "targetKeyArn")
    natural = True
    delete_first = True
    named = "name"

    def key(self, want: Props) -> str:
        """Its name."""
        return str(want["name"])

    def imported(self, id_: str) -> Props:
        """The id is the name."""
        return {"name": id_}

    def refusals(self, want: Props) -> list[tuple[str, str]]:
        """AWS wants the prefix."""
        name = want.get("name")
        wrong = isinstance(name, str) and not name.startswith("alias/")
        return [("name", "must begin with `alias/`")] if wrong else []

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateAlias."""
        aws.client("kms").create_alias(AliasName=want["name"], TargetKeyId=want["targetKeyId"])
        return str(want["name"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """UpdateAlias to another key."""
        if self.props["targetKeyId"].canon(want["targetKeyId"]) == state["targetKeyId"]:
            return False
        aws.client("kms").update_alias(AliasName=id_, TargetKeyId=want["targetKeyId"])
        return True

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The alias and its key."""
        name = id_ or str(known["name"])
        answer = unless_gone(aws.client("kms").describe_key, KeyId=name)
        found = answer and answer["KeyMetadata"]
        return found and {
            "arn": f"{found['Arn'].rsplit(':', 1)[0]}:{name}",
            "id": name,
            "name": name,
            "targetKeyArn": found["Arn"],
            "targetKeyId": found["KeyId"],
        }

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteAlias."""
        unless_gone(aws.client("kms").delete_alias, AliasName=id_)


TYPE = Alias()
