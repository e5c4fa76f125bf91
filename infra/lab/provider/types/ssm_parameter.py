"""aws:ssm/parameter:Parameter."""

from collections.abc import Mapping
from typing import Any

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, only, unless_gone
from infra.lab.provider.wire import Props


class Parameter(Resource):
    """A parameter. Its value is a secret whatever its type says."""

    kind = "aws:ssm/parameter:Parameter"
    props = {
        "name": Prop(replace=True, computed=True),
        "type": Prop(required=True),
        "value": Prop(required=True),
        "description": Prop(default=""),
        "dataType": Prop(computed=True, replace=True),
        "tier": Prop(computed=True),
        "tags": TAGS,
    }
    outputs = ("arn", "hasValueWo", "version")
    named = "name"
    secret = ("value",)
    delete_first = True

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """PutParameter, which refuses a name that exists."""
        aws.ssm.put_parameter(**_request(want), Tags=tags.as_list(marks))
        return str(want["name"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """PutParameter over it, when anything but the tags differs."""
        names = ("type", "value", "description", "tier")
        if all(want.get(name) in (None, state[name]) for name in names):
            return False
        aws.ssm.put_parameter(**_request(want), Overwrite=True)
        return True

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The parameter, decrypted, with its description and tags."""
        answer = unless_gone(aws.ssm.get_parameter, Name=id_, WithDecryption=True)
        if answer is None:
            return None
        found = answer["Parameter"]
        more = only(_described(aws, "Name", id_), "Parameters") or {}
        marked = aws.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=id_)
        return {
            "arn": found["ARN"],
            "dataType": found.get("DataType", "text"),
            "description": more.get("Description", ""),
            "hasValueWo": False,
            "name": found["Name"],
            "tags": tags.shown(marked["TagList"]),
            "tier": more.get("Tier", "Standard"),
            "type": found["Type"],
            "value": found["Value"],
            "version": found["Version"],
        }

    def born(self, aws: Aws, urn: str) -> list[tuple[str, str]]:
        """Parameters that bear the URN, with their births."""
        found = _described(aws, f"tag:{tags.URN}", tags.urn_tag(urn))["Parameters"]
        return [(entry["Name"], self._birth(aws, entry["Name"])) for entry in found]

    def _birth(self, aws: Aws, name: str) -> str:
        marked = aws.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
        births = [tag["Value"] for tag in marked["TagList"] if tag["Key"] == tags.BIRTH]
        return str(births[0]) if births else ""

    def write_tags(self, aws: Aws, id_: str, add: Mapping[str, str], drop: Any) -> None:
        """Set and remove tags."""
        where = {"ResourceType": "Parameter", "ResourceId": id_}
        if add:
            aws.ssm.add_tags_to_resource(**where, Tags=tags.as_list(add))
        if names := list(drop):
            aws.ssm.remove_tags_from_resource(**where, TagKeys=names)

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteParameter."""
        unless_gone(aws.ssm.delete_parameter, Name=id_)


def _described(aws: Aws, key: str, value: str) -> Any:
    return aws.ssm.describe_parameters(ParameterFilters=[{"Key": key, "Values": [value]}])


def _request(want: Props) -> dict[str, Any]:
    names = {
        "name": "Name",
        "type": "Type",
        "value": "Value",
        "description": "Description",
        "dataType": "DataType",
        "tier": "Tier",
    }
    return {theirs: want[ours] for ours, theirs in names.items() if want.get(ours) is not None}


TYPE = Parameter()
